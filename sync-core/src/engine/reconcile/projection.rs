use jiff::Timestamp;
use serde_json::Value;

use super::super::answer::Answer;
use super::super::collection::{Collection, Part, Read, WriteError};
use super::super::fault::{Fault, FaultKind};
use super::super::journal::{Entry, FieldWrite, Happening, RunId};
use super::super::link::LinkId;
use super::super::listing::list_all;
use super::super::project::{Known, Look, OwnerState, Step, project};
use super::super::projection::{Projection, ProjectionKey, ProjectionPending, Wrote};
use super::super::record::{Raw, RecordId, RecordRef, Scope, Side, Snapshot};
use super::super::review::{Review, ReviewKey, ReviewKind};
use super::super::rule::Wanted;
use super::super::runtime::{Runtime, Source, Trouble};
use super::super::switches::RuleOff;
use super::super::value::FieldValue;
use super::update::Announced;
use super::{Did, Outcome};
use crate::queue::WorkKey;
use crate::store::Commit;
use crate::{Event, Rev};

/// One run of a derived record.
struct Derive<'a> {
    runtime: &'a Runtime,
    target: &'a dyn Collection,
    projection: Projection,
    rev: Option<Rev>,
    journal: Vec<Entry>,
    reviews: Vec<Review>,
    closed: Vec<ReviewKey>,
    /// The run that announced what this one finds out about.
    announced_by: Option<RunId>,
}

impl Derive<'_> {
    fn key(&self) -> WorkKey {
        WorkKey::Projection(self.projection.key.clone())
    }

    fn tell(&mut self, what: Happening) {
        let mut entry = self.runtime.entry(self.runtime.now(), self.key(), what);
        entry.run = self.announced_by.clone().or(entry.run);
        self.journal.push(entry);
    }

    fn ask(&mut self, kind: ReviewKind, why: String) {
        let review = Review::new(self.key(), kind, None, why, self.runtime.now());
        self.tell(Happening::Asked(review.key.to_string()));
        self.reviews.push(review);
    }

    async fn commit(&mut self) -> Result<(), Trouble> {
        let reviews = std::mem::take(&mut self.reviews);
        let commit = Commit {
            journal: std::mem::take(&mut self.journal),
            reviews: reviews.clone(),
            closed_reviews: std::mem::take(&mut self.closed),
            ..Commit::projection(self.rev, self.projection.clone())
        };
        self.runtime.store.commit(commit).await?;
        self.rev = Some(self.rev.map_or(Rev::FIRST, Rev::next));
        for review in &reviews {
            self.runtime.observer.on_event(&Event::ReviewOpened { review });
        }
        Ok(())
    }

    /// Acts upon what people have answered, and tells whether that changed anything.
    async fn take_answers(&mut self) -> Result<bool, Trouble> {
        for review in self.runtime.store.reviews_about(&self.key()).await? {
            let projection = &mut self.projection;
            let leaves = review.answer == Some(Answer::Leave);
            match review.answer {
                // What it holds is taken for what was written.
                Some(Answer::Pair(at)) => (projection.at, projection.wrote) = (Some(at), None),
                Some(Answer::Create) => (projection.at, projection.wrote) = (None, None),
                Some(Answer::Retry) if review.kind == ReviewKind::Deleted => {}
                Some(Answer::Leave) => self.tell(Happening::LeftToHuman),
                _ => continue,
            }
            self.projection.left_to_human = leaves;
            self.closed.push(review.key);
        }
        let any = !self.closed.is_empty();
        if any {
            self.commit().await?;
        }
        Ok(any)
    }

    async fn forget(mut self) -> Result<Outcome, Trouble> {
        let Some(rev) = self.rev else { return Ok(Outcome::nothing()) };
        self.tell(Happening::Ended);
        let gone_projections = vec![(rev, self.projection.key.clone())];
        let commit = Commit { gone_projections, journal: self.journal, ..Commit::default() };
        self.runtime.store.commit(commit).await?;
        Ok(Outcome::done(Did::Ended))
    }
}

/// The owner of a derived record, and where things live under it.
enum Owner {
    Missing,
    Gone,
    Ready(RecordId, LinkId),
}

