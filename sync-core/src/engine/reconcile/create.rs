use jiff::Timestamp;

use super::super::collection::{Marker, Read, WriteError, Written};
use super::super::fault::FaultKind;
use super::super::guard::GuardClass;
use super::super::journal::Happening;
use super::super::link::{Link, LinkId, PendingOp, Refusal, Sent};
use super::super::mapping::Fields;
use super::super::merge::{Reason, Write};
use super::super::record::{Fingerprint, RecordId, RecordRef, Scope, Side, Snapshot};
use super::super::review::ReviewKind;
use super::super::runtime::{Births, Runtime, Source, Trouble};
use super::super::switches::RuleOff;
use super::super::value::{Agreed, FieldValue, Pair};
use super::birth::{Newborn, Partner};
use super::run::Run;
use super::{Did, Outcome};
use crate::queue::WorkKey;
use crate::store::CommitError;

impl Runtime {
    /// Creates the missing record of a link, from the one of side `from`.
    pub(super) async fn create_partner(
        &self,
        mut run: Run<'_>,
        from: Side,
        at: RecordRef,
        source: Source<'_>,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        if self.births[from] != Births::Create {
            return Ok(Outcome::nothing());
        }
        let snapshot = match self.read_from(source, from, &at).await? {
            Read::Found(snapshot) => snapshot,
            Read::MovedTo(survivor) => return self.follow(run, from, survivor, now).await,
            Read::Gone => {
                if let Some(again) = self.gone(&mut run, from) {
                    run.commit_if_changed().await?;
                    return Ok(Outcome::wait(again));
                }
                // Gone before it had a partner: there never was a pair.
                return run.drop_link(Outcome::done(Did::Ended)).await;
            }
        };
        if run.link.gone_at[from].take().is_some() {
            run.changed = true;
        }
        if !self.is_in_scope(from, &snapshot) {
            return Ok(Outcome::nothing());
        }
        let to = from.other();
        let Some(scope) = self.scope_for_partner(from, &at, Link::is_live).await? else {
            // The record that it lives under has no partner yet.
            let later = now.checked_add(self.send_within).unwrap_or(Timestamp::MAX);
            return Ok(Outcome::wait(later));
        };
        let fields = self.fields(from, &snapshot).await?;
        let sought = self.sought(&run.link.id, &fields);
        if run.link.sought.as_ref() != Some(&sought) {
            // Not the keys by which nobody was found: there may be somebody who has these.
            let newborn =
                Newborn { side: from, at: &at, snapshot: &snapshot, fields: &fields, forgotten: false };
            let partner = self.partner_of(&newborn, source).await?;
            let (partner, answer) = self.with_answer(&run.key(), to, partner).await?;
            match partner {
                Partner::Create => {
                    run.link.sought = Some(sought);
                    run.changed = true;
                }
                Partner::Free(other) => return self.complete(run, to, &other).await,
                Partner::Waiting(half, other) if answer.is_some() => {
                    return self.unite(run, to, &half, &other).await;
                }
                Partner::Waiting(..) => {
                    // Two halves of one pair, each with a link: this one joins the other.
                    return run.drop_link(Outcome::done(Did::Noted).hint([WorkKey::Birth(from, at)])).await;
                }
                Partner::Later(until) => {
                    run.commit_if_changed().await?;
                    return Ok(Outcome::wait(until));
                }
                Partner::Ask(why) => {
                    run.commit_if_changed().await?;
                    return match answer {
                        None => self.ask_once(&run.key(), ReviewKind::Match, why).await,
                        Some(_) => self.ask_again(&run.key(), ReviewKind::Match, why).await,
                    };
                }
                Partner::Left => {
                    run.commit_if_changed().await?;
                    return Ok(Outcome::nothing());
                }
            }
        }
        let sent = self.initial(&mut run, from, &fields, now);
        if self.is_still_refused(&run, to, &sent).await? {
            match self.answer_to_refusal(&run, to).await? {
                (Partner::Create, _) => run.link.refused = None,
                (Partner::Free(other), _) => return self.complete(run, to, &other).await,
                (Partner::Waiting(half, other), _) => return self.unite(run, to, &half, &other).await,
                (Partner::Ask(why), _) => {
                    run.commit_if_changed().await?;
                    return self.ask_again(&run.key(), ReviewKind::Match, why).await;
                }
                (Partner::Left | Partner::Later(_), _) => {
                    run.commit_if_changed().await?;
                    return Ok(Outcome::nothing());
                }
            }
        }
        if run.is_old() {
            return Ok(Outcome::wait(self.now()));
        }
        if let Some(held) = self.hold(&run.link.id, vec![(GuardClass::Creates, 0)]).await? {
            run.commit_if_changed().await?;
            return Ok(held);
        }
        let suggested = run.link.id.marker();
        let marker = self.told(self.account(to), self.collection(to).marker(&suggested).await)?;
        self.send_create(run, to, scope, marker, sent).await
    }

    /// Whether the service has refused just the create that would be sent for these fields, for what they are.
    pub(in super::super) fn is_refused(&self, link: &Link, from: Side, fields: &Fields) -> bool {
        let Some(refusal) = link.refused.as_ref().filter(|refusal| refusal.by.is_none()) else {
            return false;
        };
        let mut run = Run::new(self, None, link.clone());
        let sent = self.initial(&mut run, from, fields, self.now());
        refusal.sent == self.digest(&link.id, &sent)
    }

    /// Whether the service has refused just this create, and nothing has changed since.
    async fn is_still_refused(&self, run: &Run<'_>, to: Side, sent: &[Sent]) -> Result<bool, Trouble> {
        let digest = self.digest(&run.link.id, sent);
        let Some(refusal) = run.link.refused.as_ref().filter(|refusal| refusal.sent == digest) else {
            return Ok(false);
        };
        let Some(by) = &refusal.by else { return Ok(true) };
        let Read::Found(found) = self.read(to, by).await? else { return Ok(false) };
        if found.marker.as_ref().is_some_and(|marker| marker.as_str() == run.link.id.as_str()) {
            return Ok(true);
        }
        let theirs = self.fields(to, &found).await?;
        let unique = &self.collection(to).caps().unique;
        let is_taken = |sent: &Sent| {
            let position = self.mapper.position(&sent.field).filter(|_| unique.contains(&sent.field));
            position.is_some_and(|position| *theirs.get(position) == sent.write.value)
        };
        // Refused for what the mapping does not know: whatever it is, it is still there.
        Ok(unique.is_empty() || sent.iter().any(is_taken))
    }

    /// Where the partner of a record is created; `None` if no record that it could live under is known. `counts` says
    /// which pairs of parents do.
    pub(super) async fn scope_for_partner(
        &self,
        from: Side,
        at: &RecordRef,
        counts: impl Fn(&Link) -> bool + Send,
    ) -> Result<Option<Scope>, Trouble> {
        let (Some(parents), Some(parent)) = (&self.parents, &at.parent) else { return Ok(Some(Scope::All)) };
        let link = parents.link_of(from, &RecordRef::top(parent.clone())).await?;
        let partner =
            link.filter(|link| counts(&link.value)).and_then(|link| link.value.ends[from.other()].clone());
        Ok(partner.map(|partner| Scope::Under(partner.id)))
    }

    /// What a new record gets. Values that cannot be written wait for a person, and the record is created without them.
    pub(super) fn initial(
        &self,
        run: &mut Run<'_>,
        from: Side,
        fields: &Fields,
        now: Timestamp,
    ) -> Vec<Sent> {
        let to = from.other();
        let mut sent = Vec::new();
        run.reveal(&[fields]);
        for (position, value) in self.mapper.initial(to, fields) {
            let Some(rules) = self.mapper.rules().fields.get(position) else { continue };
            if let Err(why) = rules.check(to, &value) {
                let mut values = Pair::default();
                values[from] = fields.get(position).clone();
                run.park(position, values, Reason::Invalid(to, why), now);
                continue;
            }
            let mut agreed = Pair::default();
            agreed[from] = Agreed::on(fields.get(position));
            agreed[to] = Agreed::on(&rules.stored(to, &value));
            let write = Write { to, value, agreed, overrides: None };
            sent.push(Sent { field: rules.name.clone(), write, before: FieldValue::Empty });
        }
        sent
    }

    /// Announces a create, sends it, and notes what came of it.
    pub(super) async fn send_create(
        &self,
        mut run: Run<'_>,
        to: Side,
        scope: Scope,
        marker: Marker,
        sent: Vec<Sent>,
    ) -> Result<Outcome, Trouble> {
        // If it was announced before, a refusal says nothing about the request that was sent then.
        let sent_before = run.link.pending.is_some();
        let op = PendingOp::Create { side: to, marker: marker.clone(), sent: sent.clone() };
        let pending = self.announce(&mut run, op).await?;
        let values: Vec<_> = sent
            .iter()
            .filter_map(|sent| Some((self.mapper.position(&sent.field)?, sent.write.value.clone())))
            .collect();
        let raw = self.mapper.write(to, &values);
        let created = match self.in_time(&pending) {
            Ok(()) => self.collection(to).create(&scope, &raw, &marker).await,
            Err(late) => Err(WriteError::NotApplied(late)),
        };
        let (now, account) = (self.now(), self.account(to));
        match created {
            Ok(written) => {
                self.breaker(&account).success();
                self.created(run, to, &scope, &sent, &written, now).await
            }
            Err(WriteError::Unknown(fault)) => {
                tracing::warn!(link = %run.link.id, %fault, "a create without an answer, looked up later");
                let _ = self.failed(account, fault);
                let again = run.quarantine_ends().unwrap_or(now);
                Ok(Outcome::done(Did::Unanswered).again(again))
            }
            Err(WriteError::Exists(id)) => self.in_the_way(run, to, &scope, &marker, &id).await,
            Err(WriteError::NotApplied(fault)) if sent_before => Err(self.failed(account, fault)),
            Err(WriteError::NotApplied(fault)) => {
                run.link.pending = None;
                if fault.kind() == FaultKind::Invalid {
                    run.link.refused = Some(Refusal { sent: self.digest(&run.link.id, &sent), by: None });
                }
                run.tell(now, Happening::NotApplied(to));
                run.commit().await?;
                Err(self.failed(account, fault))
            }
        }
    }

    async fn created(
        &self,
        mut run: Run<'_>,
        to: Side,
        scope: &Scope,
        sent: &[Sent],
        written: &Written,
        now: Timestamp,
    ) -> Result<Outcome, Trouble> {
        let at = match scope {
            Scope::Under(parent) => RecordRef::under(parent.clone(), written.id.clone()),
            Scope::All => RecordRef::top(written.id.clone()),
        };
        run.link.ends[to] = Some(at.clone());
        (run.link.pending, run.link.refused) = (None, None);
        run.link.seen_at = Pair::new(Some(now), Some(now));
        for kind in [ReviewKind::Create, ReviewKind::Invalid, ReviewKind::Match] {
            run.close(kind, None);
        }
        let stored = match &written.stored {
            Some(stored) => Some(self.fields(to, stored).await?),
            None => None,
        };
        let fields = run.told(sent, stored.as_ref());
        run.tell(now, Happening::Created(to, at.clone(), fields));
        run.wrote(to, sent, stored.as_ref(), now);
        let outcome = Outcome { otherwise: run.otherwise.clone(), ..Outcome::done(Did::Created) };
        let outcome = run.commit_with_derived(outcome).await?;
        // Whoever saw it before it was known whose it is may have seen news.
        let settles =
            self.answer_birth(to, &at).await? || run.states.iter().any(|state| state.unsettled.is_some());
        Ok(if settles { outcome.again(run.settles_at(now).unwrap_or(now)) } else { outcome })
    }

    /// Takes a record for the missing half: because it carries the marker of the announced create, or because it has its
    /// keys. What has only the keys may be somebody else's work: then only what is there as it was sent is agreed on,
    /// and in all else the two meet for the first time.
    pub(super) async fn adopt(
        &self,
        mut run: Run<'_>,
        to: Side,
        at: RecordRef,
        is_ours: bool,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        let sent = run.pending_fields().to_vec();
        run.link.ends[to] = Some(at.clone());
        (run.link.pending, run.link.refused) = (None, None);
        for kind in [ReviewKind::Create, ReviewKind::Invalid, ReviewKind::Match] {
            run.close(kind, None);
        }
        run.tell(now, Happening::Linked(to, at.clone()));
        if is_ours {
            run.wrote(to, &sent, None, now);
        } else if let Read::Found(found) = self.read(to, &at).await? {
            let seen = self.fields(to, &found).await?;
            run.agree_on_common(to, &sent, &seen, now);
        }
        match run.commit_with_derived(Outcome::done(Did::Linked(run.link.id.clone()))).await {
            Ok(outcome) => {
                self.answer_birth(to, &at).await?;
                Ok(outcome.again(run.settles_at(now).unwrap_or(now)))
            }
            Err(Trouble::Commit(CommitError::Claimed { by, .. })) if is_ours => {
                let why = format!(
                    "record {} carries its marker, but belongs to {by}: delete one of the two",
                    at.id
                );
                // A person has given it to another pair, by a merge: this one would only make the same again.
                run.link.ends[to] = None;
                run.ask(now, ReviewKind::Create, None, why);
                self.end(run, now).await
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// The service refuses a second record like this one. What is in the way is only a candidate: it is taken if it
    /// carries our marker, or if nobody has it and the strongest keys agree.
    async fn in_the_way(
        &self,
        mut run: Run<'_>,
        to: Side,
        scope: &Scope,
        marker: &Marker,
        id: &RecordId,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        let at = match scope {
            Scope::Under(parent) => RecordRef::under(parent.clone(), id.clone()),
            Scope::All => RecordRef::top(id.clone()),
        };
        let read = self.read(to, &at).await?;
        let lag = self.collection(to).caps().read_lag;
        let announced = run.link.pending.as_ref().map_or(now, |pending| pending.at);
        if !matches!(read, Read::Found(_)) && now < announced.checked_add(lag * 2).unwrap_or(now) {
            // It may be there and not be shown yet. What was announced stays so until it is known whose it is.
            return Ok(Outcome::done(Did::Unanswered).again(now.checked_add(lag).unwrap_or(now)));
        }
        if let Read::Found(found) = read {
            if found.marker.as_ref() == Some(marker) {
                return self.adopt(run, to, at, true).await;
            }
            let holder = self.store.link_of(to, &at).await?;
            let is_free = holder.is_none_or(|link| !link.value.is_live());
            if is_free && found.marker.is_none() && self.agrees(to, run.pending_fields(), &found).await? {
                return self.adopt(run, to, at, false).await;
            }
        }
        let sent = self.digest(&run.link.id, run.pending_fields());
        run.link.refused = Some(Refusal { sent, by: Some(at) });
        run.link.pending = None;
        let why = format!(
            "record {id} is in the way, and it is not certain that it is the same: correct the one that is wrong"
        );
        run.ask(now, ReviewKind::Match, None, why.clone());
        run.commit().await?;
        Ok(Outcome::done(Did::Asked(why)))
    }

    /// Whether some matcher agrees in full with what was sent, and the strongest one does not contradict.
    pub(super) async fn agrees(&self, side: Side, sent: &[Sent], found: &Snapshot) -> Result<bool, Trouble> {
        let theirs = self.fields(side, found).await?;
        let ours = |position: &usize| {
            let name = self.mapper.name(*position);
            sent.iter().find(|sent| sent.field == name).and_then(|sent| sent.write.value.text())
        };
        let same =
            |position: &usize| ours(position).is_some() && ours(position) == theirs.get(*position).text();
        let contradicts = |position: &usize| {
            let (ours, theirs) = (ours(position), theirs.get(*position).text());
            ours.zip(theirs).is_some_and(|(ours, theirs)| ours != theirs)
        };
        let matchers = self.mapper.matchers();
        Ok(matchers.iter().any(|matcher| matcher.iter().all(same))
            && !matchers.first().is_some_and(|strongest| strongest.iter().any(contradicts)))
    }

    /// Tells two creates apart.
    pub(super) fn digest(&self, link: &LinkId, sent: &[Sent]) -> Fingerprint {
        let values: Vec<_> = sent.iter().map(|sent| (&sent.field, &sent.write.value)).collect();
        self.schema.digest(link, &values)
    }

    /// Whether markers count on a side: the simulation can turn that off.
    pub(super) fn marks(&self, side: Side) -> bool {
        let off = match side {
            Side::Left => RuleOff::MarkerLeft,
            Side::Right => RuleOff::MarkerRight,
        };
        !self.is_off(off)
    }
}
