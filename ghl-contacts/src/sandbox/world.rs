use std::collections::BTreeMap;
use std::fmt;

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::{Answer, Backend, Body, Edit, Request};

use super::auth::{Code, Grant, Tokens};
use super::businesses::Business;
use super::children::Children;
use super::contact::Contact;
use super::fields::CustomField;
use super::index::Index;
use super::locations::Location;
use super::lookup::Lookup;
use super::outbox::Outbox;
use super::rate::Rates;
use super::refuse::Refusal;
use super::scopes::Scopes;
use super::tags::Tag;
use super::users::User;
use super::{
    Config, Credentials, appointments, authorize, credentials, human, normal, notes, route, shapes, tasks,
};

/// Everything that the sandbox holds: the state machine behind [`Sandbox`](super::Sandbox).
#[derive(Clone)]
pub struct World {
    pub(super) allow_duplicates: bool,
    pub(super) index_lag: SignedDuration,
    /// The only address that the page sends a code to, if the app has registered one.
    pub(super) redirect_uri: Option<String>,
    pub(super) credentials: Credentials,
    pub(super) tokens: Tokens,
    pub(super) locations: BTreeMap<String, Location>,
    pub(super) businesses: BTreeMap<String, Business>,
    pub(super) users: Vec<User>,
    pub(super) contacts: BTreeMap<String, Contact>,
    pub(super) index: Index,
    pub(super) lookup: Lookup,
    pub(super) notes: Children,
    pub(super) tasks: Children,
    pub(super) appointments: Children,
    /// In place of the contact of each there is its appointment.
    pub(super) appointment_notes: Children,
    pub(super) fields: Vec<CustomField>,
    pub(super) tags: Vec<Tag>,
    pub(super) installed: Timestamp,
    pub(super) outbox: Outbox,
    /// What webhooks are to tell of the present call.
    pub(super) news: Vec<Map<String, Value>>,
    rates: Rates,
    // Separate sources, so that the ids of records do not depend on what else was asked or issued.
    ids: fastrand::Rng,
    secrets: fastrand::Rng,
    traces: fastrand::Rng,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("contacts", &self.contacts.len()).finish_non_exhaustive()
    }
}

impl World {
    pub(super) fn new(config: &Config, now: Timestamp) -> Self {
        let now = normal::to_millis(now);
        let mut secrets = fastrand::Rng::with_seed(config.seed ^ 0x5EC2_E75E);
        let credentials = Credentials::invent(&mut secrets);
        let mut tokens = Tokens::default();
        let location = || Grant::of_location(&credentials.location_id);
        tokens.add_access(&credentials.access_token, location(), now);
        tokens.add_refresh(&credentials.refresh_token, location(), now);
        tokens.add_access(&credentials.agency_token, Grant::of_company(), now);
        tokens.add_private(&credentials.pit, location());
        let (location, scopes) = (credentials.location_id.clone(), Scopes::all());
        tokens.add_code(&credentials.code, Code { location, scopes, redirect: None, expires: None });
        let locations = [
            Location::new(&credentials.location_id, "Oficina da Ribeira"),
            Location::new(&credentials.other_location_id, "Padaria do Largo"),
        ];
        let named = |name: &str| Map::from_iter([("name".to_owned(), json!(name))]);
        let home = &credentials.location_id;
        let business = Business::new(&credentials.business_id, home, named("Ribeira Lda"), now);
        let user = User::new(credentials.user_id.clone(), home, &named("Rita Lopes"));
        Self {
            allow_duplicates: config.allow_duplicates,
            index_lag: SignedDuration::try_from(config.index_lag).unwrap_or(SignedDuration::MAX),
            redirect_uri: config.redirect_uri.clone(),
            tokens,
            locations: locations.into_iter().map(|location| (location.id.clone(), location)).collect(),
            businesses: [(business.id.clone(), business)].into(),
            users: vec![user],
            contacts: BTreeMap::new(),
            index: Index::default(),
            lookup: Lookup::default(),
            notes: Children::new("Note").watched(),
            tasks: Children::new("Task").watched(),
            appointments: Children::new("Appointment").watched(),
            appointment_notes: Children::new("Note"),
            fields: Vec::new(),
            tags: Vec::new(),
            installed: now,
            outbox: Outbox::new(config.seed),
            news: Vec::new(),
            rates: Rates::new(config),
            ids: fastrand::Rng::with_seed(config.seed),
            secrets,
            traces: fastrand::Rng::with_seed(config.seed ^ 0x007F_ACE5),
            credentials,
        }
    }

