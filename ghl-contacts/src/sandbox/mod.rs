//! A server on loopback that behaves like HighLevel: for tests that need no account and no network.
//!
//! [`Sandbox::start`] puts it on a port; point a client at [`Sandbox::url`] and use [`Sandbox::credentials`].
//!
//! ```
//! use ghl_contacts::sandbox::{Config, Fault, FaultKind, Sandbox};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(Config::default()).await?;
//! let ana = sandbox.add_contact(serde_json::json!({ "firstName": "Ana", "email": "ana@example.pt" }))?;
//! // The next contact is stored, but the caller never hears of it.
//! sandbox.fault(Fault::new(FaultKind::LoseReply).on("contacts.create").times(1));
//! # let _ = ana;
//! # Ok(())
//! # }
//! ```
//!
//! # What it does
//!
//! All 32 calls on contacts with their tasks, notes, tags, followers, campaigns, workflows and appointments;
//! locations with their custom fields, tags and the search of tasks; appointments in a calendar with their notes;
//! businesses; users; OAuth with its page, codes, rotating refresh tokens and location
//! tokens. Everything else answers 404. It is as strict as the service: unknown keys, a missing `Version`, a token
//! of the wrong class or without the scope and a taken e-mail are refused in the service's words, and every answer
//! of the API counts against the rate limits. Searches and lists see a write only after [`Config::index_lag`]; the
//! duplicate search and every read by id see it at once.
//!
//! It checks more than the service where the service is known to be vague: a contact that is gone answers 404,
//! an id that cannot be one answers 400, and phone numbers need their `+` and country code. It has no
//! opportunities, so a filter on them finds nothing, and it gives tokens in the dated form only.
//!
//! # The authorization page
//!
//! `GET /v2/oauth/chooselocation`, also without the `/v2`, is the page to which an app sends a person. There is no
//! person here, so it answers at once: 302 to `redirect_uri` with a `code`, and with the `state` if one was sent.
//! It checks `response_type`, `client_id`, `redirect_uri` (`https`, or `http` on this machine; see
//! [`Config::redirect_uri`]) and `scope`; where it refuses, it answers 400 with HTML and sends nobody anywhere.
//! The tokens that a code buys have exactly the scopes that were asked for, and so has every pair after them. A
//! token from `POST /oauth/locationToken` has those of the agency's token except `oauth.*`.
//!
//! Two parameters decide for the person. The service has neither:
//!
//! | parameter | the person |
//! |---|---|
//! | `location_id=…` | chooses this location, not [`Credentials::location_id`] |
//! | `deny=1` | refuses: 302 with `error=access_denied`, `error_description` and the `state` |
//!
//! Whether a code is for a location or, with `user_type=Company`, for the agency is said when it is exchanged.
//!
//! What the service does here is not written down everywhere. The sandbox decides as follows; do not build on it.
//! A code lives for five minutes, and must be exchanged with the `redirect_uri` of the page. An exchange that is
//! refused does not use it up. All refusals of the page but that of the client id have words of its own. Any text
//! that can be a scope is granted.
//!
//! # Calendars
//!
//! There is one calendar, [`Credentials::calendar_id`]. It is free whenever it has no appointment that holds, and its
//! slots are half an hour long. The clocks of the locations show UTC, whatever their time zone is called. Two decisions
//! more where nothing is written down: an appointment that is moved keeps its length, and a tag that is renamed is
//! renamed at its contacts too.
//!
//! # Operations
//!
//! Faults and [`Sandbox::calls`] go by these names:
//!
//! - `contacts.` `create`, `get`, `update`, `delete`, `upsert`, `list`, `search`, `duplicate`, `by_business`,
//!   `bulk_business`
//! - `notes.` `list`, `get`, `create`, `update`, `delete`; `tasks.` the same and `complete`
//! - `tags.` `add`, `remove`, `bulk`; `followers.` `add`, `remove`; `workflows.` `add`, `remove`;
//!   `campaigns.` `add`, `remove`, `remove_all`; `contact_appointments.list`
//! - `locations.` `get`, `search`; `custom_fields.` `list`, `get`, `create`, `update`, `delete`; `location_tags.` the
//!   same; `location_tasks.search`
//! - `businesses.` `list`, `get`, `create`, `update`, `delete`; `users.search`
//! - `calendar_events.` `list`, `get`, `create`, `update`, `delete`; `appointment_notes.` the same but `get`
//! - `oauth.` `authorize` (the page), `token`, `location_token`, `installed_locations`
//!
//! # What a person can do
//!
//! [`Sandbox::human`] and `/__sandbox/records/{collection}` edit these collections. The fields are those of the
//! API, with `contactId` in a create of a record that belongs to a contact.
//!
//! | collection | edits | beyond the API's fields |
//! |---|---|---|
//! | `contacts` | create, update, delete | `locationId` (optional), `businessId`, `additionalEmails`, `additionalPhones` |
//! | `merges` | create | `contactId`, the contact that stays, and `merged`, up to nine others |
//! | `notes`, `tasks`, `appointments` | create, update, delete | |
//! | `custom_fields` | create, update, delete | `picklistOptions` |
//! | `businesses` | create, update, delete | |
//! | `users` | create, delete | `name`, `email`, `type`, `role`, `locationIds` |
//! | `tags` | create, delete | a delete takes the tag from all contacts |
//! | `locations` | update | `name`, `timezone`; with `active: false` it gets no new tokens |
//! | `tokens` | delete | the id is an access token, refresh token or private integration token, which is revoked |
//!
//! # Merged contacts
//!
//! People merge contacts; the API cannot, and does not tell. The contact that stays keeps its id and its values, takes what
//! it lacks from the others, and their tags and followers. Their e-mail addresses and phone numbers become additional
//! ones, and their notes, tasks and appointments its own. Then the others are gone like any contact that was deleted: they
//! answer 404, and nothing points at the one that is left. [`Sandbox::merge_contacts`] does it, and so does the edit of
//! `merges`. Which webhooks the service sends is not known; here they are those of an update and of deletions.
//!
//! # Webhooks
//!
//! With the feature `webhooks`, `Sandbox::send_webhooks` sends them to an address, signed with a key of the sandbox's
//! own: when contacts, notes, tasks and appointments change, by whomever, and when a code is exchanged. They are shaped
//! as the service really sends them: `TaskCreate` without contact and text, notes without their author, a contact
//! without what changed. A change of tags or of do-not-disturb settings is an event of its own, next to
//! `ContactUpdate` if something else changed too. What belongs to a contact goes with it without events.

