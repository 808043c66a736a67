use std::fmt;

use super::world::{alphanumeric, hex, uuid};

/// What a client needs in order to call a sandbox. All of it follows from the seed.
///
/// `Debug` hides the secrets.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The OAuth app. The part before the `-` is the app's id.
    pub client_id: String,
    /// The OAuth app's secret.
    pub client_secret: String,
    /// An authorization code. Works once, for a location or, with `user_type=Company`, for the agency.
    pub code: String,
    /// An access token for [`location_id`](Self::location_id), good for a day.
    pub access_token: String,
    /// The refresh token that belongs to it.
    pub refresh_token: String,
    /// A private integration token for [`location_id`](Self::location_id).
    pub pit: String,
    /// An access token for the agency, good for a day.
    pub agency_token: String,
    /// The agency.
    pub company_id: String,
    /// The location that the tokens are for.
    pub location_id: String,
    /// A second location of the same agency. Only tokens that `POST /oauth/locationToken` issues reach it.
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
            client_secret: uuid(random),
            code: hex(random, 40),
            access_token: alphanumeric(random, 64),
            refresh_token: alphanumeric(random, 64),
            pit: format!("pit-{}", uuid(random)),
            agency_token: alphanumeric(random, 64),
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
