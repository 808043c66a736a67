use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Answer;

use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

pub(super) const CREATE_BY_HAND: Schema = &[&[
    Field::text("name").required(),
    Field::new("email", Kind::Email),
    Field::new("type", Kind::OneOf(&["agency", "account"])),
    Field::new("role", Kind::OneOf(&["admin", "user"])),
    Field::new("locationIds", Kind::Texts),
]];
pub(super) const SEARCH: &[(&str, bool)] = &[
    ("companyId", true),
    ("query", false),
    ("skip", false),
    ("limit", false),
    ("locationId", false),
    ("type", false),
    ("role", false),
    ("ids", false),
    ("sort", false),
    ("sortDirection", false),
    ("enabled2waySync", false),
];

/// A user of the agency or of some of its locations.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) name: String,
    email: String,
    kind: String,
    role: String,
    locations: Vec<String>,
}

impl User {
    /// A user from a body that has passed validation; of `location` unless the body says otherwise.
    pub(super) fn new(id: String, location: &str, body: &Map<String, Value>) -> Self {
        let text =
            |name: &str, default: &str| body.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
        let named = body.get("locationIds").and_then(Value::as_array);
        let locations = named.map(|ids| ids.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Self {
            id,
            name: text("name", ""),
            email: text("email", ""),
            kind: text("type", "account"),
            role: text("role", "user"),
            locations: locations.unwrap_or_else(|| vec![location.to_owned()]),
        }
    }

    pub(super) fn view(&self) -> Value {
        let (first, last) = self.name.split_once(' ').unwrap_or((&self.name, ""));
        json!({
            "id": self.id,
            "name": self.name,
            "firstName": first,
            "lastName": last,
            "email": self.email,
            "phone": "",
            "extension": "",
            "deleted": false,
            "permissions": {},
            "roles": { "type": self.kind, "role": self.role, "locationIds": self.locations },
        })
    }
}

/// A location's token finds the users of its location only.
pub(super) fn search(world: &mut World, call: &Call<'_>) -> Reply {
    let query = |name: &str| call.request.query(name);
    if query("companyId") != Some(&world.credentials.company_id) {
        return Err(Refusal::other_company());
    }
    let (skip, limit) = (call.number("skip", 0, usize::MAX)?, call.number("limit", 25, 100)?);
    let location = query("locationId").or(Some(call.location()).filter(|id| !id.is_empty()));
    let wanted = query("query").unwrap_or_default().to_lowercase();
    let mut found: Vec<&User> = world
        .users
        .iter()
        .filter(|u| location.is_none_or(|id| u.locations.iter().any(|own| own == id)))
        .filter(|u| query("type").is_none_or(|kind| kind == u.kind))
        .filter(|u| query("role").is_none_or(|role| role == u.role))
        .filter(|u| query("ids").is_none_or(|ids| ids.split(',').any(|id| id == u.id)))
        .filter(|u| format!("{} {}", u.name, u.email).to_lowercase().contains(&wanted))
        .collect();
    found.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    if query("sortDirection") == Some("desc") {
        found.reverse();
    }
    let count = found.len();
    let page: Vec<Value> = found.into_iter().skip(skip).take(limit).map(User::view).collect();
    Ok(Answer::json(200, json!({ "users": page, "count": count })))
}
