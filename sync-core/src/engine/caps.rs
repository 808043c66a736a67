use std::time::Duration;

use jiff::Timestamp;

/// What a collection can do, and how long its truths take. State it honestly: what the engine may believe, and how long
/// it waits, follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caps {
    /// Fields of which the service allows each value once, by their names in the mapping.
    pub unique: Vec<String>,
    /// How a record that was created can be found again.
    pub marker: MarkerKind,
    /// Whether sets such as tags are written by adding and removing members, each with a request of its own. Otherwise
    /// they are written whole, with the other fields.
    pub member_writes: bool,
    /// Whether records can be listed only under a parent, as the notes of a contact are.
    pub under_parent: bool,
    /// How exact [`Snapshot::modified_at`](super::Snapshot::modified_at) is, `None` if there is none or it means nothing.
    pub modified_at: Option<Duration>,
    /// How long one request may be under way, from sending to its effect.
    pub request_timeout: Duration,
    /// How long after a write [`Collection::get`](super::Collection::get) may still show what was there before.
    pub read_lag: Duration,
    /// How long a write takes until [`Collection::find`](super::Collection::find) and
    /// [`Collection::list`](super::Collection::list) see it.
    pub index_lag: Duration,
    /// How far behind its cursor a change feed is read again, because of clocks, time zones and the index's lag.
    pub overlap: Duration,
}

/// How a record that we created can be found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarkerKind {
    /// The service refuses a second record with the same marker: sending again is safe.
    Unique,
    /// The marker is in a field that can be searched.
    #[default]
    Searchable,
    /// There is no marker: only the record's own keys tell it.
    Keys {
        /// Whether a create is sent again if nothing is found by its keys. Otherwise a person decides.
        resend: bool,
    },
}

impl Caps {
    /// Nothing unique, searchable markers, sets written whole, records listed all at once and without a time of change,
    /// requests of at most 60 s, no lag, an overlap of 5 minutes.
    pub fn new() -> Self {
        Self {
            unique: Vec::new(),
            marker: MarkerKind::default(),
            member_writes: false,
            under_parent: false,
            modified_at: None,
            request_timeout: Duration::from_secs(60),
            read_lag: Duration::ZERO,
            index_lag: Duration::ZERO,
            overlap: Duration::from_secs(300),
        }
    }

    /// Sets the fields of which the service allows each value once.
    #[must_use]
    pub fn unique(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.unique = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how a record that was created can be found again.
    #[must_use]
    pub fn marker(mut self, kind: MarkerKind) -> Self {
        self.marker = kind;
        self
    }

    /// Writes sets by adding and removing members.
    #[must_use]
    pub fn member_writes(mut self) -> Self {
        self.member_writes = true;
        self
    }

    /// Says that records are listed under a parent only.
    #[must_use]
    pub fn under_parent(mut self) -> Self {
        self.under_parent = true;
        self
    }

    /// Says that records tell when they last changed, as exactly as this.
    #[must_use]
    pub fn modified_at(mut self, granularity: Duration) -> Self {
        self.modified_at = Some(granularity);
        self
    }

    /// Sets how long one request may be under way.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Sets how long a read may show what was there before a write.
    #[must_use]
    pub fn read_lag(mut self, lag: Duration) -> Self {
        self.read_lag = lag;
        self
    }

    /// Sets how long a write takes until searches and listings see it.
    #[must_use]
    pub fn index_lag(mut self, lag: Duration) -> Self {
        self.index_lag = lag;
        self
    }

    /// Sets how far behind its cursor a change feed is read again.
    #[must_use]
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = overlap;
        self
    }

    /// When it can be found out what became of a write that was not sent after `send_by`.
    pub(crate) fn known_at(&self, send_by: Timestamp) -> Timestamp {
        send_by.checked_add(self.quarantine()).unwrap_or(Timestamp::MAX)
    }

    /// How long after the last moment of sending a request has taken effect and is visible everywhere.
    pub fn quarantine(&self) -> Duration {
        self.request_timeout + self.index_lag.max(self.read_lag)
    }
}

impl Default for Caps {
    fn default() -> Self {
        Self::new()
    }
}
