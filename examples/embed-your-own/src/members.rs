//! The members as an engine takes them. This is what you write for your own records.

use std::time::Duration;

use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, FaultKind, ListPage, Marker, MarkerKind, PageToken, Part,
    Probe, Raw, Read, RecordId, RecordRef, Scope, Snapshot, WriteError, Written, normalise,
};
use sync_core::{AccountKey, async_trait};

use crate::club::{Member, MemberTable, Refusal, Row};
use crate::database::{Database, DatabaseError, PATIENCE};

/// How many members a page holds.
const PAGE: usize = 100;

/// The members of the club in a [`Database`].
///
/// Fields go by the names of [`Member`]; `number` and `joined` are read only. A row has a version, so a write never goes
/// over an edit that nobody has seen, and a unique marker, so a create that was not answered can simply be sent again.
#[derive(Debug)]
pub struct Members {
    database: Database,
    caps: Caps,
}

impl Members {
    /// The members in `database`.
    pub fn new(database: Database) -> Self {
        let caps = Caps::new()
            .unique(["email"])
            .marker(MarkerKind::Unique)
            .modified_at(Duration::from_millis(1))
            // A write is on the disk when it returns, and every read sees it. It may have waited for the lock before.
            .request_timeout(PATIENCE + Duration::from_secs(5))
            .read_lag(Duration::ZERO)
            .index_lag(Duration::ZERO);
        Self { database, caps }
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&MemberTable) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        Ok(self.database.read(|tables| look(&tables.members)).await?)
    }
}

#[async_trait]
impl Collection for Members {
    fn name(&self) -> &'static str {
        "members"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    /// A database that was put in place of another is another account: what is known of one says nothing of the other.
    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(self.database.read(|tables| AccountKey::new("club", &tables.id)).await?)
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let after = page.map(number_of).transpose()?.unwrap_or(0);
        self.read(move |members| {
            let rows = members.rows().filter(|(number, _)| *number > after);
            let (records, next) =
                page_of(rows.map(|(number, row)| (number, snapshot(number, row))).collect());
            ListPage { records, next }
        })
        .await
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let Some(number) = number(at) else { return Ok(Read::Gone) };
        self.read(move |members| members.get(number).map(|row| snapshot(number, row)).into()).await
    }

    fn is_searchable(&self, field: &str) -> bool {
        ["email", "phone"].contains(&field)
    }

    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let hits: Box<dyn Fn(&Row) -> bool + Send> = match by.clone() {
            Probe::Marker(marker) => Box::new(move |row| row.marker.as_deref() == Some(marker.as_str())),
            Probe::Field { name, value } if name == "email" => {
                Box::new(move |row| is(row.member.email.as_deref(), normalise::email, &value))
            }
            Probe::Field { name, value } if name == "phone" => {
                Box::new(move |row| is(row.member.phone.as_deref(), normalise::phone, &value))
            }
            _ => return Err(Fault::new(FaultKind::Broken, "members cannot be searched like this")),
        };
        self.read(move |members| {
            let rows = members.rows().filter(|(_, row)| hits(row)).take(limit);
            rows.map(|(number, row)| snapshot(number, row)).collect()
        })
        .await
    }

    async fn create(&self, _: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let (raw, marker) = (raw.clone(), marker.clone());
        let change = self.database.change(move |tables, now| {
            let mut member = Member::default();
            set_all(&mut member, &raw)?;
            let number = tables.members.insert(member, Some(marker.as_str()), now)?;
            Ok::<_, Refusal>(written(number, tables.members.get(number)))
        });
        Ok(change.await?)
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        let Part::Fields(raw) = part.clone() else {
            let fault = Fault::new(FaultKind::Broken, "the sets of members are written whole");
            return Err(WriteError::NotApplied(fault));
        };
        let (number, revision) = (number(&seen.at).ok_or_else(gone)?, revision(seen));
        let change = self.database.change(move |tables, now| {
            let row = tables.members.change(number, revision, |member| set_all(member, &raw), now)?;
            Ok::<_, Refusal>(written(number, Some(row)))
        });
        Ok(change.await?)
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        let (number, revision) = (number(&seen.at).ok_or_else(gone)?, revision(seen));
        Ok(self.database.change(move |tables, _| tables.members.remove(number, revision)).await?)
    }

    /// By the table's revision. A cursor that is ahead of it is from before a backup was restored: then all may have
    /// changed.
    async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let since = match since {
            None => None,
            Some(Cursor::Token(token)) => Some(token.parse::<u64>().map_err(|_| broken("cursor"))?),
            Some(Cursor::Time(_)) => return Err(broken("cursor")),
        };
        let after = page.map(number_of).transpose()?;
        self.read(move |members| {
            let now = members.revision();
            let cursor = Cursor::Token(now.to_string());
            let Some(since) = since.map(|since| if since > now { 0 } else { since }) else {
                return Some(ChangePage { records: Vec::new(), gone: Vec::new(), next: None, cursor });
            };
            let from = after.unwrap_or(since);
            let mut rows: Vec<_> = members.rows().filter(|(_, row)| row.revision > from).collect();
            rows.sort_by_key(|(_, row)| row.revision);
            let rows = rows.into_iter().map(|(number, row)| (row.revision, snapshot(number, row)));
            let (records, next) = page_of(rows.collect());
            // Those who have left are few, and all on the first page.
            let left = members.left_since(since).filter(|_| after.is_none());
            let gone = left.map(|number| RecordRef::top(RecordId::new(number))).collect();
            Some(ChangePage { records, gone, next, cursor })
        })
        .await
    }

    async fn count(&self, _: &Scope) -> Result<Option<u64>, Fault> {
        self.read(|members| u64::try_from(members.rows().count()).ok()).await
    }
}

