use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::answer::Answer;
use super::handle::Engine;
use super::journal::Happening;
use super::link::{Link, LinkId};
use super::merge::Reason;
use super::projection::ProjectionKey;
use super::record::{RecordId, RecordRef, Side};
use super::review::ReviewKey;
use super::rule::FactKey;
use super::runtime::{EngineError, Runtime, Trouble};
use crate::queue::WorkKey;
use crate::store::{Commit, CommitError};
use crate::{Rev, StoreError, Versioned};

/// How often the traces are gathered again because somebody has changed them meanwhile.
const TRIES: u32 = 20;
/// What is left of a name in a text about somebody else.
const FORGOTTEN: &str = "(forgotten)";

/// What was deleted because a person is to be forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// Links, those that have ended included.
    pub links: usize,
    /// Derived records. What they stand for at the service stays.
    pub projections: usize,
    /// Facts.
    pub facts: usize,
    /// Questions.
    pub reviews: usize,
    /// Entries of the journal.
    pub entries: usize,
    /// Hints in the queue.
    pub hints: usize,
    /// Things about others that named a record, and do not any more.
    pub cleared: usize,
    /// Whether it is certain that nothing of it is left in the store's own files. Backups are another matter.
    pub wiped: bool,
}

impl Engine {
    /// Deletes all that the state holds about a person, in one commit: the links that the record is or was in, what is
    /// known of the other records of these links, facts and derived records, questions, hints, and what the journal tells
    /// of any of them. What is about others and names one of the records does not name it any more. Done twice, it does
    /// nothing the second time.
    ///
    /// Nothing changes at the services, and nothing is asked of them. **Delete or exclude the records there first**: the
    /// engine does not know any more that it has seen a record, and pairs or creates it anew when it is hinted. A sync of
    /// what lives under the record has a state of its own, and is told separately.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unanswered`] while a write is announced and not answered: what it has made could not be found any
    /// more. The store or the queue failed: do it again.
    pub async fn forget(&self, side: Side, at: &RecordRef) -> Result<Forgotten, EngineError> {
        self.runtime.forget(side, at, false).await
    }

    /// The same without regard to writes that are not answered: what they have made or not is a stranger afterwards.
    ///
    /// # Errors
    ///
    /// The store or the queue failed: do it again.
    pub async fn forget_at_once(&self, side: Side, at: &RecordRef) -> Result<Forgotten, EngineError> {
        self.runtime.forget(side, at, true).await
    }
}

/// All that the state holds about a person.
#[derive(Default)]
struct Traces {
    records: BTreeSet<(Side, RecordRef)>,
    links: BTreeMap<LinkId, Versioned<Link>>,
    projections: BTreeMap<ProjectionKey, Rev>,
    facts: BTreeMap<FactKey, Rev>,
    keys: BTreeSet<WorkKey>,
    entries: BTreeSet<u64>,
    reviews: BTreeSet<ReviewKey>,
    /// When it is known at the earliest what became of a write.
    unanswered: Option<Timestamp>,
    /// What is about others and is to be written without the names.
    cleared: Commit,
}

impl Runtime {
    async fn forget(&self, side: Side, at: &RecordRef, at_once: bool) -> Result<Forgotten, EngineError> {
        for _ in 0..TRIES {
            let traces = self.traces(side, at).await?;
            if let Some(until) = traces.unanswered.filter(|_| !at_once) {
                return Err(EngineError::Unanswered { until });
            }
            let keys: Vec<WorkKey> = traces.keys.iter().cloned().collect();
            // Before the commit: if the process dies in between, the next call still knows the keys.
            let hints = self.queue.forget(&keys).await?;
            let mut forgotten = Forgotten { hints, ..traces.counts() };
            if !self.put(traces.commit()).await? {
                continue;
            }
            forgotten.hints += self.queue.forget(&keys).await?;
            forgotten.wiped = self.store.wipe().await?;
            return Ok(forgotten);
        }
        Err(self.stopped(Trouble::Commit(CommitError::Stale("what is to be forgotten".to_owned()))))
    }

