use serde::Deserialize;

use super::null::null_as_default;
use crate::ids::UserId;

/// What a change of a contact's followers came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
#[non_exhaustive]
pub struct FollowersChange {
    /// All users who follow the contact now.
    pub followers: Vec<UserId>,
    /// Those who did not before, or no longer do.
    pub changed: Vec<UserId>,
}

impl FollowersChange {
    /// A change, for tests.
    pub fn new(followers: Vec<UserId>, changed: Vec<UserId>) -> Self {
        Self { followers, changed }
    }
}

/// The answer on the wire: to an addition, or to a removal.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "null_as_default")]
    followers: Vec<UserId>,
    #[serde(default, deserialize_with = "null_as_default")]
    followers_added: Vec<UserId>,
    #[serde(default, deserialize_with = "null_as_default")]
    followers_removed: Vec<UserId>,
}

impl From<Wire> for FollowersChange {
    fn from(wire: Wire) -> Self {
        Self { followers: wire.followers, changed: [wire.followers_added, wire.followers_removed].concat() }
    }
}
