use std::time::Duration;

use ghl_contacts::sandbox::{Config, Credentials, Edit, Sandbox};
use serde_json::{Value, json};

use crate::ask::{Ask, form, post};
use crate::grants::{code, token};

/// What every row starts from.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    pub(crate) c: Credentials,
    pub(crate) ana: String,
    pub(crate) rui: String,
    pub(crate) abroad: String,
    pub(crate) gone: String,
    pub(crate) note: String,
    pub(crate) task: String,
    /// An appointment of Ana's that is in no calendar, with a user and in a group.
    pub(crate) event: String,
    pub(crate) event_note: String,
    /// Ana's tag.
    pub(crate) tag: String,
    pub(crate) text_field: String,
    pub(crate) choice_field: String,
    pub(crate) number_field: String,
    /// A code for the other location, with two scopes.
    pub(crate) code: String,
    /// A location's token with one scope.
    pub(crate) reader: String,
    /// The other location's token, with all scopes.
    pub(crate) abroad_token: String,
    /// An agency's token without `oauth.write`.
    pub(crate) agency_reader: String,
}

fn create(sandbox: &Sandbox, collection: &str, fields: Value) -> String {
    let record = sandbox.human(Edit::Create { collection: collection.to_owned(), fields }).unwrap();
    record["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn scene() -> Scene {
    crate::trace::on();
    let config = Config { burst_limit: 100_000, index_lag: Duration::ZERO, ..Config::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    let c = sandbox.credentials().clone();
    let text_field = sandbox.add_custom_field("Tax number", "TEXT").unwrap();
    let number_field = sandbox.add_custom_field("Visits", "NUMERICAL").unwrap();
    let choice = json!({ "name": "Plan", "dataType": "SINGLE_OPTIONS", "picklistOptions": ["Gold", "Blue"] });
    let choice_field = create(&sandbox, "custom_fields", choice);
    let ana = json!({
        "firstName": "Ana", "lastName": "Reis", "email": "Ana.Reis@example.pt", "phone": "+351 910 000 001",
        "tags": ["VIP "], "dateOfBirth": "1990-09-25", "address1": "Rua Um 1", "gender": "female",
        "additionalEmails": ["old.ana@example.pt"], "businessId": c.business_id,
        "dndSettings": { "Email": { "status": "active" } },
        "customFields": [{ "id": text_field, "field_value": "500100200" }],
    });
    let ana = sandbox.add_contact(ana).unwrap();
    let rui = sandbox.add_contact(json!({ "name": "Rui Dias", "phone": "+351910000002" })).unwrap();
    let abroad =
        sandbox.add_contact(json!({ "firstName": "Eva", "locationId": c.other_location_id })).unwrap();
    let gone = sandbox.add_contact(json!({ "firstName": "Gil", "email": "gil@example.pt" })).unwrap();
    sandbox.human(Edit::Delete { collection: "contacts".to_owned(), id: gone.clone() }).unwrap();
    let note = create(&sandbox, "notes", json!({ "contactId": ana, "body": "called" }));
    let task = json!({ "contactId": ana, "title": "Call", "dueDate": "2027-01-02T03:04:05+01:00", "completed": false });
    let task = create(&sandbox, "tasks", task);
    let event = json!({
        "contactId": ana, "startTime": "2027-01-02 10:00:00", "endTime": "2027-01-02 11:00:00",
        "assignedUserId": c.user_id, "groupId": "g1",
    });
    let event = create(&sandbox, "appointments", event);
    let event_note = post(
        format!("/calendars/appointments/{event}/notes"),
        json!({ "body": "rings twice", "userId": c.user_id }),
    );
    let event_note = event_note.id(&sandbox, "/note/id").await;
    let tag = sandbox.state()["tags"][0]["id"].as_str().unwrap().to_owned();
    let elsewhere = [("location_id", c.other_location_id.as_str())];
    let code = code(&sandbox, "contacts.readonly locations.readonly", &elsewhere).await;
    let reader = token(&sandbox, "contacts.readonly", "Location").await;
    let abroad_token =
        form("/oauth/locationToken", &[("companyId", &c.company_id), ("locationId", &c.other_location_id)]);
    let abroad_token = abroad_token.token(&c.agency_token).id(&sandbox, "/access_token").await;
    let agency_reader = token(&sandbox, "contacts.readonly oauth.readonly", "Company").await;
    sandbox.checkpoint();
    Scene {
        sandbox,
        c,
        ana,
        rui,
        abroad,
        gone,
        note,
        task,
        event,
        event_note,
        tag,
        text_field,
        choice_field,
        number_field,
        code,
        reader,
        abroad_token,
        agency_reader,
    }
}

/// One behaviour.
pub(crate) struct Row {
    pub(crate) cite: &'static str,
    pub(crate) says: &'static str,
    pub(crate) before: Vec<Ask>,
    pub(crate) ask: Ask,
    pub(crate) status: u16,
    /// Places in the answer's body and what is there; null also stands for nothing.
    pub(crate) telling: Vec<(&'static str, Value)>,
}

pub(crate) fn row<const N: usize>(
    cite: &'static str,
    says: &'static str,
    ask: Ask,
    status: u16,
    telling: [(&'static str, Value); N],
) -> Row {
    Row { cite, says, before: Vec::new(), ask, status, telling: telling.into() }
}

impl Row {
    pub(crate) fn after(self, before: Ask) -> Self {
        Self { before: vec![before], ..self }
    }
}
