use std::sync::Arc;

use ghl_contacts::{
    ApiVersion, CompanyId, Env, GhlOAuth, LocationId, MemoryTokenStore, OAuthApp, Refresh, SystemEnv,
    TokenSet, TokenSource,
};

use crate::journey::{Given, Journey};

pub(super) async fn grants(journey: &mut Journey, version: ApiVersion) {
    let (given, known) = (journey.given, journey.known.clone());
    let app = OAuthApp::new(known.client_id.as_str(), known.client_secret.as_str());
    let app = app.redirect("https://app.example.pt/callback".parse().unwrap());
    let oauth = GhlOAuth::at(&known.base, app, &journey.settings()).unwrap();
    let tokens = journey.call("GhlOAuth::exchange_code", oauth.exchange_code(known.code.as_str())).await;
    check(&tokens);
    check(&journey.call("GhlOAuth::refresh", oauth.refresh(&tokens)).await);

    // The examples of the description are of a location of their own, and another one's tokens are refused.
    let (company, location) =
        (CompanyId::new(&known.company), LocationId::new(&tokens.details["locationId"]));
    let env = Arc::new(SystemEnv::new());
    let store = Arc::new(MemoryTokenStore::new(env.clone()));
    let agency = oauth.company_tokens(&company, store.clone());
    let tokens = TokenSet::new(known.agency_token.as_str().into(), env.now());
    agency.connect(tokens).await.unwrap();
    let derived = oauth.location_tokens(agency.clone(), &company, &location, store).unwrap();
    journey.call("GhlOAuth::location_tokens", derived.access()).await;

    let installed = oauth.installed_locations(agency, &company).unwrap().version(version);
    let installed = match given {
        Given::Everything => {
            let all = installed.query("reis").installed(true).location(&location).page_size(5);
            let all = all.version_id("v_1").on_trial(false).plan_id("p_1");
            // v3 goes on by tokens, and nobody else's will do.
            if version == ApiVersion::V3 { all } else { all.after(serde_json::from_str("\"0\"").unwrap()) }
        }
        Given::Nothing => installed,
    };
    journey
        .read("GhlOAuth::installed_locations", "locations", async { Ok(installed.page().await?.locations) })
        .await;
}

fn check(tokens: &TokenSet) {
    assert!(tokens.refresh.is_some() && tokens.access_expires_at.is_some());
    for detail in ["scope", "userType", "locationId", "companyId", "userId"] {
        assert!(tokens.details.contains_key(detail), "{detail}");
    }
}
