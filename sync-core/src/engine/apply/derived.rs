use std::collections::HashMap;

use super::{Apply, Outcome, Owner, STILL_UNKNOWN, Trouble};
use crate::Rev;
use crate::engine::collection::{Collection, Marker, Part, WriteError};
use crate::engine::fault::{Fault, FaultKind};
use crate::engine::link::{Pending, Projection};
use crate::engine::pass::list_all;
use crate::engine::plan::{PlannedProjection, ProjectionStep};
use crate::engine::record::{Raw, RecordRef, Scope, Snapshot};
use crate::engine::report::Ending;
use crate::engine::rule::Life;
use crate::store::{Commit, CommitError};

impl Apply<'_> {
    /// Works on the derived records of one partner and gives those back that are unresolved.
    pub(super) async fn projections(
        &self,
        owner: &Owner,
        projections: Vec<PlannedProjection>,
        last: bool,
    ) -> Vec<PlannedProjection> {
        let mut unresolved = Vec::new();
        // What a forgotten earlier run may have left under this partner, by collection.
        let mut there: HashMap<String, Vec<Snapshot>> = HashMap::new();
        for mut planned in projections {
            if planned.step == ProjectionStep::Resume && !last {
                unresolved.push(planned);
                continue;
            }
            let outcome = if self.stopped().is_some() {
                Outcome::Ended(Ending::Failed(None))
            } else {
                let result = self.projection(owner, &planned, &mut there).await;
                result.unwrap_or_else(|trouble| Outcome::Ended(self.ending(trouble)))
            };
            match outcome {
                Outcome::Done(ending, ()) | Outcome::Ended(ending) => {
                    self.end(&planned.into, planned.key.as_str(), ending);
                }
                Outcome::Unresolved if last => {
                    let why = Some(STILL_UNKNOWN.to_owned());
                    self.end(&planned.into, planned.key.as_str(), Ending::Failed(why));
                }
                Outcome::Unresolved => {
                    planned.step = ProjectionStep::Resume;
                    unresolved.push(planned);
                }
            }
        }
        unresolved
    }

    async fn projection(
        &self,
        owner: &Owner,
        planned: &PlannedProjection,
        there: &mut HashMap<String, Vec<Snapshot>>,
    ) -> Result<Outcome<()>, Trouble> {
        let Some(target) = self.pass.targets.get(&planned.into) else {
            let why = format!("no collection is called {}", planned.into);
            return Err(Fault::new(FaultKind::Broken, why).into());
        };
        let (target, marker) = (target.as_ref(), planned.key.marker());
        let under = Scope::Under(owner.right.clone());
        let found = self.pass.store.projection(&planned.key).await?;
        let seen = found.as_ref().map(|p| p.rev);
        let state = found.map_or_else(
            || Projection::new(planned.key.clone(), &planned.into, planned.owner.clone()),
            |p| p.value,
        );
        let settled = state.pending.is_none() && state.at.is_some();
        match planned.step {
            ProjectionStep::Create if seen.is_some() => {
                // Somebody else has created it, or is about to, since the plan was made.
                Err(CommitError::Stale(planned.key.to_string()).into())
            }
            // Somebody else has found it since the plan was made; the next run compares it.
            ProjectionStep::Resume if settled => Ok(Outcome::Done(Ending::Unchanged, ())),
            ProjectionStep::Waiting => Ok(Outcome::Ended(Ending::Review(None))),
            ProjectionStep::Unchanged => Ok(Outcome::Done(Ending::Unchanged, ())),
            ProjectionStep::Update => self.amend(target, seen, state, planned).await,
            ProjectionStep::Create if owner.new || self.untouched => {
                self.derive(target, &under, seen, state, planned).await
            }
            ProjectionStep::Create => {
                if !there.contains_key(&planned.into) {
                    there.insert(planned.into.clone(), list_all(target, &under).await?);
                }
                let listed = there.get(&planned.into).map(Vec::as_slice).unwrap_or_default();
                self.adopt_or_derive(target, &under, seen, state, planned, listed).await
            }
            ProjectionStep::Resume => {
                if let Some(pending) = &state.pending {
                    self.wait_until(pending, target).await;
                }
                let listed = list_all(target, &under).await?;
                let listed: Vec<_> =
                    listed.into_iter().filter(|s| s.marker.as_ref() == Some(&marker)).collect();
                self.adopt_or_derive(target, &under, seen, state, planned, &listed).await
            }
        }
    }

    async fn adopt_or_derive(
        &self,
        target: &dyn Collection,
        under: &Scope,
        seen: Option<Rev>,
        mut state: Projection,
        planned: &PlannedProjection,
        listed: &[Snapshot],
    ) -> Result<Outcome<()>, Trouble> {
        let marker: Marker = planned.key.marker();
        let mine = listed.iter().find(|s| s.marker.as_ref() == Some(&marker));
        match mine {
            Some(snapshot) => {
                state.at = Some(snapshot.at.clone());
                state.pending = None;
                let same = planned.fields.iter().all(|(name, value)| snapshot.raw.get(name) == Some(value));
                if !same {
                    return self.amend(target, seen, state, planned).await;
                }
                state.wrote = Some(planned.wanted.clone());
                self.pass.store.commit(Commit::projection(seen, state)).await?;
                let resumed = planned.step == ProjectionStep::Resume;
                Ok(Outcome::Done(if resumed { Ending::Created } else { Ending::Linked }, ()))
            }
            None if planned.life != Life::Open => {
                // It never arrived, and is not needed any more.
                if let Some(seen) = seen {
                    self.withdraw_projection(seen, planned).await?;
                }
                Ok(Outcome::Done(Ending::Unchanged, ()))
            }
            None => self.derive(target, under, seen, state, planned).await,
        }
    }

    /// Announces a derived record, creates it, and notes where it is.
    async fn derive(
        &self,
        target: &dyn Collection,
        under: &Scope,
        seen: Option<Rev>,
        mut state: Projection,
        planned: &PlannedProjection,
    ) -> Result<Outcome<()>, Trouble> {
        let store = &self.pass.store;
        let pending = Pending::new(self.pass.env.now(), self.pass.send_within);
        state.pending = Some(pending.clone());
        store.commit(Commit::projection(seen, state.clone())).await?;
        let announced = seen.map_or(Rev::FIRST, Rev::next);
        let created = match self.in_time(&pending) {
            Ok(()) => target.create(under, &planned.fields, &planned.key.marker()).await,
            Err(late) => Err(WriteError::NotApplied(late)),
        };
        match created {
            Ok(written) => {
                state.at = Some(match under {
                    Scope::Under(parent) => RecordRef::under(parent.clone(), written.id),
                    Scope::All => RecordRef::top(written.id),
                });
                state.wrote = Some(planned.wanted.clone());
                state.pending = None;
                store.commit(Commit::projection(Some(announced), state)).await?;
                Ok(Outcome::Done(Ending::Created, ()))
            }
            Err(WriteError::Unknown(fault)) => {
                tracing::warn!(key = %planned.key, %fault, "create without an answer, looked up later");
                Ok(Outcome::Unresolved)
            }
            Err(WriteError::Exists(id)) => {
                self.withdraw_projection(announced, planned).await?;
                Ok(Outcome::Ended(Ending::Review(Some(format!("record {id} is in the way")))))
            }
            Err(WriteError::NotApplied(fault)) => {
                self.withdraw_projection(announced, planned).await?;
                if fault.kind() == FaultKind::Gone {
                    let why = "the record that it belongs to is gone: restore it, or delete its partner too";
                    return Ok(Outcome::Ended(Ending::Review(Some(why.to_owned()))));
                }
                Err(fault.into())
            }
        }
    }

    async fn withdraw_projection(
        &self,
        announced: Rev,
        planned: &PlannedProjection,
    ) -> Result<(), CommitError> {
        let commit = Commit { gone_projections: vec![(announced, planned.key.clone())], ..Commit::default() };
        self.pass.store.commit(commit).await
    }

    /// Brings a derived record up to date. One that a person deleted is left alone from then on.
    async fn amend(
        &self,
        target: &dyn Collection,
        seen: Option<Rev>,
        mut state: Projection,
        planned: &PlannedProjection,
    ) -> Result<Outcome<()>, Trouble> {
        let Some(at) = state.at.clone() else {
            let why = "it was announced, but never placed";
            return Err(Fault::new(FaultKind::Broken, why).into());
        };
        // What is there was not read: the record is the engine's own, as far as it is written.
        let (unread, part) = (Snapshot::new(at, Raw::new()), Part::Fields(planned.fields.clone()));
        let result = target.update(&unread, &part, &planned.key.marker()).await;
        let ending = match result {
            Ok(_) => Ending::Updated,
            Err(WriteError::NotApplied(fault)) if fault.kind() == FaultKind::Gone => {
                state.left_to_human = true;
                Ending::Unchanged
            }
            Err(WriteError::NotApplied(fault) | WriteError::Unknown(fault)) => return Err(fault.into()),
            Err(WriteError::Exists(id)) => {
                return Ok(Outcome::Ended(Ending::Review(Some(format!("record {id} is in the way")))));
            }
        };
        state.wrote = Some(planned.wanted.clone());
        self.pass.store.commit(Commit::projection(seen, state)).await?;
        Ok(Outcome::Done(ending, ()))
    }
}