    async fn traces(&self, side: Side, at: &RecordRef) -> Result<Traces, StoreError> {
        let mut traces = Traces::default();
        let mut open = vec![(side, at.clone())];
        while let Some((side, at)) = open.pop() {
            if !traces.records.insert((side, at.clone())) {
                continue;
            }
            traces.keys.insert(WorkKey::Birth(side, at.clone()));
            for link in self.store.links_with(side, &at).await? {
                let Some(link) = self.store.link(&link.id).await? else { continue };
                let ends = Side::BOTH.map(|side| Some((side, link.value.ends[side].clone()?)));
                open.extend(ends.into_iter().flatten());
                let key = WorkKey::Link(link.value.id.clone());
                // Records that the pair has had before.
                for (_, entry) in self.told_about(&key).await? {
                    open.extend(entry.what.record().map(|(side, at)| (side, at.clone())));
                }
                if let Some(pending) = &link.value.pending {
                    traces.waits_for(self.collection(pending.op.side()).caps().known_at(pending.send_by));
                }
                traces.keys.insert(key);
                traces.links.insert(link.value.id.clone(), link);
            }
            if side == Side::Left {
                self.derived_traces(&at, &mut traces).await?;
            }
        }
        for key in &traces.keys {
            let entries = self.told_about(key).await?;
            traces.entries.extend(entries.into_iter().map(|(number, _)| number));
            traces.reviews.extend(self.store.reviews_about(key).await?.into_iter().map(|review| review.key));
        }
        self.mentions(&mut traces).await?;
        Ok(traces)
    }

    /// What follows from a left record, and from the facts that belong to it.
    async fn derived_traces(&self, at: &RecordRef, traces: &mut Traces) -> Result<(), StoreError> {
        for found in self.store.projections_of(&at.id).await? {
            let projection = found.value;
            if let Some(pending) = projection.pending {
                let target = self.targets.get(&projection.into);
                traces.waits_for(
                    target.map_or(pending.send_by, |target| target.caps().known_at(pending.send_by)),
                );
            }
            traces.keys.insert(WorkKey::Projection(projection.key.clone()));
            traces.projections.insert(projection.key, found.rev);
        }
        let mut facts: Vec<FactKey> =
            self.store.facts_of(&at.id).await?.into_iter().map(|fact| fact.key).collect();
        facts.push(FactKey::new(self.collection(Side::Left).name(), at.clone()));
        for key in facts {
            traces.keys.insert(WorkKey::Fact(key.clone()));
            if let Some(found) = self.store.fact(&key).await? {
                traces.facts.insert(key, found.rev);
            }
        }
        Ok(())
    }

    /// What is about others and names the person's records.
    async fn mentions(&self, traces: &mut Traces) -> Result<(), StoreError> {
        let ids: BTreeSet<RecordId> = traces.records.iter().map(|(_, at)| at.id.clone()).collect();
        let names = ids.iter().map(RecordId::as_str).chain(traces.links.keys().map(LinkId::as_str));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        // A link's name has its record's in it.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let (mut links, mut reviews, mut under) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for id in &ids {
            let found = self.store.mentioning(id).await?;
            for (number, entry) in found.journal {
                let is_named = |(side, at): (Side, &RecordRef)| traces.records.contains(&(side, at.clone()));
                let is_answer = match &entry.what {
                    Happening::Answered { answer, .. } => clear(&mut answer.clone(), &names),
                    _ => false,
                };
                let lives_under = |(side, at): (Side, &RecordRef)| {
                    let place = at.parent.clone().map(RecordRef::top);
                    place.is_some_and(|place| traces.records.contains(&(side, place)))
                };
                let is_under = entry.what.record().is_some_and(lives_under);
                if is_answer || is_under || entry.what.record().is_some_and(is_named) {
                    traces.entries.insert(number);
                }
                if is_under && !traces.keys.contains(&entry.about) {
                    under.insert(entry.about);
                }
            }
            for mut review in found.reviews {
                if traces.keys.contains(&review.about) {
                    continue;
                }
                let mut cleared = clear(&mut review.message, &names);
                if let Some(Answer::Pair(at)) = &review.answer {
                    if is_theirs(&traces.records, at) {
                        (review.answer, cleared) = (None, true);
                    }
                }
                if cleared {
                    reviews.insert(review.key.clone(), review);
                }
            }
            for mut found in found.links.into_iter().filter(|l| !traces.links.contains_key(&l.value.id)) {
                if clear_link(&mut found.value, &traces.records, &names) {
                    links.insert(found.value.id.clone(), found);
                }
            }
        }
        // What lived under a record, and is not known any more.
        for key in under {
            let WorkKey::Projection(projection) = &key else { continue };
            if self.store.projection(projection).await?.is_some() {
                // It is somebody else's by now.
                continue;
            }
            let entries = self.told_about(&key).await?;
            traces.entries.extend(entries.into_iter().map(|(number, _)| number));
            let asked = self.store.reviews_about(&key).await?.into_iter().map(|review| review.key);
            traces.reviews.extend(asked);
            traces.keys.insert(key);
        }
        traces.cleared.links = links.into_values().map(|found| (Some(found.rev), found.value)).collect();
        traces.cleared.reviews = reviews.into_values().collect();
        Ok(())
    }
}

