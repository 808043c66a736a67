/// The API version that a call asks for, by its `Version` header. HighLevel refuses a call without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ApiVersion {
    /// `2021-07-28`: what the Contacts API is described for.
    #[default]
    V2021_07_28,
    /// `2021-04-15`: what the calendar endpoints are described for.
    V2021_04_15,
}

impl ApiVersion {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2021_07_28 => "2021-07-28",
            Self::V2021_04_15 => "2021-04-15",
        }
    }
}
