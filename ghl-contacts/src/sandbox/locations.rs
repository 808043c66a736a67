use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::normal::slug;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

pub(super) const SEARCH: &[(&str, bool)] =
    &[("companyId", false), ("skip", false), ("limit", false), ("order", false), ("email", false)];
/// What a person can change about a location here.
pub(super) const UPDATE_BY_HAND: Schema =
    &[&[Field::text("name"), Field::text("timezone"), Field::new("active", Kind::Bool)]];

/// A location of the agency, called sub-account in the web application.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) timezone: String,
    /// A location that is not active gets no new tokens.
    pub(super) active: bool,
}

impl Location {
    pub(super) fn new(id: &str, name: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), timezone: "Europe/Lisbon".to_owned(), active: true }
    }

    /// `ola@` and the name: no two locations share one.
    fn email(&self) -> String {
        format!("ola@{}.example.pt", slug(&self.name).replace('_', "-"))
    }

    pub(super) fn view(&self, world: &World) -> Value {
        json!({
            "id": self.id,
            "companyId": world.credentials.company_id,
            "name": self.name,
            "email": self.email(),
            "phone": "+351220000000",
            "website": "https://example.pt",
            "address": "Rua do Cais 12",
            "city": "Porto",
            "state": "Porto",
            "country": "PT",
            "postalCode": "4050-001",
            "timezone": self.timezone,
            "settings": {
                "allowDuplicateContact": world.allow_duplicates,
                "allowDuplicateOpportunity": false,
                "allowFacebookNameMerge": false,
                "disableContactTimezone": false,
                "contactUniqueIdentifiers": ["email", "phone"],
            },
            "business": {},
            "social": {},
            "reseller": {},
        })
    }
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    let location = world.locations.get(call.param(0)).ok_or_else(|| Refusal::not_found("Location"))?;
    Ok(Answer::json(200, json!({ "location": location.view(world) })))
}

/// Names the agency of none. A location's token finds its location only.
pub(super) fn search(world: &mut World, call: &Call<'_>) -> Reply {
    let query = |name: &str| call.request.query(name);
    if query("companyId").is_some_and(|id| id != world.credentials.company_id) {
        return Err(Refusal::other_company());
    }
    let (skip, limit) = (call.number("skip", 0, usize::MAX)?, call.number("limit", 10, 100)?);
    let own = Some(call.location()).filter(|id| !id.is_empty());
    let mut found: Vec<&Location> = world
        .locations
        .values()
        .filter(|l| own.is_none_or(|id| id == l.id) && query("email").is_none_or(|email| email == l.email()))
        .collect();
    found.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    if query("order") == Some("desc") {
        found.reverse();
    }
    let page = found.into_iter().skip(skip).take(limit).map(|location| {
        let mut view = location.view(world);
        if let Some(view) = view.as_object_mut() {
            for absent in ["companyId", "business", "reseller"] {
                view.remove(absent);
            }
        }
        view
    });
    Ok(Answer::json(200, json!({ "locations": page.collect::<Vec<_>>() })))
}
