//! Issuing tokens.

use jiff::Timestamp;
use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::auth::{ACCESS_LIFE, Grant, Holder, Presented};
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

const GRANTS: &[&str] = &["authorization_code", "refresh_token", "client_credentials"];

pub(super) const TOKEN: Schema = &[&[
    Field::text("client_id").required(),
    Field::text("client_secret").required(),
    Field::new("grant_type", Kind::OneOf(GRANTS)).required(),
    Field::text("code"),
    Field::text("refresh_token"),
    Field::new("user_type", Kind::OneOf(&["Company", "Location"])),
    Field::text("redirect_uri"),
]];
pub(super) const LOCATION_TOKEN: Schema =
    &[&[Field::text("companyId").required(), Field::text("locationId").required()]];

fn invalid_grant(description: &str) -> Refusal {
    Refusal::oauth(400, "invalid_grant", description)
}

impl World {
    /// Part of the client id, which is `{app}-{suffix}`.
    pub(super) fn app_id(&self) -> &str {
        self.credentials.client_id.split('-').next().unwrap_or_default()
    }

    fn refuse_inactive(&self, location: &str) -> Result<(), Refusal> {
        if self.locations.get(location).is_some_and(|l| !l.active) {
            return Err(Refusal::bad_request("Location is not active"));
        }
        Ok(())
    }

    /// Issues a pair; the answer carries it in the form of the token endpoint.
    fn issue(&mut self, grant: &Grant, now: Timestamp) -> Value {
        let (access, refresh) = (self.new_token(), self.new_token());
        self.tokens.add_access(&access, grant.clone(), now);
        self.tokens.add_refresh(&refresh, grant.clone(), now);
        let mut body = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFE,
            "refresh_token": refresh,
            "refreshTokenId": self.new_refresh_id(),
            "scope": grant.scopes.to_string(),
            "companyId": self.credentials.company_id,
            "userId": self.credentials.user_id,
            "planId": null,
        });
        let more = match &grant.holder {
            Holder::Location(id) => {
                json!({ "userType": "Location", "locationId": id, "isBulkInstallation": false })
            }
            Holder::Company => json!({
                "userType": "Company",
                "isBulkInstallation": true,
                "installToFutureLocations": false,
                "approveAllLocations": true,
                "approvedLocations": self.locations.keys().collect::<Vec<_>>(),
            }),
        };
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        body
    }
}

pub(super) fn token(world: &mut World, call: &Call<'_>) -> Reply {
    let client = (call.text("client_id"), call.text("client_secret"));
    if client != (Some(&world.credentials.client_id), Some(&world.credentials.client_secret)) {
        return Err(Refusal::oauth(401, "invalid_client", "Invalid client credentials!"));
    }
    let needed = |name: &str| {
        let missing = || Refusal::unprocessable(vec![format!("{name} should not be empty")]);
        call.text(name).filter(|text| !text.is_empty()).ok_or_else(missing)
    };
    match call.text("grant_type") {
        Some("authorization_code") => exchange(world, call, needed("code")?),
        Some("refresh_token") => refresh(world, call, needed("refresh_token")?),
        _ => Err(Refusal::oauth(400, "unsupported_grant_type", "Unsupported grant type")),
    }
}

/// A code that is refused stays good: the caller may have mistyped its own address.
fn exchange(world: &mut World, call: &Call<'_>, code: &str) -> Reply {
    let found = world.tokens.present_code(code, call.text("redirect_uri"), call.now);
    let found = found.map_err(invalid_grant)?;
    let holder = if call.text("user_type") == Some("Company") {
        Holder::Company
    } else {
        world.refuse_inactive(&found.location)?;
        Holder::Location(found.location)
    };
    world.tokens.spend_code(code);
    world.tell_of_install(&holder);
    let grant = Grant { holder, scopes: found.scopes };
    Ok(Answer::json(200, world.issue(&grant, call.now)).with_effect())
}

fn refresh(world: &mut World, call: &Call<'_>, token: &str) -> Reply {
    let grant = match world.tokens.present_refresh(token, call.now) {
        Presented::Dead => return Err(invalid_grant("This refresh token is invalid")),
        Presented::Again(answer) => return Ok(Answer::json(200, answer)),
        Presented::Fresh(grant) => grant,
    };
    let class = match &grant.holder {
        Holder::Location(_) => "Location",
        Holder::Company => "Company",
    };
    if call.text("user_type").is_some_and(|wanted| wanted != class) {
        return Err(Refusal::unauthorized("User type mismatch"));
    }
    if let Holder::Location(id) = &grant.holder {
        world.refuse_inactive(id)?;
    }
    let answer = world.issue(&grant, call.now);
    world.tokens.mark_used(token, call.now, answer.clone());
    Ok(Answer::json(200, answer).with_effect())
}

/// The answer names neither the company nor the user type.
pub(super) fn location_token(world: &mut World, call: &Call<'_>) -> Reply {
    if call.text("companyId") != Some(&world.credentials.company_id) {
        return Err(Refusal::other_company());
    }
    let id = call.text("locationId").unwrap_or_default().to_owned();
    if !world.locations.contains_key(&id) {
        return Err(Refusal::bad_request("Location not found"));
    }
    world.refuse_inactive(&id)?;
    let agency = call.access.as_ref().map(|access| access.grant.scopes.of_location());
    let grant = Grant { holder: Holder::Location(id), scopes: agency.unwrap_or_default() };
    let mut body = world.issue(&grant, call.now);
    if let Some(body) = body.as_object_mut() {
        for absent in ["companyId", "userType", "refreshTokenId", "isBulkInstallation"] {
            body.remove(absent);
        }
        body.insert("appId".to_owned(), json!(world.app_id()));
        body.insert("versionId".to_owned(), json!(world.app_id()));
    }
    Ok(Answer::json(200, body).with_effect())
}
