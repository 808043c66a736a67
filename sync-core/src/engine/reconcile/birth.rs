use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::super::caps::MarkerKind;
use super::super::collection::{Probe, Read};
use super::super::journal::Happening;
use super::super::link::{Link, LinkId, PendingOp};
use super::super::mapping::Fields;
use super::super::matching::{Birth, Candidate, birth};
use super::super::record::{Fingerprint, RecordRef, Scope, Side, Snapshot};
use super::super::review::ReviewKind;
use super::super::runtime::{Births, Runtime, Source, Trouble};
use super::super::switches::RuleOff;
use super::run::Run;
use super::{Did, Outcome};
use crate::Versioned;
use crate::queue::WorkKey;
use crate::store::Commit;

/// More hits than this are too many to choose from anyway.
const HITS: usize = 10;
/// How many a search may find. Whether one of even more is the partner nobody knows.
const CROWD: usize = 100;
/// How long a birth waits for a create that is under way.
const CREATE_UNDER_WAY: Duration = Duration::from_secs(5);

/// How far the service's clock and ours may be apart where a mistake makes a duplicate.
const CLOCKS_APART: Duration = Duration::from_secs(3600);

/// What is known about a record that is to be born.
pub(in super::super) struct Newborn<'a> {
    pub(in super::super) side: Side,
    pub(in super::super) at: &'a RecordRef,
    pub(in super::super) snapshot: &'a Snapshot,
    pub(in super::super) fields: &'a Fields,
    /// Whether it carries the marker of a link that nobody knows any more.
    pub(in super::super) forgotten: bool,
}

/// What a look for the other half of a newborn has found.
pub(in super::super) enum Partner {
    /// Nobody: one is created.
    Create,
    /// This record, which is in no pair.
    Free(RecordRef),
    /// This record, whose link waits for its other half.
    Waiting(Box<Versioned<Link>>, RecordRef),
    /// Not certain yet: look again.
    Later(Timestamp),
    /// Not certain: a person decides.
    Ask(String),
    /// A person wants it left as it is.
    Left,
}

impl Runtime {
    /// Works on a record that may be in no pair: finds or founds its link, and nothing else. What is to be written is
    /// the link's own affair, so a pair never has two keys that write.
    pub(super) async fn birth(
        &self,
        side: Side,
        at: &RecordRef,
        source: Source<'_>,
    ) -> Result<Outcome, Trouble> {
        let link = self.store.link_of(side, at).await?;
        if let Some(link) = link.as_ref().filter(|link| link.value.is_live()) {
            return Ok(Outcome::nothing().hint([WorkKey::Link(link.value.id.clone())]));
        }
        if self.births[side] == Births::Ignore {
            return Ok(Outcome::nothing());
        }
        let returns = link.is_some();
        if link.is_some_and(|ended| ended.value.gone_at[side].is_none()) {
            // The survivor of a pair that has ended. It is left alone until the other one returns.
            return Ok(Outcome::nothing());
        }
        let snapshot = match self.read_from(source, side, at).await? {
            Read::Found(snapshot) => snapshot,
            Read::Gone => {
                self.answer_birth(side, at).await?;
                return Ok(Outcome::nothing());
            }
            Read::MovedTo(survivor) => {
                self.answer_birth(side, at).await?;
                return Ok(Outcome::nothing().hint([WorkKey::Birth(side, survivor)]));
            }
        };
        if !self.is_in_scope(side, &snapshot) {
            return Ok(Outcome::nothing());
        }
        let mut forgotten = false;
        if !self.is_off(RuleOff::Newborn) {
            match self.by_marker(side, at, &snapshot).await? {
                Marked::Stranger => {}
                Marked::Forgotten => forgotten = true,
                Marked::Settled(outcome) => return Ok(outcome),
            }
        }
        let waits =
            if self.is_off(RuleOff::Newborn) { None } else { self.may_be_ours(side, &snapshot).await? };
        let fields = self.fields(side, &snapshot).await?;
        let newborn = Newborn { side, at, snapshot: &snapshot, fields: &fields, forgotten };
        let partner = match waits {
            Some(waits) => waits,
            None => self.partner_of(&newborn, source).await?,
        };
        let about = WorkKey::Birth(side, at.clone());
        let (partner, answer) = self.with_answer(&about, side.other(), partner).await?;
        if matches!(partner, Partner::Create) {
            // What was seen here may be news of a pair that became complete meanwhile: nobody else looks at it.
            if let Some(outcome) = self.joined_meanwhile(side, at).await? {
                return Ok(outcome);
            }
        }
        match partner {
            Partner::Create if self.births[side] == Births::MatchOnly => Ok(Outcome::nothing()),
            Partner::Create => self.found(&newborn, returns, None, source).await,
            Partner::Free(other) => self.found(&newborn, returns, Some(other), source).await,
            Partner::Waiting(link, other) => self.join(side, at, *link, &other).await,
            Partner::Later(until) => Ok(Outcome::wait(until)),
            Partner::Left => Ok(Outcome::nothing()),
            Partner::Ask(why) => {
                let asked = match answer {
                    None => self.ask_once(&about, ReviewKind::Match, why).await?,
                    Some(_) => self.ask_again(&about, ReviewKind::Match, why).await?,
                };
                // Whoever completes a pair looks for this question, and this looks for the pair: one of them is later.
                Ok(self.joined_meanwhile(side, at).await?.unwrap_or(asked))
            }
        }
    }