    /// An id for a new record.
    pub(super) fn new_id(&mut self) -> String {
        alphanumeric(&mut self.ids, 20)
    }

    /// A new access or refresh token.
    pub(super) fn new_token(&mut self) -> String {
        credentials::token(&mut self.secrets)
    }

    /// A new authorization code.
    pub(super) fn new_code(&mut self) -> String {
        credentials::code(&mut self.secrets)
    }

    /// The public name of a refresh token.
    pub(super) fn new_refresh_id(&mut self) -> String {
        let id = alphanumeric(&mut self.secrets, 64);
        id.chars().take(24).collect()
    }

    /// The name of the business that a contact belongs to.
    pub(super) fn business_name(&self, contact: &Contact) -> Option<&str> {
        self.businesses.get(contact.business.as_ref()?).map(Business::name)
    }

    /// Shows all contacts to searches as they are now.
    pub(super) fn index_at_once(&mut self, id: &str) {
        if let Some(contact) = self.contacts.get(id) {
            self.index.put_at_once(contact.clone());
        }
    }
}

impl Backend for World {
    fn operation(&self, request: &Request) -> Option<String> {
        if authorize::is_page(request) {
            return Some(authorize::OPERATION.to_owned());
        }
        route::find(request).map(|(route, _)| route.operation.to_owned())
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let now = normal::to_millis(now);
        // The page stands on a host of its own: it knows neither tokens nor limits.
        if authorize::is_page(request) {
            return authorize::answer(self, request, now);
        }
        let access = self.tokens.identify(request, now);
        let who = access.as_ref().map_or_else(|_| "nobody".to_owned(), super::auth::Access::rate_key);
        let verdict = self.rates.admit(&who, now);
        let reply = if verdict.admitted {
            route::handle(self, request, access, now)
        } else {
            Err(Refusal::too_many_requests())
        };
        self.publish(now);
        let trace = uuid(&mut self.traces);
        let mut answer = reply.unwrap_or_else(Answer::from);
        if let Body::Json(Value::Object(body)) = &mut answer.body {
            // The gateway refuses unknown tokens and paths before a trace begins.
            let unknown_path = answer.status == 404 && route::find(request).is_none();
            if answer.status != 401 && !unknown_path {
                body.insert("traceId".to_owned(), json!(trace));
            }
        }
        // The clock may have been moved.
        if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
            answer = answer.header("date", date);
        }
        verdict.headers.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    }

    fn state(&self) -> Value {
        let mut live: Vec<&Contact> = self.contacts.values().filter(|c| !c.deleted).collect();
        live.sort_by(|a, b| (a.added, &a.id).cmp(&(b.added, &b.id)));
        let deleted: Vec<&str> =
            self.contacts.values().filter(|c| c.deleted).map(|c| c.id.as_str()).collect();
        let location = |contact: &str| self.contacts.get(contact).map_or("", |c| c.location.as_str());
        json!({
            "locations": self.locations.values().map(|l| l.view(self)).collect::<Vec<_>>(),
            "businesses": self.businesses.values().map(Business::view).collect::<Vec<_>>(),
            "users": self.users.iter().map(User::view).collect::<Vec<_>>(),
            "contacts": live.into_iter().map(|c| shapes::read(c, false)).collect::<Vec<_>>(),
            "deletedContacts": deleted,
            "notes": self.notes.iter().map(notes::view).collect::<Vec<_>>(),
            "tasks": self.tasks.iter().map(tasks::view).collect::<Vec<_>>(),
            "appointments":
                self.appointments.iter().map(|a| appointments::view(a, location(&a.contact))).collect::<Vec<_>>(),
            "appointmentNotes":
                self.appointment_notes.iter().map(|n| self.appointment_note(n)).collect::<Vec<_>>(),
            "customFields": self.fields.iter().map(CustomField::view).collect::<Vec<_>>(),
            "tags": self.tags.iter().map(Tag::view).collect::<Vec<_>>(),
        })
    }

    fn human(&mut self, edit: Edit, now: Timestamp) -> Result<Value, String> {
        let now = normal::to_millis(now);
        let edited = human::edit(self, edit, now).map_err(|refusal| refusal.text());
        self.publish(now);
        edited
    }
}

pub(super) fn alphanumeric(random: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| random.alphanumeric()).collect()
}

pub(super) fn hex(random: &mut fastrand::Rng, length: usize) -> String {
    (0..length).map(|_| char::from_digit(random.u32(0..16), 16).unwrap_or('0')).collect()
}

pub(super) fn uuid(random: &mut fastrand::Rng) -> String {
    let mut part = |length| hex(random, length);
    format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
}