mod appointment_notes;
mod appointments;
mod auth;
mod authorize;
mod beside;
mod businesses;
mod calendar;
mod children;
mod contact;
mod contacts;
mod credentials;
mod enrolment;
mod fields;
mod filter;
mod human;
mod index;
mod installed;
mod location_tags;
mod location_tasks;
mod locations;
mod lookup;
mod merge;
mod news;
mod normal;
mod notes;
mod oauth;
mod outbox;
mod rate;
mod refuse;
mod route;
mod scopes;
mod search;
mod shapes;
mod tags;
mod tasks;
mod users;
mod validate;
#[cfg(feature = "webhooks")]
mod webhooks;
mod world;

use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use sync_core::{Env, SystemEnv};

pub use credentials::Credentials;
pub use sync_core::sandbox_kit::{Call, Edit, Fault, FaultKind, Server};
#[cfg(feature = "webhooks")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
pub use webhooks::{Delivery, Webhooks};
pub use world::World;

/// How a sandbox behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The port on loopback; 0 takes any free one.
    pub port: u16,
    /// What all ids and tokens follow from.
    pub seed: u64,
    /// How many times shorter than 10 seconds the interval of the burst limit is.
    pub speed: f64,
    /// How long it takes until searches and lists see a write.
    pub index_lag: Duration,
    /// Whether the locations allow two contacts with one e-mail or phone.
    pub allow_duplicates: bool,
    /// Calls per interval, for each app and location.
    pub burst_limit: u64,
    /// Calls per day, for each app and location.
    pub daily_limit: u64,
    /// The address that the app has registered, to which alone the authorization page sends codes. `None` accepts
    /// any.
    pub redirect_uri: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            speed: 1.0,
            index_lag: Duration::from_secs(2),
            allow_duplicates: false,
            burst_limit: 100,
            daily_limit: 200_000,
            redirect_uri: None,
        }
    }
}

/// A running sandbox. It stops when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Sandbox {
    server: Server<World>,
    credentials: Credentials,
}

impl Sandbox {
    /// Starts a sandbox without any contact.
    ///
    /// # Errors
    ///
    /// The port is taken or the system refuses to listen.
    pub async fn start(config: Config) -> io::Result<Self> {
        let world = World::new(&config, SystemEnv::new().now());
        let credentials = world.credentials.clone();
        Ok(Self { server: Server::start(world, config.port).await?, credentials })
    }

    /// `http://127.0.0.1:{port}`, without a last slash.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Tokens and ids that the sandbox knows.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Adds a contact that searches see at once, and returns its id. Its location is
    /// [`Credentials::location_id`] unless `contact` names one.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it: the rules are those of the service.
    pub fn add_contact(&self, contact: Value) -> Result<String, String> {
        let id = self.add("contacts", contact)?;
        self.server.with(|world| world.index_at_once(&id));
        Ok(id)
    }

    /// Adds a custom field, such as one of the data type `TEXT`, and returns its id.
    /// A field with options to choose from needs [`human`](Self::human).
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it, such as an unknown data type.
    pub fn add_custom_field(&self, name: &str, data_type: &str) -> Result<String, String> {
        self.add("custom_fields", json!({ "name": name, "dataType": data_type }))
    }

    fn add(&self, collection: &str, fields: Value) -> Result<String, String> {
        let record = self.human(Edit::Create { collection: collection.to_owned(), fields })?;
        Ok(record.get("id").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Everything it holds but tokens.
    pub fn state(&self) -> Value {
        self.server.state()
    }

    /// Every call so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.server.calls()
    }

    /// Makes something go wrong.
    pub fn fault(&self, fault: Fault) {
        self.server.fault(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.server.clear_faults();
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.server.advance(by);
    }

    /// Edits a record as a person would; the module's documentation lists the collections.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the edit.
    pub fn human(&self, edit: Edit) -> Result<Value, String> {
        self.server.human(edit)
    }

    /// Merges contacts into `master`, as a person would, and returns what that then is. They must be of one location,
    /// and nine of them at most.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it, such as a contact that is gone.
    pub fn merge_contacts(&self, master: &str, merged: &[&str]) -> Result<Value, String> {
        let fields = merge::body(master, merged);
        self.human(Edit::Create { collection: "merges".to_owned(), fields })
    }

    /// Makes the present state the one that a reset returns to.
    pub fn checkpoint(&self) {
        self.server.checkpoint();
    }

    /// Back to the state at start or at the checkpoint; clears calls, faults and the clock's offset.
    pub fn reset(&self) {
        self.server.reset();
    }

    /// The server itself, with its clock and port.
    pub fn server(&self) -> &Server<World> {
        &self.server
    }
}