    /// Where a record has become part of a pair while it was looked at: the pair has to look at what was seen here.
    async fn joined_meanwhile(&self, side: Side, at: &RecordRef) -> Result<Option<Outcome>, Trouble> {
        let link = self.store.link_of(side, at).await?.filter(|link| link.value.is_live());
        let Some(link) = link else { return Ok(None) };
        self.answer_birth(side, at).await?;
        Ok(Some(Outcome::nothing().hint([WorkKey::Link(link.value.id)])))
    }

    /// Closes the questions about the birth of a record that has become part of a pair, and tells whether there were any.
    pub(super) async fn answer_birth(&self, side: Side, at: &RecordRef) -> Result<bool, Trouble> {
        let open = self.store.reviews_about(&WorkKey::Birth(side, at.clone())).await?;
        if open.is_empty() {
            return Ok(false);
        }
        let closed_reviews = open.into_iter().map(|review| review.key).collect();
        self.store.commit(Commit { closed_reviews, ..Commit::default() }).await?;
        Ok(true)
    }

    /// Founds a link, with the other half if there is one.
    async fn found(
        &self,
        newborn: &Newborn<'_>,
        returns: bool,
        other: Option<RecordRef>,
        source: Source<'_>,
    ) -> Result<Outcome, Trouble> {
        let Newborn { side, at, fields, .. } = *newborn;
        let now = self.now();
        let id = self.free_id(side, at).await?;
        let mut run = Run::new(self, None, Link::new(id.clone(), side, at.clone()));
        let founded = if returns { Happening::Returned } else { Happening::Founded };
        run.tell(now, founded(side, at.clone()));
        let did = if let Some(other) = &other {
            run.link.ends[side.other()] = Some(other.clone());
            run.tell(now, Happening::Linked(side.other(), other.clone()));
            Did::Linked(id.clone())
        } else {
            run.link.sought = Some(self.sought(&id, fields));
            Did::Founded(id.clone())
        };
        run.close_for(&WorkKey::Birth(side, at.clone()), ReviewKind::Match);
        let outcome = Outcome::done(did).hint([WorkKey::Link(id.clone())]);
        let outcome = if other.is_some() {
            run.commit_with_derived(outcome).await?
        } else {
            run.commit_with(outcome).await?
        };
        if self.is_off(RuleOff::BirthApart) {
            return Box::pin(self.pair(&id, source)).await;
        }
        Ok(outcome)
    }

    /// The first name of a link of this record that no link has.
    async fn free_id(&self, side: Side, at: &RecordRef) -> Result<LinkId, Trouble> {
        let mut number = 1;
        loop {
            let id = LinkId::founded_by(&self.name, side, at, number);
            if self.store.link(&id).await?.is_none() {
                return Ok(id);
            }
            number += 1;
        }
    }

    /// Becomes the other half of a link that waits for one.
    pub(in super::super) async fn join(
        &self,
        side: Side,
        at: &RecordRef,
        found: Versioned<Link>,
        other: &RecordRef,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        let run = Run::new(self, Some(found.rev), found.value);
        // Somebody has created it meanwhile, or is about to.
        if run.link.pending.is_some() || run.link.ends[side].is_some() {
            return Ok(Outcome::wait(now.checked_add(CREATE_UNDER_WAY).unwrap_or(now)));
        }
        debug_assert_eq!(run.link.ends[side.other()].as_ref(), Some(other));
        self.complete(run, side, at).await
    }

