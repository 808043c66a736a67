use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

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

    pub(super) fn view(&self, world: &World) -> Value {
        json!({
            "id": self.id,
            "companyId": world.credentials.company_id,
            "name": self.name,
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
