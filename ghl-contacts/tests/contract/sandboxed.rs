//! The same calls against the sandbox, which remembers.

#![cfg(feature = "sandbox")]

use std::collections::BTreeSet;

use ghl_contacts::ApiVersion;
use ghl_contacts::sandbox::{Config, Edit, Sandbox};
use serde_json::json;

use crate::calls;
use crate::catalogue::rows;
use crate::journey::{Given, Journey, Known};

/// What the sandbox has from the start, and three custom fields.
fn known(sandbox: &Sandbox) -> Known {
    let field = |fields| {
        let edit = Edit::Create { collection: "custom_fields".to_owned(), fields };
        sandbox.human(edit).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let c = sandbox.credentials();
    Known {
        base: sandbox.url(),
        location: c.location_id.clone(),
        company: c.company_id.clone(),
        user: c.user_id.clone(),
        calendar: c.calendar_id.clone(),
        campaign: c.campaign_id.clone(),
        workflow: c.workflow_id.clone(),
        business: c.business_id.clone(),
        fields: [
            field(json!({ "name": "Words", "dataType": "TEXT" })),
            field(json!({ "name": "Size", "dataType": "NUMERICAL" })),
            field(
                json!({ "name": "Choices", "dataType": "MULTIPLE_OPTIONS", "picklistOptions": ["a", "b"] }),
            ),
        ],
        client_id: c.client_id.clone(),
        client_secret: c.client_secret.clone(),
        code: c.code.clone(),
        agency_token: c.agency_token.clone(),
        token: c.pit.clone(),
    }
}

#[tokio::test]
async fn the_sandbox_answers_every_call_of_the_page() {
    for version in [ApiVersion::V2021_07_28, ApiVersion::V3] {
        for given in [Given::Everything, Given::Nothing] {
            let config = Config { burst_limit: 100_000, ..Config::default() };
            let sandbox = Sandbox::start(config).await.unwrap();
            let mut journey = Journey::new(given, known(&sandbox));
            calls::of_contacts(&mut journey, version).await;
            calls::beside_contacts(&mut journey, version).await;
            let answered: BTreeSet<_> = journey.made.iter().map(|made| made.name.clone()).collect();
            let listed =
                rows().into_iter().filter(|row| version != ApiVersion::V3 || row.path_in_v3().is_some());
            assert_eq!(answered, listed.map(|row| row.name).collect(), "{version:?}, {given:?}");
        }
    }
}
