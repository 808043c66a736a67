use std::sync::Arc;

use moloni_ghl::BridgeError;
use sync_core::Observer;

use super::told::Told;
use crate::Result;
use crate::pair::Pair;

/// The login, and the company. Whether a sync can go on with them.
pub(super) async fn look(pair: &Pair, observer: Arc<dyn Observer>, told: &mut Told<'_>) -> Result<bool> {
    let settings = match pair.moloni(&observer).await {
        Ok(settings) => settings,
        Err(error) => {
            told.failed("Moloni login", error, "change that in the settings, or where they say")?;
            return Ok(false);
        }
    };
    let connect = format!("run `sync-service connect moloni --pair {}`", pair.name());
    let has_password = matches!(pair.moloni_login(), Ok(Some(_)));
    let mend = if has_password {
        "correct `username`, or what `password` and `client_secret` name; three wrong ones lock the login"
    } else {
        &connect
    };
    let reach = "see whether Moloni can be reached from here, and try again";
    let client = match settings.client(observer).await {
        Ok(client) => client,
        Err(error) => {
            let mend = if matches!(error, BridgeError::Login(_)) { mend } else { reach };
            told.failed("Moloni login", error, mend)?;
            return Ok(false);
        }
    };
    match client.identity().await {
        Ok(company) => {
            told.ok("Moloni login", "accepted")?;
            told.ok("Moloni company", format!("{} ({})", company.name, company.company_id))?;
            Ok(true)
        }
        // Tokens that `connect` has stored are seen only now.
        Err(error) if error.is_auth() && error.kind() != moloni_client::ErrorKind::WrongAccount => {
            told.failed("Moloni login", error, mend)?;
            Ok(false)
        }
        Err(error) if error.is_auth() || error.is_not_found() => {
            told.ok("Moloni login", "accepted")?;
            let mend = "set `company` in [pair.moloni] to one that this login reaches";
            told.failed("Moloni company", format!("{}: {error}", pair.company()), mend)?;
            Ok(false)
        }
        Err(error) => {
            told.failed("Moloni company", error, reach)?;
            Ok(false)
        }
    }
}