impl Runtime {
    /// Works on a derived record.
    pub(super) async fn projection(
        &self,
        key: &ProjectionKey,
        source: Source<'_>,
    ) -> Result<Outcome, Trouble> {
        let Some(found) = self.store.projection(key).await? else { return Ok(Outcome::nothing()) };
        let projection = found.value;
        let Some(target) = self.targets.get(&projection.into) else {
            let why = format!("no collection is called {}", projection.into);
            return Err(Trouble::Fault(self.account(Side::Right), Fault::new(FaultKind::Broken, why)));
        };
        let target = target.as_ref();
        let quarantine = target.caps().quarantine();
        let waits = projection.pending.is_some() && !self.is_off(RuleOff::ClockJumps);
        if let Some(wait) = self.clock.doubtful_for(self.send_within + quarantine).filter(|_| waits) {
            return Ok(Outcome::wait(self.now().checked_add(wait).unwrap_or(Timestamp::MAX)));
        }
        let owner = self.owner(&projection.owner).await?;
        let mut run = Derive {
            runtime: self,
            target,
            projection,
            rev: Some(found.rev),
            journal: Vec::new(),
            reviews: Vec::new(),
            closed: Vec::new(),
            announced_by: None,
        };
        if let Some(pending) = run.projection.pending.clone() {
            let until = pending.send_by.checked_add(quarantine).unwrap_or(Timestamp::MAX);
            if self.now() < until && !self.is_off(RuleOff::Quarantine) {
                return Ok(Outcome::wait(until));
            }
            return recover(run, pending, &owner).await;
        }
        if run.take_answers().await? {
            return Ok(Outcome::done(Did::Noted).again(self.now()));
        }
        if run.projection.left_to_human && run.projection.wanted.is_some() && !matches!(owner, Owner::Gone) {
            return Ok(Outcome::nothing());
        }
        let (state, parent) = match &owner {
            Owner::Missing => (OwnerState::Missing, None),
            Owner::Gone => (OwnerState::Gone, None),
            Owner::Ready(parent, _) => (OwnerState::Ready, Some(parent)),
        };
        let is_new = run.projection.at.is_none();
        let seen = match (&run.projection.at, parent) {
            (Some(at), Some(_)) if !run.projection.left_to_human && run.projection.wanted.is_some() => {
                if source.listing().is_some() && run.is_up_to_date() {
                    return Ok(Outcome::nothing());
                }
                match self.told(self.account(Side::Right), target.get(at).await)? {
                    Read::Found(snapshot) => Some(snapshot),
                    // Its place is gone, and it may have moved along with it.
                    Read::Gone => match parent.filter(|parent| at.parent.as_ref() != Some(*parent)) {
                        Some(parent) => {
                            let parent = parent.clone();
                            return relocate(run, &parent).await;
                        }
                        // Merged into another, it took along what lay under it, and its pair does not know yet.
                        None => match &owner {
                            Owner::Ready(_, link) if !self.is_place_there(at).await? => {
                                return Ok(Outcome::nothing().hint([WorkKey::Link(link.clone())]));
                            }
                            _ => None,
                        },
                    },
                    Read::MovedTo(at) => {
                        run.projection.at = Some(at);
                        run.commit().await?;
                        return Ok(Outcome::wait(self.now()));
                    }
                }
            }
            (None, Some(parent)) if run.projection.wanted.is_some() && Self::may_be_there(source) => {
                let marker = key.marker();
                let listed = self.list_under(target, parent).await?;
                listed.into_iter().find(|snapshot| snapshot.marker.as_ref() == Some(&marker))
            }
            _ => None,
        };
        let known = run.projection.wrote.clone().filter(|_| !is_new);
        let known = known.as_ref().map(|wrote| Known {
            fact: &wrote.fact,
            sent: &wrote.sent,
            stored: &wrote.stored,
            left_to_human: run.projection.left_to_human,
        });
        let wanted = run.projection.wanted.clone();
        let fact = run.projection.fact.clone();
        let look = seen.as_ref().map_or(Look::Gone, Look::Found);
        let step = project(known, wanted.as_ref().map(|wanted| (wanted, &fact)), state, look);
        take(run, step, wanted, parent, seen).await
    }

    /// The state of the record that a derived one lives under.
    async fn owner(&self, owner: &RecordId) -> Result<Owner, Trouble> {
        let link = self.store.link_of(Side::Left, &RecordRef::top(owner.clone())).await?;
        Ok(match link.map(|link| link.value) {
            None => Owner::Missing,
            Some(link) if !link.is_live() => Owner::Gone,
            Some(link) => match link.ends.right {
                Some(right) => Owner::Ready(right.id, link.id),
                None => Owner::Missing,
            },
        })
    }

    /// Whether the record that a derived one lives under is still there.
    async fn is_place_there(&self, at: &RecordRef) -> Result<bool, Trouble> {
        let Some(parent) = &at.parent else { return Ok(true) };
        Ok(matches!(self.read(Side::Right, &RecordRef::top(parent.clone())).await?, Read::Found(_)))
    }

