use sync_core::http::{HeaderName, Operation};

/// The header that names the version.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("version");

/// The API version that a call asks for, by its `Version` header. HighLevel refuses a call without it.
///
/// Each operation is described for one of them, and asks for that unless the client is told otherwise. Where the
/// versions spell something differently, this crate writes the one that is asked for and reads all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ApiVersion {
    /// `2021-07-28`: what contacts, locations, businesses and users are described for.
    #[default]
    V2021_07_28,
    /// `2021-04-15`: what the calendar endpoints are described for.
    V2021_04_15,
    /// `v3`, of June 2026. It has no `GET /contacts/`.
    V3,
}

impl ApiVersion {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2021_07_28 => "2021-07-28",
            Self::V2021_04_15 => "2021-04-15",
            Self::V3 => "v3",
        }
    }

    /// The version that an operation is described for.
    pub(crate) fn described_for(operation: &Operation) -> Self {
        if operation.template().starts_with("/calendars/") { Self::V2021_04_15 } else { Self::V2021_07_28 }
    }
}