/// A member as the engine sees them. A field without a value is null, and not left out: that would mean that nobody knows.
fn snapshot(number: u64, row: &Row) -> Snapshot {
    let mut raw = row.member.fields();
    raw.insert("number".to_owned(), number.to_string().into());
    raw.insert("joined".to_owned(), row.joined.to_string().into());
    let mut snapshot = Snapshot::new(RecordRef::top(RecordId::new(number)), raw)
        .with_marker(row.marker.as_deref().map(Marker::new));
    snapshot.created_at = Some(row.joined);
    snapshot.modified_at = Some(row.changed);
    snapshot.version = Some(row.revision.to_string());
    snapshot
}

fn written(number: u64, row: Option<&Row>) -> Written {
    Written { id: RecordId::new(number), stored: row.map(|row| snapshot(number, row)) }
}

fn set_all(member: &mut Member, raw: &Raw) -> Result<(), Refusal> {
    raw.iter().try_for_each(|(field, value)| member.set(field, value))
}

/// The first [`PAGE`] of these records, and the key after which the next page begins.
fn page_of(mut keyed: Vec<(u64, Snapshot)>) -> (Vec<Snapshot>, Option<PageToken>) {
    let more = keyed.len() > PAGE;
    keyed.truncate(PAGE);
    let next = keyed.last().filter(|_| more).map(|(key, _)| PageToken(key.to_string()));
    (keyed.into_iter().map(|(_, record)| record).collect(), next)
}

fn number_of(page: &PageToken) -> Result<u64, Fault> {
    page.0.parse().map_err(|_| broken("page"))
}

fn number(at: &RecordRef) -> Option<u64> {
    at.id.as_str().parse().ok()
}

fn revision(seen: &Snapshot) -> Option<u64> {
    seen.version.as_ref().and_then(|version| version.parse().ok())
}

/// Whether a field has this value, which is normalised already.
fn is(has: Option<&str>, normalise: fn(&str) -> normalise::Normalised, value: &str) -> bool {
    has.is_some_and(|has| normalise(has).is_ok_and(|has| has.as_deref() == Some(value)))
}

fn broken(what: &str) -> Fault {
    Fault::new(FaultKind::Broken, format!("this {what} is none of the members'"))
}

fn gone() -> WriteError {
    WriteError::NotApplied(Fault::new(FaultKind::Gone, "members have numbers, and this is none"))
}

impl From<DatabaseError> for Fault {
    fn from(error: DatabaseError) -> Self {
        let kind = match &error {
            DatabaseError::Damaged(_) => FaultKind::Broken,
            DatabaseError::Unavailable(_) | DatabaseError::Unsure(_) => FaultKind::Transient,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

impl From<Refusal> for WriteError {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Taken(number) => return Self::Exists(RecordId::new(number)),
            Refusal::Database(error @ DatabaseError::Unsure(_)) => return Self::Unknown(error.into()),
            Refusal::Database(error) => return Self::NotApplied(error.into()),
            Refusal::Invalid { .. } => FaultKind::Invalid,
            Refusal::Gone(_) => FaultKind::Gone,
            Refusal::Changed(_) => FaultKind::Changed,
        };
        Self::NotApplied(Fault::new(kind, refusal.to_string()).with_source(refusal))
    }
}