    /// Whether something that an earlier, forgotten run derived may be under an owner. That the owner was not listed does
    /// not say so: a list lags, and a forgotten run may have created it a moment before.
    fn may_be_there(source: Source<'_>) -> bool {
        match source {
            Source::Live => true,
            Source::Listed(listing) => !listing.untouched,
            Source::UnderNew(_) => false,
        }
    }

    async fn list_under(&self, target: &dyn Collection, parent: &RecordId) -> Result<Vec<Snapshot>, Trouble> {
        let listed = list_all(target, &Scope::Under(parent.clone())).await;
        self.told(self.account(Side::Right), listed)
    }
}

impl Derive<'_> {
    fn is_up_to_date(&self) -> bool {
        self.projection.wrote.as_ref().is_some_and(|wrote| wrote.fact == self.projection.fact)
    }
}

/// The owner's partner was merged into another record: what we derived may have moved along.
async fn relocate(mut run: Derive<'_>, parent: &RecordId) -> Result<Outcome, Trouble> {
    let marker = run.projection.key.marker();
    let listed = run.runtime.list_under(run.target, parent).await?;
    let found = listed.into_iter().find(|snapshot| snapshot.marker.as_ref() == Some(&marker));
    run.projection.at = found.map(|found| found.at);
    if run.projection.at.is_none() {
        run.projection.left_to_human = true;
        run.tell(Happening::LeftToHuman);
    }
    run.commit().await?;
    Ok(Outcome::done(Did::Noted).again(run.runtime.now()))
}

async fn recover(mut run: Derive<'_>, pending: ProjectionPending, owner: &Owner) -> Result<Outcome, Trouble> {
    let now = run.runtime.now();
    run.projection.pending = None;
    run.announced_by = pending.run;
    if let Some(under) = pending.under {
        let marker = run.projection.key.marker();
        // Where it was sent to, and where that has gone to since.
        let first = RecordRef::top(under.clone());
        let mut parents = vec![under];
        if let Owner::Ready(parent, _) = owner {
            parents.extend((!parents.contains(parent)).then(|| parent.clone()));
        }
        let place = run.runtime.read(Side::Right, &first).await?;
        let is_gone = matches!(place, Read::Gone);
        if let Read::MovedTo(survivor) = place {
            parents.extend((!parents.contains(&survivor.id)).then_some(survivor.id));
        }
        let mut ours = Vec::new();
        for parent in &parents {
            let listed = run.runtime.list_under(run.target, parent).await?;
            ours.extend(listed.into_iter().filter(|found| found.marker.as_ref() == Some(&marker)));
        }
        match ours.as_slice() {
            [] if is_gone => {
                // A service that does not tell of merges says of a merged record what it says of a deleted one.
                let why = "its create was not answered, and the record that it was to live under is gone: if that was \
                           merged into another, look whether this went along";
                run.projection.left_to_human = true;
                run.ask(ReviewKind::Create, why.to_owned());
            }
            [] => run.tell(Happening::NotApplied(Side::Right)),
            [found] => {
                run.tell(Happening::Linked(Side::Right, found.at.clone()));
                run.projection.at = Some(found.at.clone());
                run.projection.wrote = Some(pending.sent);
            }
            several => {
                let why = format!("{} records carry its marker: delete all but one", several.len());
                run.projection.left_to_human = true;
                run.ask(ReviewKind::Create, why);
            }
        }
    } else if let Some(at) = run.projection.at.clone() {
        let read = run.runtime.told(run.runtime.account(Side::Right), run.target.get(&at).await)?;
        if let Read::Found(found) = read {
            let is_there = pending.sent.sent.iter().all(|(name, value)| found.raw.get(name) == Some(value));
            if is_there {
                let before = run.projection.wrote.as_ref().map(|wrote| &wrote.stored);
                run.tell(Happening::Wrote(Side::Right, writes(&pending.sent.sent, before)));
                run.projection.wrote = Some(pending.sent);
            }
        }
    }
    run.commit().await?;
    Ok(Outcome::done(Did::Noted).again(now))
}

