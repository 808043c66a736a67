//! The club's own table of members, and its rules: what your application has already.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sync_core::jiff::Timestamp;

use crate::database::DatabaseError;

/// What the club knows of a member. There is no `Debug`, so that nobody shows in a log.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Member {
    /// Needed.
    pub name: String,
    /// No two members have the same, whatever the case.
    pub email: Option<String>,
    /// As they gave it.
    pub phone: Option<String>,
    /// Street and number.
    pub street: Option<String>,
    /// As the post spells it.
    pub postal_code: Option<String>,
    /// The town.
    pub town: Option<String>,
    /// What they do at the club, such as `Rowing`.
    pub section: Option<String>,
    /// The teams that they are in.
    pub teams: BTreeSet<String>,
}

/// A member's row.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The member.
    pub member: Member,
    /// When they joined.
    pub joined: Timestamp,
    /// When the row last changed; never goes back.
    pub changed: Timestamp,
    /// The table's revision at that change.
    pub revision: u64,
    /// What a sync finds a row by that it has inserted. No two rows have the same.
    pub marker: Option<String>,
}

/// All members.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberTable {
    rows: BTreeMap<u64, Row>,
    /// The numbers of those who have left, and the revision at which they did.
    left: BTreeMap<u64, u64>,
    /// The number last given out. No number is given out twice.
    last: u64,
    /// Grows with each change of the table.
    revision: u64,
}

/// A change that the table does not take. Names the field, and shows no value.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The field does not take this.
    #[error("{field} {why}")]
    Invalid {
        /// The field.
        field: String,
        /// What is wrong.
        why: &'static str,
    },
    /// This member has the same e-mail address, or the row the same marker.
    #[error("member {0} has the same e-mail address, and no two may")]
    Taken(u64),
    /// Nobody has this number, or not any more.
    #[error("nobody has the number {0}")]
    Gone(u64),
    /// The row has changed since it was seen.
    #[error("member {0} has changed meanwhile: look again")]
    Changed(u64),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Member {
    /// Every field that can be set, and its value.
    pub fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            // What has text for keys always serialises.
            _ => Map::new(),
        }
    }

    /// Sets one field. Null and an empty text clear it.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] for a field that is none, and for a value that it does not take.
    pub fn set(&mut self, field: &str, value: &Value) -> Result<(), Refusal> {
        let mut fields = self.fields();
        if fields.remove(field).is_none() {
            return Err(invalid(field, "is no field of a member that can be set"));
        }
        if !value.is_null() && value != "" {
            fields.insert(field.to_owned(), value.clone());
        }
        // The parser's own words may quote the value.
        *self = serde_json::from_value(fields.into())
            .map_err(|_| invalid(field, "does not take such a value"))?;
        Ok(())
    }
}

impl MemberTable {
    /// The row of the member with this number.
    pub fn get(&self, number: u64) -> Option<&Row> {
        self.rows.get(&number)
    }

    /// All rows with their numbers, in their order.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &Row)> {
        self.rows.iter().map(|(number, row)| (*number, row))
    }

    /// The numbers of those who have left after a revision of the table.
    pub fn left_since(&self, revision: u64) -> impl Iterator<Item = u64> {
        self.left.iter().filter(move |(_, at)| **at > revision).map(|(number, _)| *number)
    }

    /// The table's revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Enters a member, and gives their number.
    ///
    /// # Errors
    ///
    /// [`Refusal::Invalid`] and [`Refusal::Taken`].
    pub fn insert(&mut self, member: Member, marker: Option<&str>, now: Timestamp) -> Result<u64, Refusal> {
        let marked = marker.and_then(|_| self.rows().find(|(_, row)| row.marker.as_deref() == marker));
        if let Some((number, _)) = marked {
            return Err(Refusal::Taken(number));
        }
        let number = self.last + 1;
        self.check(number, &member)?;
        self.revision += 1;
        self.last = number;
        let (marker, revision) = (marker.map(str::to_owned), self.revision);
        self.rows.insert(number, Row { member, joined: now, changed: now, revision, marker });
        Ok(number)
    }

    /// Changes a member. With `seen`, the row must still have that revision.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; the row is then as it was.
    pub fn change(
        &mut self,
        number: u64,
        seen: Option<u64>,
        edit: impl FnOnce(&mut Member) -> Result<(), Refusal>,
        now: Timestamp,
    ) -> Result<&Row, Refusal> {
        let mut row = self.seen(number, seen)?.clone();
        let before = row.member.clone();
        edit(&mut row.member)?;
        if row.member != before {
            self.check(number, &row.member)?;
            self.revision += 1;
            (row.revision, row.changed) = (self.revision, now.max(row.changed));
        }
        Ok(self.rows.entry(number).insert_entry(row).into_mut())
    }

    /// Takes a member out. With `seen`, the row must still have that revision.
    ///
    /// # Errors
    ///
    /// [`Refusal::Gone`] and [`Refusal::Changed`].
    pub fn remove(&mut self, number: u64, seen: Option<u64>) -> Result<(), Refusal> {
        self.seen(number, seen)?;
        self.revision += 1;
        self.rows.remove(&number);
        self.left.insert(number, self.revision);
        Ok(())
    }

    fn seen(&self, number: u64, seen: Option<u64>) -> Result<&Row, Refusal> {
        let row = self.get(number).ok_or(Refusal::Gone(number))?;
        if seen.is_some_and(|seen| seen != row.revision) {
            return Err(Refusal::Changed(number));
        }
        Ok(row)
    }

    /// What must hold for every row.
    fn check(&self, number: u64, member: &Member) -> Result<(), Refusal> {
        if member.name.trim().is_empty() {
            return Err(invalid("name", "is needed"));
        }
        let Some(email) = member.email.as_ref().map(|email| email.to_lowercase()) else { return Ok(()) };
        if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) {
            return Err(invalid("email", "is no e-mail address"));
        }
        let same = |row: &Row| row.member.email.as_ref().is_some_and(|other| other.to_lowercase() == email);
        match self.rows().find(|(other, row)| *other != number && same(row)) {
            Some((other, _)) => Err(Refusal::Taken(other)),
            None => Ok(()),
        }
    }
}

fn invalid(field: &str, why: &'static str) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), why }
}
