//! Logins and companies, and what is the same for all companies.

use moloni_client::types::{NewCompany, NewUser, UpdateMe};
use moloni_client::{CompanyId, SecretString};

use super::stage::Stage;
use super::{NO_COMPANY, NO_LOGIN, rows};

pub(super) async fn calls(stage: &Stage) {
    let (client, nowhere, stranger) = (&stage.client, &stage.nowhere, &stage.stranger);
    let (users, companies, company) = (client.users(), client.companies(), stage.keys().company_id);
    let password = || SecretString::from("s3cr3t-password");
    let user = NewUser::new("Rita Inventada", "rita@example.pt", password(), 1.into());
    let shop = NewCompany::new("Loja da Rita", "501964843", "loja-da-rita", 1.into());
    let (no_user, no_shop) =
        (NewUser::new("", "rita", password(), 0.into()), NewCompany::new("", "501964840", "", 1.into()));
    let no_account = ["1 name", "3 email", "2 language_id 1 0", "1 company", "8 vat", "1 slug"];
    rows! { stage:
        "users.getMe", users.get_me() => me => me.email == stage.keys().username,
            not stranger.users().get_me() => NO_LOGIN;
        "users.updateMe", users.update_me(&UpdateMe::of(&me).name("Rita"))
                => () => users.get_me().await.unwrap().name == "Rita",
            not users.update_me(&UpdateMe::new("", "x", 0.into())) => ["1 name", "3 email", "2 language_id 1 0"];
        "users.getAll", users.get_all() => all => all.len() == 1 && all[0].name == "Rita",
            not nowhere.users().get_all() => NO_COMPANY;
        "users.signUp", users.sign_up(&user, &shop) => made => made.company_id != CompanyId::from(company),
            not users.sign_up(&no_user, &no_shop) => no_account;
        "users.recoverPassword", users.recover_password("rita@example.pt") => () => true,
            not users.recover_password("rita") => ["3 email"];
        "companies.getAll", companies.get_all() => all => all.iter().any(|row| row.company_id == company.into()),
            not stranger.companies().get_all() => NO_LOGIN;
        "companies.getOne", companies.get_one(company.into()) => own => own.slug.is_some(),
            not companies.get_one(0.into()) => NO_COMPANY;
        "companies.freeSlug", companies.free_slug("loja-da-rita") => free => !free,
            not companies.free_slug("") => ["1 slug"];
        "subscription.getOne", client.subscription().get_one() => one => one.paid && one.extra.is_empty(),
            not nowhere.subscription().get_one() => NO_COMPANY;
    }
    global(stage).await;
}

async fn global(stage: &Stage) {
    let (client, nowhere, stranger, moment) = (&stage.client, &stage.nowhere, &stage.stranger, stage.later());
    rows! { stage:
        "countries.getAll", client.countries().get_all() => all => all[0].iso_3166_1 == "pt",
            not stranger.countries().get_all() => NO_LOGIN;
        "languages.getAll", client.languages().get_all() => all => all[0].code == "PT",
            not stranger.languages().get_all() => NO_LOGIN;
        "currencies.getAll", client.currencies().get_all() => all => all[0].iso4217 == "EUR",
            not stranger.currencies().get_all() => NO_LOGIN;
        "documentModels.getAll", client.document_models().get_all() => all => all.is_empty(),
            not stranger.document_models().get_all() => NO_LOGIN;
        "fiscalZones.getAll", client.fiscal_zones().get_all(1.into()) => all => all[0].code == "PT-MA",
            not client.fiscal_zones().get_all(0.into()) => ["2 country_id 1 0"];
        "taxExemptions.getAll", client.tax_exemptions().get_all() => all => all[0].code == "M01",
            not stranger.tax_exemptions().get_all() => NO_LOGIN;
        "taxExemptions.getModifiedSince", client.tax_exemptions().get_modified_since(moment) => all => all.is_empty(),
            not stranger.tax_exemptions().get_modified_since(moment) => NO_LOGIN;
        "taxExemptions.countModifiedSince", client.tax_exemptions().count_modified_since(moment) => count => count == 0,
            not stranger.tax_exemptions().count_modified_since(moment) => NO_LOGIN;
        "currencyExchange.getAll", client.currency_exchange().get_all() => all => all[0].to == Some(2.into()),
            not stranger.currency_exchange().get_all() => NO_LOGIN;
        "currencyExchange.getModifiedSince", client.currency_exchange().get_modified_since(moment)
                => all => all.is_empty(),
            not stranger.currency_exchange().get_modified_since(moment) => NO_LOGIN;
        "multibancoGateways.getAll", client.multibanco_gateways().get_all() => all => all.is_empty(),
            not stranger.multibanco_gateways().get_all() => NO_LOGIN;
        "multibancoGateways.getModifiedSince", client.multibanco_gateways().get_modified_since(moment)
                => all => all.is_empty(),
            not stranger.multibanco_gateways().get_modified_since(moment) => NO_LOGIN;
        "geographicZones.getAll", client.geographic_zones().get_all() => all => all.is_empty(),
            not nowhere.geographic_zones().get_all() => NO_COMPANY;
    }
}
