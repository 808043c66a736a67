use std::collections::BTreeSet;
use std::sync::Arc;

use ghl_contacts::{
    AppointmentId, Client, Error, ErrorKind, Granted, Scope, SearchContacts, UnauthorizedReason,
};
use sync_core::Observer;

use super::told::Told;
use crate::Result;
use crate::pair::Pair;

/// The login, the location, and what the token may do. Whether a sync can go on with them.
pub(super) async fn look(pair: &Pair, observer: Arc<dyn Observer>, told: &mut Told<'_>) -> Result<bool> {
    let settings = match pair.ghl(&observer).await {
        Ok(settings) => settings,
        Err(error) => {
            told.failed("HighLevel login", error, "change that in the settings, or where they say")?;
            return Ok(false);
        }
    };
    let client = match settings.client(observer) {
        Ok(client) => client,
        Err(error) => {
            told.failed("HighLevel login", error, "correct `url` or `location` in [pair.ghl]")?;
            return Ok(false);
        }
    };
    let has_token = pair.config.ghl.token.is_some();
    let connect = format!("run `sync-service connect ghl --pair {}`", pair.name());
    match client.identity().await {
        Ok(location) => {
            told.ok("HighLevel login", "accepted")?;
            let name = location.name.unwrap_or_else(|| "without a name".to_owned());
            told.ok("HighLevel location", format!("{name} ({})", location.id))?;
        }
        // Who lacks a scope is let in.
        Err(error) if lacks_scope(&error) => {
            told.ok("HighLevel login", "accepted")?;
            told.note("HighLevel location", "its name is not shown without locations.readonly", None)?;
        }
        Err(error) => {
            let mend = match (error.is_auth(), has_token) {
                (true, true) => {
                    "put a private integration token of this location where `token` in [pair.ghl] says; HighLevel \
                     makes them in the location's Settings, Private Integrations"
                }
                (true, false) => &connect,
                (false, _) => "see whether HighLevel can be reached from here, and try again",
            };
            told.failed("HighLevel login", error, mend)?;
            return Ok(false);
        }
    }
    let granted = if has_token { None } else { granted(pair).await? };
    match &granted {
        Some(granted) => scopes_granted(pair.scopes(), granted, &connect, told)?,
        None => scopes_tried(pair.scopes(), &client, told).await?,
    }
    Ok(!told.has_failed())
}

/// What `connect` was granted, if HighLevel said so.
async fn granted(pair: &Pair) -> Result<Option<BTreeSet<Scope>>> {
    let stored = pair.tokens().await?.load(&Client::account_key(&pair.location())).await?;
    Ok(stored.and_then(|tokens| Granted::of(&tokens.value).scopes))
}

fn scopes_granted(
    scopes: impl Iterator<Item = Scope>,
    granted: &BTreeSet<Scope>,
    connect: &str,
    told: &mut Told<'_>,
) -> Result<()> {
    for scope in scopes {
        if granted.contains(&scope) {
            told.ok(&name(&scope), "granted")?;
        } else {
            missing(
                &scope,
                "not granted",
                &format!("add it to the app at the marketplace, and {connect}"),
                told,
            )?;
        }
    }
    Ok(())
}

/// A private integration token does not say what it may do. What may be read is seen by reading.
async fn scopes_tried(
    scopes: impl Iterator<Item = Scope>,
    client: &Client,
    told: &mut Told<'_>,
) -> Result<()> {
    for scope in scopes {
        match read(client, &scope).await {
            None => told.note(&name(&scope), "cannot be seen without writing", None)?,
            Some(Ok(())) => told.ok(&name(&scope), "reads")?,
            Some(Err(error)) if error.is_auth() => {
                let mend = "add it to the private integration in HighLevel; the token stays the same";
                missing(&scope, &error.to_string(), mend, told)?;
            }
            Some(Err(error)) => {
                told.failed(
                    &name(&scope),
                    error,
                    "see whether HighLevel can be reached from here, and try again",
                )?;
            }
        }
    }
    Ok(())
}

/// Reads what a scope is for, and next to nothing of it. `None` for scopes that are for writing.
async fn read(client: &Client, scope: &Scope) -> Option<std::result::Result<(), Error>> {
    Some(match scope {
        Scope::ContactsRead => {
            client.contacts().search(SearchContacts::new().page_size(1)).page().await.map(drop)
        }
        Scope::LocationsRead => client.identity().await.map(drop),
        Scope::CustomFieldsRead => client.custom_fields().list().await.map(drop),
        Scope::BusinessesRead => client.businesses().list().page().await.map(drop),
        // There is no such appointment, and only who may read appointments is told so.
        Scope::CalendarEventsRead => match client.appointments().get(&AppointmentId::from("none")).await {
            Err(error) if is_refused_for_its_id(&error) => Ok(()),
            other => other.map(drop),
        },
        _ => return None,
    })
}

fn is_refused_for_its_id(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::BadRequest | ErrorKind::Validation)
}

fn missing(scope: &Scope, found: &str, mend: &str, told: &mut Told<'_>) -> Result<()> {
    match what_for(scope) {
        None => told.failed(&name(scope), found, mend),
        Some(what_for) => told.note(&name(scope), format!("missing; needed {what_for}"), None),
    }
}

/// What a scope is for that not every sync needs.
fn what_for(scope: &Scope) -> Option<&'static str> {
    match scope {
        Scope::LocationsRead => Some("to show the location's name"),
        Scope::CalendarEventsRead | Scope::CalendarEventsWrite => Some("for deliveries as appointments"),
        _ => None,
    }
}

fn name(scope: &Scope) -> String {
    format!("scope {scope}")
}

fn lacks_scope(error: &Error) -> bool {
    error.kind() == ErrorKind::Unauthorized(UnauthorizedReason::Scope)
}
