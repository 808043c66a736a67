//! A location's tokens that follow from its agency's.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use sync_core::http::{CallOptions, HttpClient, Method, Operation, Request, Verdict};
use sync_core::{Idempotency, Refresh, RefreshError, TokenSet};

use super::bound::{Bound, for_location};
use super::{GRANT_TIME, GhlOAuth, REFRESH_LIFE};
use crate::error::{Error, ErrorKind};
use crate::ids::{CompanyId, LocationId};
use crate::version::{ApiVersion, VERSION};

/// A further token takes nothing from those that were given before.
const LOCATION_TOKEN: Operation =
    Operation::new("oauth.location_token", Method::POST, "/oauth/locationToken", Idempotency::Idempotent);

#[derive(Debug)]
pub(super) struct Derived {
    own: Bound,
    /// Sends the agency's token.
    agency: HttpClient,
    company: CompanyId,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(deserialize_with = "secret")]
    access_token: SecretString,
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "optional_secret")]
    refresh_token: Option<SecretString>,
    scope: Option<String>,
    #[serde(rename = "locationId")]
    location: Option<String>,
    #[serde(rename = "userId")]
    user: Option<String>,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(Into::into)
}

fn optional_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Into::into))
}

impl Derived {
    pub(super) fn new(
        oauth: GhlOAuth,
        agency: &HttpClient,
        company: CompanyId,
        location: LocationId,
    ) -> Self {
        let options = CallOptions::new().timeout(Duration::from_secs(8));
        // The agency's own tokens may have to be renewed on the way.
        let agency = agency.with(options.deadline(GRANT_TIME * 2));
        Self { own: Bound { oauth, location }, agency, company }
    }

    async fn derive(&self) -> Result<TokenSet, RefreshError> {
        let fields = [("companyId", self.company.as_str()), ("locationId", self.own.location.as_str())];
        let request =
            Request::new(&LOCATION_TOKEN).header(VERSION, ApiVersion::default().as_str()).form(fields);
        let reply = self.agency.send(request).await.map_err(|error| match error.token_error() {
            Some(error) => RefreshError::Source(Box::new(error.clone())),
            None => failed(&Error::transport(error)),
        })?;
        if reply.verdict != Verdict::Success {
            return Err(failed(&Error::refused(&LOCATION_TOKEN, &reply)));
        }
        let answer: Answer =
            reply.json().map_err(|error| failed(&Error::decode(&LOCATION_TOKEN, &reply, error)))?;
        let named = answer.location.filter(|id| !id.is_empty());
        let location = named.unwrap_or_else(|| self.own.location.to_string());
        // The answer names neither the agency nor the class.
        let mut tokens = TokenSet::new(answer.access_token, self.agency.env().now())
            .detail("userType", "Location")
            .detail("locationId", location)
            .detail("companyId", self.company.as_str());
        if let Some(life) = answer.expires_in {
            tokens = tokens.expires_in(Duration::from_secs(life));
        }
        if let Some(refresh) = answer.refresh_token.filter(|token| !token.expose_secret().is_empty()) {
            tokens = tokens.refresh_token(refresh).refresh_expires_in(REFRESH_LIFE);
        }
        for (name, value) in [("scope", answer.scope), ("userId", answer.user)] {
            if let Some(value) = value {
                tokens = tokens.detail(name, value);
            }
        }
        for_location(tokens, &self.own.location)
    }
}

fn failed(error: &Error) -> RefreshError {
    if error.is_retryable() || error.kind() == ErrorKind::Decode {
        RefreshError::Unavailable(error.to_string())
    } else {
        RefreshError::Misconfigured(error.to_string())
    }
}

#[async_trait]
impl Refresh for Derived {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        match self.own.refresh(current).await {
            // None, one that an older copy of the pair used up, or one that an app of before was given: the agency can
            // give another.
            Err(RefreshError::Rejected(_) | RefreshError::Misconfigured(_)) => self.derive().await,
            result => result,
        }
    }

    async fn obtain(&self) -> Result<Option<TokenSet>, RefreshError> {
        self.derive().await.map(Some)
    }

    fn time_limit(&self) -> Duration {
        GRANT_TIME * 3
    }
}