async fn take(
    mut run: Derive<'_>,
    step: Step,
    wanted: Option<Wanted>,
    parent: Option<&RecordId>,
    seen: Option<Snapshot>,
) -> Result<Outcome, Trouble> {
    let fact = run.projection.fact.clone();
    match step {
        Step::Nothing => {
            // Remember the fact, so that it is not asked again what was found to need nothing.
            let behind = run.projection.wrote.as_ref().is_some_and(|wrote| wrote.fact != fact);
            if behind && !run.projection.left_to_human {
                if let (Some(wrote), Some(wanted), Some(seen)) = (&mut run.projection.wrote, &wanted, &seen) {
                    wrote.fact = fact;
                    note(wrote, &wanted.fields, &seen.raw);
                    run.commit().await?;
                    return Ok(Outcome::done(Did::Noted));
                }
            }
            if run.projection.wrote.is_none() && run.projection.at.is_none() && !run.projection.left_to_human
            {
                // Never there, and not needed any more.
                return run.forget().await;
            }
            Ok(Outcome::nothing())
        }
        // Its owner's own run hints it when it is there.
        Step::WaitForOwner => Ok(Outcome::nothing()),
        Step::Create => match (wanted, parent) {
            (Some(wanted), Some(parent)) => create(run, wanted, parent.clone()).await,
            _ => Ok(Outcome::nothing()),
        },
        Step::Adopt(at) => {
            let there = seen.map(|seen| seen.raw).unwrap_or_default();
            let wanted = wanted.map(|wanted| wanted.fields).unwrap_or_default();
            run.tell(Happening::Linked(Side::Right, at.clone()));
            // Whether a person or an older fact made the difference to what is wanted is not known any more: it stays until
            // the fact changes.
            let names = wanted.keys().filter_map(|name| Some((name.clone(), there.get(name)?.clone())));
            let held: Raw = names.collect();
            run.projection.at = Some(at);
            run.projection.wrote = Some(Wrote { sent: wanted, stored: held, fact });
            run.commit().await?;
            Ok(Outcome::done(Did::Noted))
        }
        Step::Patch(patch) => {
            let wanted = wanted.map(|wanted| wanted.fields).unwrap_or_default();
            patch_with(run, patch, &wanted, seen).await
        }
        Step::LeaveToHuman if seen.is_some() => {
            // Theirs until the fact changes again.
            if let Some(wrote) = run.projection.wrote.as_mut().filter(|wrote| wrote.fact != fact) {
                wrote.fact = fact;
                run.commit().await?;
            }
            Ok(Outcome::nothing())
        }
        Step::LeaveToHuman => {
            run.projection.left_to_human = true;
            run.tell(Happening::LeftToHuman);
            run.commit().await?;
            Ok(Outcome::done(Did::Noted))
        }
        // Its fact may get another owner, such as the one that this one was merged into: then it is known where it is.
        Step::End if run.projection.at.is_some() && run.projection.wanted.is_some() => Ok(Outcome::nothing()),
        Step::End => run.forget().await,
    }
}

/// What is wanted and there counts as written.
fn note(wrote: &mut Wrote, wanted: &Raw, seen: &Raw) {
    for (name, value) in wanted {
        if seen.get(name) == Some(value) {
            wrote.sent.insert(name.clone(), value.clone());
            wrote.stored.insert(name.clone(), value.clone());
        }
    }
}

impl Derive<'_> {
    async fn announce(
        &mut self,
        sent: Wrote,
        under: Option<RecordId>,
    ) -> Result<(ProjectionPending, Announced), Trouble> {
        let at = self.runtime.now();
        let monotonic = self.runtime.clock.env().monotonic();
        let send_by = at.checked_add(self.runtime.send_within).unwrap_or(Timestamp::MAX);
        let pending = ProjectionPending { at, send_by, sent, under, run: Some(self.runtime.run.clone()) };
        if !self.runtime.is_off(RuleOff::WriteAhead) {
            self.projection.pending = Some(pending.clone());
            self.commit().await?;
        }
        Ok((pending, Announced::new(send_by, monotonic)))
    }

    /// A write that was not answered, or not taken.
    async fn not_written(mut self, error: WriteError, until: Timestamp) -> Result<Outcome, Trouble> {
        let account = self.runtime.account(Side::Right);
        match error {
            WriteError::Unknown(fault) => {
                tracing::warn!(key = %self.projection.key, %fault, "a write without an answer, looked up later");
                let _ = self.runtime.failed(account, fault);
                Ok(Outcome::done(Did::Unanswered).again(until))
            }
            WriteError::Exists(id) => {
                let why = format!("record {id} is in the way: delete it, or leave this one out");
                self.projection.pending = None;
                self.ask(ReviewKind::Match, why.clone());
                self.commit().await?;
                Ok(Outcome::done(Did::Asked(why)))
            }
            WriteError::NotApplied(fault) => {
                self.projection.pending = None;
                self.tell(Happening::NotApplied(Side::Right));
                if fault.kind() == FaultKind::Gone {
                    // Its owner is gone, or it is: a person's doing either way.
                    let why = "the record that it belongs to is gone: restore it, or delete its partner too";
                    self.ask(ReviewKind::Deleted, why.to_owned());
                    self.commit().await?;
                    return Ok(Outcome::done(Did::Asked(why.to_owned())));
                }
                self.commit().await?;
                Err(self.runtime.failed(account, fault))
            }
        }
    }

    fn quarantine_ends(&self, pending: &ProjectionPending) -> Timestamp {
        self.target.caps().known_at(pending.send_by)
    }
}

