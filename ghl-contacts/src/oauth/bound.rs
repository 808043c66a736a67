//! Tokens that are for one location and no other.

use std::time::Duration;

use async_trait::async_trait;
use sync_core::{Refresh, RefreshError, TokenSet};

use super::{GhlOAuth, Granted};
use crate::ids::LocationId;

/// Renews the tokens of a location.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) oauth: GhlOAuth,
    pub(super) location: LocationId,
}

#[async_trait]
impl Refresh for Bound {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        for_location(self.oauth.refresh(current).await?, &self.location)
    }

    fn time_limit(&self) -> Duration {
        self.oauth.time_limit()
    }
}

/// The tokens, unless they name another location: kept, they would send one location's records to another.
pub(super) fn for_location(tokens: TokenSet, wanted: &LocationId) -> Result<TokenSet, RefreshError> {
    match Granted::of(&tokens).location {
        Some(granted) if granted != *wanted => Err(RefreshError::Misconfigured(format!(
            "it gave tokens for location {granted}, not for {wanted}"
        ))),
        _ => Ok(tokens),
    }
}