impl Traces {
    fn waits_for(&mut self, until: Timestamp) {
        self.unanswered = self.unanswered.max(Some(until));
    }

    fn counts(&self) -> Forgotten {
        Forgotten {
            links: self.links.len(),
            projections: self.projections.len(),
            facts: self.facts.len(),
            reviews: self.reviews.len(),
            entries: self.entries.len(),
            cleared: self.cleared.links.len() + self.cleared.reviews.len(),
            ..Forgotten::default()
        }
    }

    fn commit(self) -> Commit {
        Commit {
            gone_links: self.links.into_iter().map(|(id, link)| (link.rev, id)).collect(),
            gone_projections: self.projections.into_iter().map(|(key, rev)| (rev, key)).collect(),
            gone_facts: self.facts.into_iter().map(|(key, rev)| (rev, key)).collect(),
            closed_reviews: self.reviews.into_iter().collect(),
            gone_entries: self.entries.into_iter().collect(),
            ..self.cleared
        }
    }
}

fn is_theirs(records: &BTreeSet<(Side, RecordRef)>, at: &RecordRef) -> bool {
    Side::BOTH.into_iter().any(|side| records.contains(&(side, at.clone())))
}

/// Takes a person's records out of the link of somebody else, and tells whether they were in it.
fn clear_link(link: &mut Link, records: &BTreeSet<(Side, RecordRef)>, names: &[String]) -> bool {
    let mut cleared = false;
    let in_the_way = link.refused.as_ref().and_then(|refusal| refusal.by.as_ref());
    if in_the_way.is_some_and(|at| is_theirs(records, at)) {
        // Tried again, it is refused again if the record is still in the way.
        (link.refused, cleared) = (None, true);
    }
    for parked in link.fields.iter_mut().filter_map(|field| field.state.parked.as_mut()) {
        if let Reason::Invalid(_, why) = &mut parked.reason {
            cleared |= clear(why, names);
        }
    }
    cleared
}

/// Takes names out of a text, where they are whole words, and tells whether they were in it.
fn clear(text: &mut String, names: &[String]) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut found = false;
    for name in names.iter().filter(|name| !name.is_empty()) {
        let mut cleared = String::new();
        let mut rest = text.as_str();
        while let Some((head, tail)) = rest.split_once(name.as_str()) {
            cleared.push_str(head);
            let stands_alone = !is_word(cleared.chars().next_back()) && !is_word(tail.chars().next());
            cleared.push_str(if stands_alone { FORGOTTEN } else { name });
            found |= stands_alone;
            rest = tail;
        }
        cleared.push_str(rest);
        *text = cleared;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_out_of_texts_where_they_are_whole_words() {
        let names = ["c:77", "77", "x"].map(str::to_owned);
        let table = [
            ("belongs to record 77 already", "belongs to record (forgotten) already"),
            ("it may belong to c:77, whose create", "it may belong to (forgotten), whose create"),
            ("77 and 77", "(forgotten) and (forgotten)"),
            ("record 177 or 770", "record 177 or 770"),
            ("7777", "7777"),
            ("excess", "excess"),
        ];
        for (text, expected) in table {
            let mut cleared = text.to_owned();
            assert_eq!((clear(&mut cleared, &names), cleared.as_str()), (text != expected, expected));
        }
    }
}
