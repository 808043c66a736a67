//! Users, companies, languages and countries.

use moloni_client::types::{NewCompany, NewUser, UpdateMe};
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

/// A client of whoever has no login yet.
fn nobody(stage: &Stage) -> Client {
    Client::builder().anonymous().base_url(format!("{}/v1/", stage.sandbox.url())).build().unwrap()
}

#[tokio::test]
async fn a_person_signs_up_without_a_login() {
    let stage = Stage::new().await;
    let client = nobody(&stage);
    let (users, companies) = (client.users(), client.companies());
    assert!(companies.free_slug("loja-da-rita").await.unwrap());
    let user = NewUser::new("Rita Inventada", "rita@example.pt", "s3cr3t", 1.into());
    let company = NewCompany::new("Loja da Rita", "501964843", "loja-da-rita", 1.into());
    let made = users.sign_up(&user, &company).await.unwrap();
    assert!(
        made.user_id.get() > 0 && made.company_id.get() > 0 && made.user_id.get() != made.company_id.get()
    );
    assert!(!companies.free_slug("loja-da-rita").await.unwrap());
    assert_eq!(invalid(users.sign_up(&user, &company).await), ["4 email", "4 slug"], "nobody is made twice");
    assert!(!format!("{user:?} {}", stage.sandbox.state()).contains("s3cr3t"));

    let (user, company) =
        (NewUser::new("", "rita", "", 0.into()), NewCompany::new("", "501964840", "", 1.into()));
    let codes = ["1 name", "3 email", "1 password", "2 language_id 1 0", "1 company", "8 vat", "1 slug"];
    assert_eq!(invalid(users.sign_up(&user, &company).await), codes);
    users.recover_password("rita@example.pt").await.unwrap();
    assert_eq!(invalid(users.recover_password("rita").await), ["3 email"]);
}

#[tokio::test]
async fn who_has_no_login_is_stopped_before_anything_is_sent() {
    let stage = Stage::new().await;
    let client = nobody(&stage);
    let error = client.companies().get_all().await.unwrap_err();
    assert_eq!(error.to_string(), "companies.getAll: this client has no login (nothing was sent)");
    let other = client.for_company(CompanyId::from(7));
    assert_eq!(other.customers().count().await.unwrap_err().kind(), ErrorKind::Request);
    assert!(stage.called().is_empty());
}

#[tokio::test]
async fn who_has_a_login_sends_no_token_where_none_is_needed() {
    crate::trace::on();
    let server = wiremock::MockServer::start().await;
    let answer = wiremock::ResponseTemplate::new(200).set_body_json(serde_json::json!({ "valid": 1 }));
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let builder = Client::builder().token("s3cr3t").base_url(format!("{}/v1/", server.uri()));
    let client = builder.build().unwrap();
    client.users().recover_password("rita@example.pt").await.unwrap();
    client.users().update_me(&UpdateMe::new("Rita", "rita@example.pt", 1.into())).await.unwrap();
    let sent = server.received_requests().await.unwrap();
    let with_token = sent.iter().map(|request| request.url.query().unwrap().contains("access_token"));
    assert_eq!(with_token.collect::<Vec<_>>(), [false, true]);
}