    /// Takes a record for the missing half of a link.
    pub(super) async fn complete(
        &self,
        mut run: Run<'_>,
        side: Side,
        at: &RecordRef,
    ) -> Result<Outcome, Trouble> {
        let id = run.link.id.clone();
        run.link.ends[side] = Some(at.clone());
        run.link.refused = None;
        for kind in [ReviewKind::Invalid, ReviewKind::Match] {
            run.close(kind, None);
        }
        run.close_for(&WorkKey::Birth(side, at.clone()), ReviewKind::Match);
        run.tell(self.now(), Happening::Linked(side, at.clone()));
        run.commit_with_derived(Outcome::done(Did::Linked(id.clone())).hint([WorkKey::Link(id)])).await
    }

    /// The keys by which a partner of a record with these fields is looked for.
    pub(super) fn sought(&self, id: &LinkId, fields: &Fields) -> Fingerprint {
        let keys: Vec<_> = self.keys().into_iter().map(|position| fields.get(position)).collect();
        self.schema.digest(id, &keys)
    }

    /// A record that carries our marker is the missing half of its link.
    async fn by_marker(&self, side: Side, at: &RecordRef, snapshot: &Snapshot) -> Result<Marked, Trouble> {
        let Some(marker) = snapshot.marker.as_ref().filter(|_| self.marks(side)) else {
            return Ok(Marked::Stranger);
        };
        let creates = self.store.open_creates(side).await?;
        let mut id = LinkId::new(marker.as_str());
        for link in creates {
            if matches!(&link.pending.as_ref().map(|p| &p.op), Some(PendingOp::Create { marker: m, .. }) if m == marker)
            {
                id = link.id;
                break;
            }
        }
        let Some(found) = self.store.link(&id).await? else { return Ok(Marked::Forgotten) };
        if !found.value.is_live() {
            return Ok(Marked::Stranger);
        }
        let now = self.now();
        let run = Run::new(self, Some(found.rev), found.value);
        if run.link.ends[side].as_ref() == Some(at) {
            // Its create was answered meanwhile.
            return Ok(Marked::Settled(Outcome::nothing().hint([WorkKey::Link(id)])));
        }
        if run.link.ends[side].is_some() {
            let why = format!("it carries the marker of {id}, which has another record: delete the copy");
            let about = WorkKey::Birth(side, at.clone());
            return Ok(Marked::Settled(self.ask_once(&about, ReviewKind::Match, why).await?));
        }
        if run.link.pending.is_some() && run.link.creates_on() != Some(side) {
            return Ok(Marked::Settled(Outcome::wait(now.checked_add(CREATE_UNDER_WAY).unwrap_or(now))));
        }
        let outcome = self.adopt(run, side, at.clone(), true).await?;
        Ok(Marked::Settled(outcome.hint([WorkKey::Link(id)])))
    }

    /// A record without a marker may be one of ours whose create was not answered. Until that is known it is left alone;
    /// if only a person can tell, it waits for the person too.
    async fn may_be_ours(&self, side: Side, snapshot: &Snapshot) -> Result<Option<Partner>, Trouble> {
        let caps = self.collection(side).caps();
        if self.marks(side) && !matches!(caps.marker, MarkerKind::Keys { .. }) {
            return Ok(None);
        }
        let now = self.now();
        let mut waits = None;
        for link in self.store.open_creates(side).await? {
            let Some(pending) = &link.pending else { continue };
            let last = pending.send_by.checked_add(caps.request_timeout).unwrap_or(Timestamp::MAX);
            let earliest = pending.at.checked_sub(CLOCKS_APART).unwrap_or(Timestamp::MIN);
            let latest = last.checked_add(CLOCKS_APART).unwrap_or(Timestamp::MAX);
            if snapshot.created_at.is_some_and(|created| created < earliest || latest < created) {
                continue;
            }
            let known_at = caps.known_at(pending.send_by);
            if now < known_at {
                let soon = now.checked_add(CREATE_UNDER_WAY).unwrap_or(known_at);
                return Ok(Some(Partner::Later(known_at.min(soon))));
            }
            waits = Some(Partner::Ask(format!(
                "it may be the record that was created for {}, whose answer was lost: decide that first",
                link.id
            )));
        }
        Ok(waits)
    }

