//! Users, companies, languages and countries.

use moloni_client::types::UpdateMe;
use moloni_client::{Client, CompanyId, ErrorKind};

use crate::stage::{Stage, invalid};

#[tokio::test]
async fn the_user_is_read_and_changed() {
    let stage = Stage::new().await;
    let client = &stage.client;
    let users = client.users();
    let me = users.get_me().await.unwrap();
    assert_eq!(me.language.as_ref().map(|language| language.code.as_str()), Some("PT"));
    assert!(me.registered_since.is_some() && me.salesman_id.is_none() && me.extra.is_empty());
    assert_eq!(users.get_all().await.unwrap(), std::slice::from_ref(&me));

    users.update_me(&UpdateMe::of(&me).name("Rita Inventada").cellphone("910000000")).await.unwrap();
    let now = users.get_me().await.unwrap();
    assert_eq!((now.name.as_str(), now.cellphone.as_str()), ("Rita Inventada", "910000000"));
    assert_eq!((&now.email, now.user_id), (&me.email, me.user_id));
    let wrong = UpdateMe::new("", "nobody", 0.into());
    let codes = ["1 name", "3 email", "2 language_id 1 0"];
    assert_eq!(invalid(users.update_me(&wrong).await), codes);
}

#[tokio::test]
async fn the_user_needs_no_company() {
    let stage = Stage::new().await;
    let builder = Client::builder().token(stage.sandbox.credentials().access_token.clone());
    let client = builder.base_url(format!("{}/v1/", stage.sandbox.url())).build().unwrap();
    let me = client.users().get_me().await.unwrap();
    client.users().update_me(&UpdateMe::of(&me).name("Rita")).await.unwrap();
    assert_eq!(client.users().get_all().await.unwrap_err().kind(), ErrorKind::Request);
}

#[tokio::test]
async fn a_company_alone_has_more_fields_than_in_the_list() {
    let stage = Stage::new().await;
    let id = CompanyId::from(stage.sandbox.credentials().company_id);
    let companies = stage.client.companies();
    let listed = companies.get_all().await.unwrap().into_iter().find(|c| c.company_id == id).unwrap();
    assert_eq!((listed.slug.clone(), listed.decimal_places), (None, None));
    let company = companies.get_one(id).await.unwrap();
    assert_eq!((company.name.as_str(), company.decimal_places), (listed.name.as_str(), Some(2)));
    assert_eq!((company.capital.as_deref(), company.wsat_auto_transmit), (Some("5000.00"), Some(false)));
    assert_eq!((company.maturity_date_id, company.extra.len()), (None, 0));

    let slug = company.slug.unwrap();
    assert!(!companies.free_slug(&slug).await.unwrap(), "{slug} is the company's own");
    assert!(companies.free_slug("loja-que-ninguem-tem").await.unwrap());
    assert_eq!(invalid(companies.free_slug("").await), ["1 slug"]);
}

#[tokio::test]
async fn languages_and_countries_are_the_service_s_own() {
    let stage = Stage::new().await;
    let client = &stage.client;
    let languages = client.languages().get_all().await.unwrap();
    let english = languages.iter().find(|language| language.code == "EN").unwrap();
    assert_eq!((english.language_id.get(), english.title.as_str()), (2, "English"));
    let countries = client.countries().get_all().await.unwrap();
    let portugal = countries.iter().find(|country| country.iso_3166_1 == "pt").unwrap();
    let zones: Vec<_> = portugal.fiscal_zones.iter().map(|zone| zone.code.as_str()).collect();
    assert_eq!((portugal.country_id.get(), zones), (1, vec!["PT-MA", "PT-AC"]));
}
