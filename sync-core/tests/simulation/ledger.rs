//! What people did and what the engine did to it: the truth against which a history is checked.
//!
//! Every value that a person types is new, and begins with a token (`u17`), which survives cutting. So a token says who
//! typed a value, wherever it turns up.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::engine::{Agreed, Link, PendingOp, Side};

use crate::service::{Contents, FIELDS};
use crate::world::millis;

pub(crate) fn token(value: &str) -> Option<&str> {
    let token = value.split(['.', '@']).next()?;
    token
        .strip_prefix('u')
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))?;
    Some(token)
}

#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) side: Side,
    pub(crate) record: String,
    pub(crate) field: &'static str,
    pub(crate) value: String,
    pub(crate) at: u64,
    /// Back to what was there before: compared with what was agreed on, nothing may have happened.
    pub(crate) undone: bool,
}

/// An edit that the engine wrote over.
#[derive(Debug, Clone)]
pub(crate) struct Overwritten {
    pub(crate) edit: usize,
    /// Whether it was made after the engine last saw the record: within the round trip, or hidden by lagging reads.
    pub(crate) unseen: bool,
    /// Whether the other side had it before.
    pub(crate) delivered: bool,
    pub(crate) by: String,
    pub(crate) at: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) edits: Vec<Edit>,
    /// The edit that made a field what it is, if a person did.
    current: BTreeMap<(Side, String, &'static str), usize>,
    /// On which sides a token has been.
    been_on: BTreeMap<String, BTreeSet<Side>>,
    pub(crate) overwritten: Vec<Overwritten>,
    /// What the engine last saw.
    last_seen: BTreeMap<(Side, String, &'static str), String>,
    /// When members were removed by a person.
    pub(crate) removed: BTreeMap<String, (Side, u64)>,
    /// Members that a person's edit is not seen to stay, because it was made within a round trip.
    pub(crate) unseen_members: BTreeSet<String>,
    /// Members whose removal undid what the engine did not know it had done.
    pub(crate) undone_members: BTreeSet<String>,
    /// The members that the engine last saw.
    seen_members: BTreeMap<(Side, String), BTreeSet<String>>,
    /// When members were added by a person.
    pub(crate) added: BTreeMap<String, (Side, String, u64)>,
    /// Values that the service silently refused in favour of an edit that the engine could not see.
    pub(crate) lost_to_unseen: BTreeSet<String>,
    /// When a record of ours whose create was not answered was recognised by its keys. What was done to it before then
    /// was done within the round trip.
    pub(crate) adopted: BTreeMap<(Side, String), u64>,
    /// Writes that were announced and are answered or found out: on which record, from when to when.
    pub(crate) round_trips: Vec<(Side, String, u64, Option<u64>)>,
    /// For each pair and field, values that both sides know to be replaced.
    pub(crate) replaced: BTreeMap<(String, String), BTreeSet<String>>,
    /// Values that a person has put back.
    pub(crate) put_back: BTreeSet<String>,
    /// Values that the engine has put back by itself.
    pub(crate) restored: Vec<String>,
    pub(crate) writes: u64,
    pub(crate) faults: u64,
    pub(crate) removals: Vec<(Side, String)>,
    /// Records of which a person said that they are to be deleted.
    pub(crate) to_delete: BTreeSet<(Side, String)>,
    /// How many questions were answered.
    pub(crate) answers: u64,
    pub(crate) next_token: u64,
    /// Whether the edit that is being made restores an earlier value.
    pub(crate) set_back: bool,
}

impl Ledger {
    pub(crate) fn fresh(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    fn put_on(&mut self, side: Side, value: &str) {
        if let Some(token) = token(value) {
            self.been_on.entry(token.to_owned()).or_default().insert(side);
        }
    }

    pub(crate) fn is_delivered(&self, edit: &Edit) -> bool {
        token(&edit.value).and_then(|token| self.been_on.get(token)).is_some_and(|sides| sides.len() == 2)
    }

    pub(crate) fn created_by_person(&mut self, side: Side, id: &str, contents: &Contents, at: u64) {
        for field in FIELDS {
            if let Some(value) = contents.fields.get(field) {
                self.person_set(side, id, field, value, at);
            }
        }
        for tag in &contents.tags {
            self.added.insert(tag.clone(), (side, id.to_owned(), at));
        }
    }

    pub(crate) fn person_set(&mut self, side: Side, id: &str, field: &'static str, value: &str, at: u64) {
        let key = (side, id.to_owned(), field);
        let undone = self.set_back || self.last_seen.get(&key).is_some_and(|seen| seen == value);
        self.put_on(side, value);
        if self.set_back {
            self.put_back.extend(token(value).map(str::to_owned));
        }
        self.edits.push(Edit { side, record: id.to_owned(), field, value: value.to_owned(), at, undone });
        self.current.insert(key, self.edits.len() - 1);
    }

    pub(crate) fn person_removed(&mut self, side: Side, id: &str, tag: &str, at: u64) {
        self.removed.insert(tag.to_owned(), (side, at));
        if !self.seen_members.get(&(side, id.to_owned())).is_some_and(|seen| seen.contains(tag)) {
            self.undone_members.insert(tag.to_owned());
        }
    }

    pub(crate) fn engine_read(&mut self, side: Side, id: &str, contents: &Contents) {
        self.seen_members.insert((side, id.to_owned()), contents.tags.clone());
        for field in FIELDS {
            let value = contents.fields.get(field).cloned().unwrap_or_default();
            self.last_seen.insert((side, id.to_owned(), field), value);
        }
    }

    pub(crate) fn engine_wrote(
        &mut self,
        side: Side,
        id: &str,
        before: Option<&Contents>,
        after: &Contents,
        seen_as_of: u64,
        now: u64,
    ) {
        for field in FIELDS {
            let value = after.fields.get(field).map(String::as_str).unwrap_or_default();
            let was =
                before.and_then(|before| before.fields.get(field)).map(String::as_str).unwrap_or_default();
            self.put_on(side, value);
            self.last_seen.insert((side, id.to_owned(), field), value.to_owned());
            if before.is_none() || was == value {
                continue;
            }
            if let Some(edit) = self.current.remove(&(side, id.to_owned(), field)) {
                let made = &self.edits[edit];
                let (unseen, delivered) = (made.at >= seen_as_of, self.is_delivered(made));
                self.overwritten.push(Overwritten { edit, unseen, delivered, by: value.to_owned(), at: now });
            }
        }
        let none = BTreeSet::new();
        let was = before.map_or(&none, |before| &before.tags);
        for tag in was.difference(&after.tags) {
            if self.added.get(tag).is_some_and(|(on, _, at)| *on == side && *at >= seen_as_of) {
                self.unseen_members.insert(tag.clone());
            }
        }
        for tag in after.tags.difference(was) {
            if self.removed.get(tag).is_some_and(|(_, at)| *at >= seen_as_of) {
                self.unseen_members.insert(tag.clone());
            }
        }
    }

    /// The service said yes to a value and kept what it had.
    pub(crate) fn silently_refused(
        &mut self,
        side: Side,
        id: &str,
        field: &'static str,
        sent: &str,
        seen_as_of: u64,
    ) {
        let kept = self.current.get(&(side, id.to_owned(), field)).and_then(|edit| self.edits.get(*edit));
        if kept.is_some_and(|edit| edit.at >= seen_as_of) {
            self.lost_to_unseen.extend(token(sent).map(str::to_owned));
        }
    }

    pub(crate) fn engine_removed(&mut self, side: Side, id: &str) {
        self.removals.push((side, id.to_owned()));
    }

    /// Whether a write of a record was announced and not yet known to be done or not at this moment.
    pub(crate) fn is_in_a_round_trip(&self, side: Side, record: &str, at: u64) -> bool {
        let within = |(on, id, from, to): &&(Side, String, u64, Option<u64>)| {
            *on == side && id == record && *from <= at && to.is_none_or(|to| at <= to)
        };
        self.round_trips.iter().any(|trip| within(&trip))
    }

    /// Whether an edit was made to a record of ours before the engine knew that it was there, or was kept by a service
    /// that silently refused what came from the other side.
    pub(crate) fn is_within_a_round_trip(&self, edit: &Edit) -> bool {
        let adopted = self.adopted.get(&(edit.side, edit.record.clone())).is_some_and(|at| edit.at <= *at);
        adopted
            || self.is_in_a_round_trip(edit.side, &edit.record, edit.at)
            || token(&edit.value).is_some_and(|token| self.lost_to_unseen.contains(token))
    }

    /// Whether somebody has put the value of an edit back in place, which hides that it was ever lost.
    pub(crate) fn is_typed_again(&self, edit: usize) -> bool {
        let lost = &self.edits[edit];
        self.edits[edit + 1..].iter().any(|e| {
            e.side == lost.side && e.record == lost.record && e.field == lost.field && e.value == lost.value
        })
    }

    /// The last edit of a field on one record.
    pub(crate) fn last(&self, side: Side, id: &str, field: &str) -> Option<usize> {
        self.edits.iter().rposition(|e| e.side == side && e.record == id && e.field == field)
    }

    /// I5: what was agreed to be replaced is not written again, unless a person has put it back.
    pub(crate) fn committed(&mut self, before: &Link, link: &Link, now: u64) {
        let writes = |link: &Link| {
            let side = link.pending.as_ref()?.op.side();
            Some((side, link.ends[side].as_ref()?.id.to_string()))
        };
        match (writes(before), writes(link)) {
            (None, Some((side, id))) => self.round_trips.push((side, id, now, None)),
            (Some((side, id)), None) => {
                let open = |trip: &&mut (Side, String, u64, Option<u64>)| {
                    trip.0 == side && trip.1 == id && trip.3.is_none()
                };
                if let Some(trip) = self.round_trips.iter_mut().rev().find(open) {
                    trip.3 = Some(now);
                } else {
                    // Whoever announced it was killed before it could say so.
                    let at = before.pending.as_ref().map_or(now, |pending| millis(pending.at));
                    self.round_trips.push((side, id, at, Some(now)));
                }
            }
            _ => {}
        }
        for field in &link.fields {
            let was = before.fields.iter().find(|was| was.name == field.name);
            for side in [Side::Left, Side::Right] {
                let text = |agreed: Option<&Agreed>| {
                    agreed.and_then(Agreed::value)?.text().and_then(token).map(str::to_owned)
                };
                let old = text(was.and_then(|was| was.state.agreed[side].as_ref()));
                let new = text(field.state.agreed[side].as_ref());
                if old != new {
                    let replaced =
                        self.replaced.entry((link.id.to_string(), field.name.clone())).or_default();
                    replaced.extend(old);
                    if let Some(new) = new {
                        replaced.remove(&new);
                    }
                }
            }
        }
        let announced = link.pending.as_ref().filter(|_| before.pending.is_none());
        let Some(PendingOp::Update { sent, .. }) = announced.map(|pending| &pending.op) else {
            return;
        };
        for sent in sent {
            let Some(value) = sent.write.value.text().and_then(token) else { continue };
            let replaced = self.replaced.get(&(link.id.to_string(), sent.field.clone()));
            if replaced.is_some_and(|replaced| replaced.contains(value)) && !self.put_back.contains(value) {
                self.restored.push(format!(
                    "I5: {} {}: {value} was replaced, and is written again",
                    link.id, sent.field
                ));
            }
        }
    }
}