    /// Looks for the other half, and never guesses.
    pub(in super::super) async fn partner_of(
        &self,
        newborn: &Newborn<'_>,
        source: Source<'_>,
    ) -> Result<Partner, Trouble> {
        let Newborn { side, at, snapshot, fields, forgotten } = newborn;
        let to = side.other();
        let now = self.now();
        let found = match source.listing() {
            Some(listing) => {
                let listed = &listing.sides[to];
                let marker = LinkId::founded_by(&self.name, *side, at, 1).marker();
                let ours: Vec<RecordRef> = listed.with_marker(&marker).into_iter().cloned().collect();
                let keys = self.keys();
                let by_value =
                    keys.iter().filter_map(|i| Some(listed.with_value(*i, fields.get(*i).text()?)));
                let mut hits: Vec<&RecordRef> = by_value.flatten().collect();
                hits.sort_unstable();
                hits.dedup();
                let hits = hits.into_iter().filter_map(|hit| {
                    let (snapshot, fields) = listed.records.get(hit)?;
                    self.is_in_scope(to, snapshot).then(|| (hit.clone(), fields.clone()))
                });
                FoundPartners { ours, hits: hits.collect(), crowded: None }
            }
            None => self.look_for_partner(*side, at, fields).await?,
        };
        let FoundPartners { ours, hits, crowded } = found;
        let mut free = Vec::new();
        for hit in ours {
            if self.store.link_of(to, &hit).await?.is_none_or(|link| !link.value.is_live()) {
                free.push(hit);
            }
        }
        match free.as_slice() {
            [] => {}
            [only] => return Ok(Partner::Free(only.clone())),
            _ => {
                let why = "several records carry its marker: delete all but one";
                return Ok(Partner::Ask(why.to_owned()));
            }
        }
        if self.mapper.matchers().is_empty() {
            return Ok(Partner::Create);
        }
        let mut candidates = Vec::new();
        let mut waiting = BTreeMap::new();
        for (hit, fields) in hits {
            let link = self.store.link_of(to, &hit).await?.filter(|link| link.value.is_live());
            let linked = link.as_ref().is_some_and(|link| link.value.ends[*side].is_some());
            if let Some(link) = link.filter(|_| !linked) {
                waiting.insert(hit.clone(), link);
            }
            candidates.push(Candidate { at: hit, fields, linked });
        }
        let shared = self.shared(*side, fields, &candidates, source).await?;
        let unique: Vec<_> =
            self.collection(to).caps().unique.iter().filter_map(|name| self.mapper.position(name)).collect();
        let is_shared = |position: usize| shared.contains(&position);
        Ok(match birth(self.mapper.as_ref(), fields, is_shared, &unique, &candidates) {
            Birth::Create if *forgotten => Partner::Ask(format!(
                "it carries the marker {}, which nobody knows any more: its other half finds it when everything is \
                 looked at again",
                snapshot.marker.as_ref().map_or("", |marker| marker.as_str())
            )),
            Birth::Create => match crowded {
                None => Partner::Create,
                Some(name) => Partner::Ask(format!(
                    "{CROWD} records or more have its {name}, which are too many to look through: pair it, or say that it is \
                     new"
                )),
            },
            Birth::Review(why) => Partner::Ask(why),
            Birth::Link(other) => match waiting.remove(&other) {
                None => Partner::Free(other),
                Some(link) if link.value.pending.is_some() => self.half_that_is_created(&link.value, now),
                Some(link) => Partner::Waiting(Box::new(link), other),
            },
        })
    }

    /// The other half has a create under way, which may be answered by a record of its own: what becomes of that comes
    /// first.
    fn half_that_is_created(&self, link: &Link, now: Timestamp) -> Partner {
        let until = link.creates_on().zip(link.pending.as_ref()).map(|(side, pending)| {
            let caps = self.collection(side).caps();
            let person_only = caps.marker == MarkerKind::Keys { resend: false };
            (caps.known_at(pending.send_by), person_only)
        });
        match until {
            Some((known_at, true)) if known_at <= now => Partner::Ask(format!(
                "it may belong to {}, whose create was not answered: decide that first",
                link.id
            )),
            Some((known_at, false)) if known_at <= now => {
                // It takes as long as it takes: look ever less often.
                let wait = Duration::try_from(now.duration_since(known_at)).unwrap_or_default();
                Partner::Later(now.checked_add(wait.max(CREATE_UNDER_WAY)).unwrap_or(now))
            }
            _ => Partner::Later(now.checked_add(CREATE_UNDER_WAY).unwrap_or(now)),
        }
    }

