//! No secret shows in what the bridge prints of itself and in what its errors tell.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

#[path = "../../../sync-core/tests/secrecy/shown.rs"]
mod shown;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::sync::Arc;
use std::time::Duration;

use moloni_client::CompanyId;
use moloni_ghl::businesses::{CustomerGroups, States, business_engine};
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use moloni_ghl::{
    Bridge, BridgeError, ExtraFields, GhlLogin, GhlSettings, MoloniLogin, MoloniSettings, Run, Settings,
    Timing,
};
use shown::{Shown, is_clean};
use sync_core::SystemEnv;
use sync_core::store::MemoryStore;

/// What holds no secret, and why.
const HARMLESS: [(&str, &[&str]); 3] = [
    ("what a bridge consists of, and shown with it", &["calls::CallCounter"]),
    (
        "what becomes of people's data",
        &["attributes::", "bridge::two_way::", "company::", "mapping::", "phone::", "rules::"],
    ),
    (
        "names and numbers",
        &[
            "calls::Tally",
            "sandbox::crm::",
            "sandbox::PairConfig",
            "sandbox::population::Expected",
            "sandbox::population::Population",
            "settings::SettingsError",
            "settings::Timing",
        ],
    ),
];

async fn pair() -> SandboxPair {
    trace::on();
    SandboxPair::start(PairConfig { customers: 5, speed: 100.0, ..PairConfig::default() }).await.unwrap()
}

async fn connect(settings: &Settings) -> Result<Bridge, BridgeError> {
    Bridge::connect(settings, Arc::new(MemoryStore::new())).await
}

/// Addresses and keys with a secret wherever one can be.
fn settings() -> Settings {
    let ghl = GhlSettings {
        url: Some("https://ana:s3cr3t@crm.example.pt/".to_owned()),
        location: "loc_1".to_owned(),
        login: GhlLogin::Token("s3cr3t-access".into()),
        requests_per_ten_seconds: None,
    };
    let login = MoloniLogin::Password {
        client_id: "developer".to_owned(),
        client_secret: "s3cr3t-client".into(),
        username: "ana".to_owned(),
        password: "s3cr3t-password".into(),
    };
    let url = Some("https://ana:s3cr3t@api.example.pt/v1/".to_owned());
    Settings::new(ghl, MoloniSettings { url, company: None, login, requests_per_minute: 60 })
}

#[tokio::test]
async fn no_debug_shows_a_secret() {
    let mut shown = Shown::default();
    let pair = pair().await;
    shown.debug(&pair);
    shown.debug(&settings());
    shown.debug(&settings().ghl);
    shown.debug(&settings().ghl.login);
    shown.debug(&ExtraFields::default());
    shown.debug(&settings().moloni);
    shown.debug(&settings().moloni.login);
    shown.debug(&Bridge::builder(settings()));
    shown.debug(&MoloniLogin::AccessToken("s3cr3t-access".into()));

    let bridge = connect(&pair.settings()).await.unwrap();
    let plan = bridge.plan().await.unwrap();
    is_clean(&format!("{plan} {plan:?}"), "a plan");
    let run = bridge.apply(plan, |_| {}).await.unwrap();
    is_clean(&run.to_string(), "a run");
    shown.debug::<Run>(&run);
    shown.debug(&bridge);
    let text = format!("{bridge:?}");
    for part in [
        "ContactCollection",
        "NoteCollection",
        "TaskCollection",
        "CustomerCollection",
        "DocumentFacts",
        "CallCounter",
    ] {
        assert!(text.contains(part), "{part} is a part of the bridge");
    }
    of_businesses(&mut shown);
    for error in errors(&pair).await {
        shown.error::<BridgeError>(&error);
    }
    shown.is_complete("moloni_ghl", concat!(env!("CARGO_MANIFEST_DIR"), "/src"), &HARMLESS);
}

fn of_businesses(shown: &mut Shown) {
    let moloni = moloni_client::Client::builder().token("s3cr3t-access").company(CompanyId::from(5));
    let moloni = moloni.build().unwrap();
    let ghl = ghl_contacts::Client::builder("loc_1").token("s3cr3t-access").build().unwrap();
    let states = States { contacts: Arc::new(MemoryStore::new()), businesses: Arc::new(MemoryStore::new()) };
    shown.debug::<States>(&states);
    shown.debug(&CustomerGroups::new(moloni.clone(), states.clone()));
    let engine = business_engine(moloni, ghl, states, Timing::default(), Arc::new(SystemEnv::new()));
    let text = format!("{:?}", engine.unwrap().build());
    is_clean(&text, "the engine of businesses");
    for part in ["CustomerGroups", "Unclaimed", "BusinessCollection"] {
        assert!(text.contains(part), "{part} is a part of the engine of businesses");
    }
}

async fn errors(pair: &SandboxPair) -> Vec<BridgeError> {
    let mut errors = vec![connect(&settings()).await.unwrap_err()];
    let mut wrong = [pair.settings(), pair.settings(), pair.settings(), pair.settings()];
    let [unsafe_moloni, bad_login, bad_token, nowhere] = &mut wrong;
    unsafe_moloni.moloni.url = settings().moloni.url;
    bad_login.moloni.login = settings().moloni.login;
    bad_token.moloni.login = MoloniLogin::AccessToken("s3cr3t-access".into());
    bad_token.moloni.company = None;
    nowhere.moloni.url = Some("http://127.0.0.1:1/v1/".to_owned());
    for settings in &wrong {
        errors.push(connect(settings).await.unwrap_err());
    }
    // Expired meanwhile, and cut off.
    let bridge = connect(&pair.settings()).await.unwrap();
    pair.moloni.advance(Duration::from_hours(30 * 24));
    errors.push(bridge.plan().await.unwrap_err());
    let mut bad_token = pair.settings();
    bad_token.ghl.login = GhlLogin::Token("s3cr3t-access".into());
    errors.push(connect(&bad_token).await.unwrap().plan().await.unwrap_err());
    errors
}