async fn create(mut run: Derive<'_>, wanted: Wanted, parent: RecordId) -> Result<Outcome, Trouble> {
    let fields = wanted.fields.clone();
    let mut sent = Wrote { sent: fields.clone(), stored: fields, fact: run.projection.fact.clone() };
    let (pending, announced) = run.announce(sent.clone(), Some(parent.clone())).await?;
    let marker = run.projection.key.marker();
    let scope = Scope::Under(parent.clone());
    let created = match run.runtime.in_time(&announced) {
        Ok(()) => run.target.create(&scope, &wanted.fields, &marker).await,
        Err(late) => Err(WriteError::NotApplied(late)),
    };
    match created {
        Ok(written) => {
            let at = RecordRef::under(parent, written.id);
            run.runtime.breaker(&run.runtime.account(Side::Right)).success();
            // Where the service stores it otherwise, that is what is there, and no person's doing.
            as_stored(&mut sent.stored, written.stored.as_ref());
            run.tell(Happening::Created(Side::Right, at.clone(), writes(&sent.stored, None)));
            run.projection.at = Some(at);
            run.projection.wrote = Some(sent);
            run.projection.pending = None;
            run.commit().await?;
            Ok(Outcome::done(Did::Created))
        }
        Err(error) => {
            let until = run.quarantine_ends(&pending);
            run.not_written(error, until).await
        }
    }
}

async fn patch_with(
    mut run: Derive<'_>,
    patch: Raw,
    wanted: &Raw,
    seen: Option<Snapshot>,
) -> Result<Outcome, Trouble> {
    let Some(seen) = seen else { return Ok(Outcome::nothing()) };
    let before = run.projection.wrote.clone();
    let (mut sent, mut stored) = before.map(|wrote| (wrote.sent, wrote.stored)).unwrap_or_default();
    sent.extend(patch.clone());
    stored.extend(patch.clone());
    let mut sent = Wrote { sent, stored, fact: run.projection.fact.clone() };
    // What somebody has done already needs no write, and is ours to undo once the fact says otherwise.
    note(&mut sent, wanted, &seen.raw);
    let (pending, announced) = run.announce(sent.clone(), None).await?;
    let marker = run.projection.key.marker();
    let patch_names: Vec<String> = patch.keys().cloned().collect();
    let told = writes(&patch, Some(&seen.raw));
    let written = match run.runtime.in_time(&announced) {
        Ok(()) => run.target.update(&seen, &Part::Fields(patch), &marker).await,
        Err(late) => Err(WriteError::NotApplied(late)),
    };
    match written {
        Ok(written) => {
            run.runtime.breaker(&run.runtime.account(Side::Right)).success();
            run.tell(Happening::Wrote(Side::Right, told));
            if let Some(theirs) = &written.stored {
                // What a person has edited is still not ours.
                for name in patch_names {
                    if let Some(value) = theirs.raw.get(&name) {
                        sent.stored.insert(name, value.clone());
                    }
                }
            }
            run.projection.wrote = Some(sent);
            run.projection.pending = None;
            run.commit().await?;
            Ok(Outcome::done(Did::Updated))
        }
        Err(error) => {
            let until = run.quarantine_ends(&pending);
            run.not_written(error, until).await
        }
    }
}

/// What the journal tells of fields in the collection's own names: those that are not as they were `before`.
fn writes(after: &Raw, before: Option<&Raw>) -> Vec<FieldWrite> {
    let told = |(name, value): (&String, &Value)| {
        let before = before.map_or(Some(&Value::Null), |before| before.get(name));
        let before = before.map_or(FieldValue::Unknown, FieldValue::of_json);
        FieldWrite { field: name.clone(), before, after: FieldValue::of_json(value) }
    };
    after.iter().map(told).filter(|write| write.before != write.after).collect()
}

/// Takes what the service says it stored for what is there.
fn as_stored(sent: &mut Raw, stored: Option<&Snapshot>) {
    if let Some(stored) = stored {
        for (name, value) in sent {
            if let Some(theirs) = stored.raw.get(name) {
                value.clone_from(theirs);
            }
        }
    }
}