    /// Asks the other side for records that carry the newborn's marker, and for those that share a key with it.
    async fn look_for_partner(
        &self,
        side: Side,
        at: &RecordRef,
        fields: &Fields,
    ) -> Result<FoundPartners, Trouble> {
        let to = side.other();
        let mut all = FoundPartners::default();
        let caps = self.collection(to).caps();
        if caps.under_parent {
            // Records under a parent are recognised by the pair that they were derived or created for.
            return Ok(all);
        }
        if caps.marker == MarkerKind::Searchable && self.marks(to) {
            let marker = LinkId::founded_by(&self.name, side, at, 1).marker();
            let found = self.search(to, &Scope::All, &Probe::Marker(marker.clone()), HITS).await?;
            let ours = found.into_iter().filter(|hit| hit.marker.as_ref() == Some(&marker));
            all.ours.extend(ours.map(|hit| hit.at));
        }
        let unique = caps.unique.iter().filter(|name| self.collection(to).is_searchable(name));
        let unique: Vec<_> = unique.filter_map(|name| Some(vec![self.mapper.position(name)?])).collect();
        let mut probes: Vec<Probe> = Vec::new();
        let value = |position: usize| fields.get(position).text().map(str::to_owned);
        for keys in self.mapper.matchers().iter().chain(&unique) {
            // Without one of them nothing matches.
            if keys.iter().all(|position| value(*position).is_some()) {
                let probe = self.probe(to, keys, value)?;
                probes.extend(probe.filter(|probe| !probes.contains(probe)));
            }
        }
        for probe in probes {
            let found = self.search(to, &Scope::All, &probe, CROWD).await?;
            let is_crowd = found.len() >= CROWD;
            if let Probe::Field { name, .. } = probe {
                all.crowded = all.crowded.or(is_crowd.then_some(name));
            }
            let is_many = found.len() > HITS;
            for hit in found {
                // Where one key of several is searched by, such as a name, most of those that have it are somebody else.
                if all.hits.contains_key(&hit.at) || is_many && !self.may_match(to, &hit, fields).await? {
                    continue;
                }
                // The search only hints: what is there now counts.
                if let Read::Found(hit) = self.read(to, &hit.at).await? {
                    if self.is_in_scope(to, &hit) {
                        all.hits.insert(hit.at.clone(), self.fields(to, &hit).await?);
                    }
                }
            }
        }
        Ok(all)
    }

    /// Whether a record agrees, as it was listed, in all keys of a matcher, or in one that only it can have.
    async fn may_match(&self, side: Side, hit: &Snapshot, fields: &Fields) -> Result<bool, Trouble> {
        let theirs = self.fields(side, hit).await?;
        let agrees = |position: &usize| {
            let (one, other) = (fields.get(*position).text(), theirs.get(*position).text());
            one.is_some() && one == other
        };
        let unique = &self.collection(side).caps().unique;
        let mut unique = unique.iter().filter_map(|name| self.mapper.position(name));
        Ok(self.mapper.matchers().iter().any(|keys| keys.iter().all(agrees))
            || unique.any(|position| agrees(&position)))
    }

    /// The positions of keys that others on the newborn's own side have as well.
    async fn shared(
        &self,
        side: Side,
        fields: &Fields,
        candidates: &[Candidate],
        source: Source<'_>,
    ) -> Result<Vec<usize>, Trouble> {
        let mut shared = Vec::new();
        let unique = &self.collection(side.other()).caps().unique;
        for position in self.keys() {
            let Some(value) = fields.get(position).text() else { continue };
            let name = self.mapper.name(position);
            let is_searchable = self.collection(side).is_searchable(name);
            let is_wanted = candidates.iter().any(|c| c.fields.get(position) == fields.get(position));
            // Only one of those who have it can have a partner.
            let is_scarce = is_searchable && unique.iter().any(|unique| unique == name);
            let count = match source.listing() {
                Some(listing) => listing.sides[side].with_value(position, value).len(),
                // Without a candidate it does not matter.
                None if !is_wanted && !is_scarce => 0,
                // It cannot be known that nobody else has it.
                None if !is_searchable => 2,
                None => {
                    let probe = Probe::Field { name: name.to_owned(), value: value.to_owned() };
                    let mut count = 0;
                    for hit in self.search(side, &Scope::All, &probe, HITS).await? {
                        count +=
                            usize::from(self.fields(side, &hit).await?.get(position) == fields.get(position));
                    }
                    count
                }
            };
            if count > 1 {
                shared.push(position);
            }
        }
        Ok(shared)
    }
}

/// The records of the other side that may be a newborn's other half.
#[derive(Default)]
struct FoundPartners {
    /// Those that carry its marker.
    ours: Vec<RecordRef>,
    /// Those that share a key with it.
    hits: BTreeMap<RecordRef, Fields>,
    /// A key that too many have.
    crowded: Option<String>,
}

/// What a record's marker says.
enum Marked {
    /// It has none, or one of a pair that is over.
    Stranger,
    /// It has one that nobody knows.
    Forgotten,
    /// It belongs to a link; this is what came of it.
    Settled(Outcome),
}
