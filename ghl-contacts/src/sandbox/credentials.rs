use std::fmt;

use super::world::{alphanumeric, hex, uuid};

/// What every secret begins with, after the `pit-` of a private integration token.
const MARK: &str = "s3cr3t";

fn marked(random: &str) -> String {
    format!("{MARK}{}", random.get(MARK.len()..).unwrap_or_default())
}

/// A new access or refresh token.
pub(super) fn token(random: &mut fastrand::Rng) -> String {
    marked(&alphanumeric(random, 64))
}

/// A new authorization code.
pub(super) fn code(random: &mut fastrand::Rng) -> String {
    marked(&hex(random, 40))
}

/// What a client needs in order to call a sandbox. All of it follows from the seed.
///
/// Every secret has `s3cr3t` in it, and so have the tokens that the sandbox issues later: search your own logs and
/// errors for it. `Debug` hides the secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The OAuth app. The part before the `-` is the app's id.
    pub client_id: String,
    /// The OAuth app's secret.
    pub client_secret: String,
    /// An authorization code with all scopes, as if the page had given it. It works once, for
    /// [`location_id`](Self::location_id) or, with `user_type=Company`, for the agency, and never expires.
    pub code: String,
    /// An access token for [`location_id`](Self::location_id) with all scopes, good for a day.
    pub access_token: String,
    /// The refresh token that belongs to it.
    pub refresh_token: String,
    /// A private integration token for [`location_id`](Self::location_id) with all scopes.
    pub pit: String,
    /// An access token for the agency with all scopes, good for a day.
    pub agency_token: String,
    /// The agency.
    pub company_id: String,
    /// The location that the tokens are for.
    pub location_id: String,
    /// A second location of the same agency. A token for it comes from `POST /oauth/locationToken`, or from a code
    /// for which the person on the page chose it.
    pub other_location_id: String,
    /// A user.
    pub user_id: String,
    /// A calendar.
    pub calendar_id: String,
    /// The one campaign that contacts can join.
    pub campaign_id: String,
    /// The one workflow that contacts can join.
    pub workflow_id: String,
    /// The one business that contacts can belong to.
    pub business_id: String,
}

impl Credentials {
    pub(super) fn invent(random: &mut fastrand::Rng) -> Self {
        Self {
            client_id: format!("{}-{}", hex(random, 24), alphanumeric(random, 8).to_lowercase()),
            client_secret: marked(&uuid(random)),
            code: code(random),
            access_token: token(random),
            refresh_token: token(random),
            pit: format!("pit-{}", marked(&uuid(random))),
            agency_token: token(random),
            company_id: alphanumeric(random, 20),
            location_id: alphanumeric(random, 20),
            other_location_id: alphanumeric(random, 20),
            user_id: alphanumeric(random, 20),
            calendar_id: alphanumeric(random, 20),
            campaign_id: alphanumeric(random, 20),
            workflow_id: uuid(random),
            business_id: hex(random, 24),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .field("company_id", &self.company_id)
            .field("location_id", &self.location_id)
            .finish_non_exhaustive()
    }
}
