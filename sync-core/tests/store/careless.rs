//! The suite fails on stores that are wrong.

mod mistake;
mod refused;

use std::mem::take;
use std::sync::Mutex;
use std::time::Duration;

use sync_core::engine::{
    Entry, Fact, FactKey, Link, LinkId, Pair, Projection, ProjectionKey, RecordId, RecordRef, Review,
    ReviewKey, RowDigest, RunId, Side,
};
use sync_core::jiff::Timestamp;
use sync_core::queue::WorkKey;
use sync_core::store::{
    Accounts, BindError, Commit, CommitError, FeedId, MemoryStore, Mentions, Position, Store,
};
use sync_core::{Rev, StoreError, Versioned, async_trait};

use mistake::{Mistake, Mistake as M};

/// What was seen of earlier commits.
#[derive(Debug, Default)]
struct Notes {
    /// Each record that a link had, and the link.
    had: Vec<(Side, RecordRef, LinkId)>,
    /// The links that were written as ended.
    ended: Vec<LinkId>,
    /// The records of live links that were deleted.
    left: Vec<(Side, RecordRef)>,
    /// The first owner of each projection.
    owners: Vec<(ProjectionKey, RecordId)>,
    /// How many entries the journal was given, and those that are there.
    given: u64,
    journal: Vec<(u64, Entry)>,
    /// What was noted of records.
    known: Vec<(Side, RecordRef, RowDigest)>,
}

#[derive(Debug)]
struct Careless {
    right: MemoryStore,
    mistake: Mistake,
    notes: Mutex<Notes>,
}

const SIDES: [Side; 2] = [Side::Left, Side::Right];

fn ends(link: &Link) -> impl Iterator<Item = (Side, RecordRef)> {
    SIDES.into_iter().filter_map(|side| Some((side, link.ends[side].clone()?)))
}

fn is_gone(commit: &Commit, id: &LinkId) -> bool {
    commit.gone_links.iter().any(|(_, gone)| gone == id)
}

impl Careless {
    fn shortened(&self, limit: usize, by: Mistake) -> usize {
        if self.mistake == by && limit > 1 { limit - 1 } else { limit }
    }

    async fn present(&self, id: &LinkId) -> Result<Option<Rev>, StoreError> {
        Ok(self.right.link(id).await?.map(|link| link.rev))
    }

    /// The links with a record that have ended, in the order of their ids.
    async fn ended(&self, side: Side, at: &RecordRef) -> Result<Vec<Versioned<Link>>, StoreError> {
        let mut links = self.right.links_page(None, usize::MAX).await?;
        links.retain(|link| !link.value.is_live() && link.value.ends[side].as_ref() == Some(at));
        Ok(links)
    }

    async fn note(&self, commit: &Commit) -> Result<(), StoreError> {
        let mut left = Vec::new();
        for (_, id) in &commit.gone_links {
            let link = self.right.link(id).await?;
            left.extend(link.iter().filter(|link| link.value.is_live()).flat_map(|link| ends(&link.value)));
        }
        let mut notes = self.notes.lock().unwrap();
        notes.left.extend(left);
        for (_, link) in &commit.links {
            notes.had.extend(ends(link).map(|(side, at)| (side, at, link.id.clone())));
            if !link.is_live() {
                notes.ended.push(link.id.clone());
            }
        }
        notes.owners.extend(commit.projections.iter().map(|(_, p)| (p.key.clone(), p.owner.clone())));
        Ok(())
    }

    /// Claims that are none.
    async fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        for (index, (_, link)) in commit.links.iter().enumerate().filter(|(_, (_, link))| link.is_live()) {
            for (side, record) in ends(link) {
                let at = match self.mistake {
                    M::ClaimsByIdAlone => RecordRef::top(record.id.clone()),
                    _ => record.clone(),
                };
                let Some(Versioned { value: holder, .. }) = self.right.link_of(side, &at).await? else {
                    continue;
                };
                let claims = match self.mistake {
                    M::ClaimsByIdAlone => holder.is_live(),
                    M::ClaimsForEnded => !holder.is_live(),
                    M::ClaimsForDeleted => is_gone(commit, &holder.id),
                    M::ClaimsInOrder => {
                        let seen =
                            commit.links.iter().take(index).any(|(_, earlier)| earlier.id == holder.id);
                        holder.is_live() && !seen && !is_gone(commit, &holder.id)
                    }
                    _ => false,
                };
                if claims && holder.id != link.id {
                    return Err(CommitError::Claimed { record, by: holder.id });
                }
            }
        }
        Ok(())
    }

    /// Commits a part of a commit before the rest.
    async fn commit_apart(&self, commit: &mut Commit) -> Result<(), CommitError> {
        let mut part = Commit::default();
        match self.mistake {
            M::CommitsLinksApart => part.links = take(&mut commit.links),
            M::CommitsProjectionsApart => part.projections = take(&mut commit.projections),
            M::CommitsFactsApart => part.facts = take(&mut commit.facts),
            M::CommitsPositionsApart => part.positions = take(&mut commit.positions),
            M::CommitsReviewsApart => part.reviews = take(&mut commit.reviews),
            M::CommitsTheJournalApart => part.journal = take(&mut commit.journal),
            _ => return Ok(()),
        }
        self.right.commit(part).await
    }

    async fn spoil(&self, commit: &mut Commit) -> Result<(), CommitError> {
        match self.mistake {
            M::LastLinkWins => {
                for (seen, link) in &mut commit.links {
                    *seen = self.present(&link.id).await?;
                }
            }
            M::LastProjectionWins => {
                for (seen, projection) in &mut commit.projections {
                    *seen = self.right.projection(&projection.key).await?.map(|found| found.rev);
                }
            }
            M::LastFactWins => {
                for (seen, fact) in &mut commit.facts {
                    *seen = self.right.fact(&fact.key).await?.map(|found| found.rev);
                }
            }
            M::LastPositionWins => {
                for (seen, feed, _) in &mut commit.positions {
                    *seen = self.right.position(feed).await?.map(|found| found.rev);
                }
            }
            M::ChecksTooEarly => {
                for (seen, link) in &mut commit.links {
                    let found = self.present(&link.id).await?;
                    if found != *seen {
                        return Err(CommitError::Stale(link.id.to_string()));
                    }
                    tokio::task::yield_now().await;
                    *seen = self.present(&link.id).await?;
                }
            }
            M::LosesWhenLinksWereWritten => {
                commit.links.iter_mut().for_each(|(_, link)| link.wrote_at = Pair::default());
            }
            M::KeepsOldFields => {
                for (_, link) in commit.links.iter_mut().filter(|(_, link)| link.fields.is_empty()) {
                    let old = self.right.link(&link.id).await?;
                    link.fields = old.map(|old| old.value.fields).unwrap_or_default();
                }
            }
            M::ForgetsProjections => commit.projections.clear(),
            M::ForgetsFacts => commit.facts.clear(),
            M::ForgetsPositions => commit.positions.clear(),
            M::ForgetsReviews => commit.reviews.clear(),
            M::ForgetsTheJournal => commit.journal.clear(),
            M::AsksAnew => {
                commit.closed_reviews.extend(commit.reviews.iter().map(|review| review.key.clone()));
            }
            M::KeepsEntries => commit.gone_entries.clear(),
            M::ClosesNothing => commit.closed_reviews.clear(),
            M::ClosesOnlyWhatIsOpen => {
                for key in &commit.closed_reviews {
                    if self.right.review(key).await?.is_none() {
                        return Err(CommitError::Stale(key.to_string()));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Numbers entries before it is certain when they appear.
    async fn journal_later(&self, entries: Vec<Entry>) {
        for entry in entries {
            let number = {
                let mut notes = self.notes.lock().unwrap();
                notes.given += 1;
                notes.given
            };
            for _ in 0..number % 5 {
                tokio::task::yield_now().await;
            }
            let mut notes = self.notes.lock().unwrap();
            notes.journal.push((number, entry));
            notes.journal.sort_by_key(|(number, _)| *number);
        }
    }
}

#[async_trait]
impl Store for Careless {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        if self.mistake == M::BindsToAnyone { Ok(()) } else { self.right.bind(accounts).await }
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
        self.right.link(id).await
    }

    async fn link_of(&self, side: Side, at: &RecordRef) -> Result<Option<Versioned<Link>>, StoreError> {
        let found = self.right.link_of(side, at).await?;
        let is_live = found.as_ref().is_some_and(|found| found.value.is_live());
        let mut ended = self.ended(side, at).await?;
        match self.mistake {
            M::LinkOfIgnoresParents => self.right.link_of(side, &RecordRef::top(at.id.clone())).await,
            M::LinkOfIgnoresSides if found.is_none() => self.right.link_of(side.other(), at).await,
            M::LinkOfIsForEver if found.is_none() => {
                let had = |(s, r, _): &&(Side, RecordRef, LinkId)| *s == side && r == at;
                let id = self.notes.lock().unwrap().had.iter().find(had).map(|(_, _, id)| id.clone());
                if let Some(id) = id { self.right.link(&id).await } else { Ok(None) }
            }
            M::LinkOfForgetsEnded if !is_live => Ok(None),
            M::LinkOfPrefersEnded => Ok(ended.pop().or(found)),
            M::LinkOfTakesAnyEnded if !is_live => Ok(ended.pop()),
            M::LinkOfTakesLastWritten if !is_live => {
                let order = self.notes.lock().unwrap().ended.clone();
                Ok(ended.into_iter().max_by_key(|link| order.iter().rposition(|id| *id == link.value.id)))
            }
            M::LinkOfForgetsWhoWasTakenFrom if !is_live => {
                let was_left = self.notes.lock().unwrap().left.contains(&(side, at.clone()));
                Ok(found.filter(|_| !was_left))
            }
            _ => Ok(found),
        }
    }

    async fn links_of(
        &self,
        side: Side,
        at: &[RecordRef],
    ) -> Result<Vec<Option<Versioned<Link>>>, StoreError> {
        let mut links = self.right.links_of(side, at).await?;
        if self.mistake == M::LinksOfLeavesOutUnknown {
            links.sort_by_key(Option::is_none);
        }
        Ok(links)
    }

    async fn known_as(&self, side: Side, at: &[RecordRef]) -> Result<Vec<Option<RowDigest>>, StoreError> {
        if self.mistake == M::KnowsForEver {
            let known = &self.notes.lock().unwrap().known;
            let of = |at| known.iter().rfind(|(on, of, _)| *on == side && of == at).map(|known| known.2);
            return Ok(at.iter().map(of).collect());
        }
        let side = if self.mistake == M::KnowsOneSide { Side::Left } else { side };
        self.right.known_as(side, at).await
    }

    async fn note_known(&self, side: Side, known: &[(LinkId, Rev, RowDigest)]) -> Result<(), StoreError> {
        let mut known = known.to_vec();
        for (id, rev, digest) in &mut known {
            let Some(found) = self.right.link(id).await? else { continue };
            if self.mistake == M::KnowsAnyVersion {
                *rev = found.rev;
            }
            let at = found.value.ends[side].clone();
            self.notes.lock().unwrap().known.extend(at.map(|at| (side, at, *digest)));
        }
        self.right.note_known(side, &known).await
    }

    async fn facts(&self, keys: &[FactKey]) -> Result<Vec<Option<Versioned<Fact>>>, StoreError> {
        let mut facts = self.right.facts(keys).await?;
        facts.retain(|fact| self.mistake != M::FactsLeaveOutUnknown || fact.is_some());
        Ok(facts)
    }

    async fn records_page(
        &self,
        side: Side,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        self.right.records_page(side, after, limit).await
    }

    async fn open_creates(&self, side: Side) -> Result<Vec<Link>, StoreError> {
        let mut found = self.right.open_creates(side).await?;
        match self.mistake {
            M::CreatesOnBothSides => found.extend(self.right.open_creates(side.other()).await?),
            M::CreatesAreAnyWrite => {
                found = self.right.links_page(None, usize::MAX).await?.into_iter().map(|l| l.value).collect();
                found.retain(|link| link.pending.as_ref().is_some_and(|pending| pending.op.side() == side));
            }
            M::CreatesAreUnordered => found.reverse(),
            _ => {}
        }
        Ok(found)
    }

    async fn links_page(
        &self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        let mut links = self.right.links_page(after, self.shortened(limit, M::PagesAreShort)).await?;
        if self.mistake == M::PagesHaveNoVersions {
            for link in &mut links {
                link.rev = Rev::FIRST;
            }
        }
        Ok(links)
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>, StoreError> {
        self.right.projection(key).await
    }

    async fn projections_of(&self, owner: &RecordId) -> Result<Vec<Versioned<Projection>>, StoreError> {
        if self.mistake == M::ProjectionsOfAnybody {
            return self.right.projections_page(None, usize::MAX).await;
        }
        if self.mistake == M::ProjectionsOfFirstOwner {
            let mut all = self.right.projections_page(None, usize::MAX).await?;
            let owners = self.notes.lock().unwrap().owners.clone();
            let first = |key: &ProjectionKey| {
                owners.iter().find(|(owned, _)| owned == key).map(|(_, owner)| owner.clone())
            };
            all.retain(|found| first(&found.value.key).as_ref() == Some(owner));
            return Ok(all);
        }
        self.right.projections_of(owner).await
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        self.right.projections_page(after, self.shortened(limit, M::PagesAreShort)).await
    }

    async fn fact(&self, key: &FactKey) -> Result<Option<Versioned<Fact>>, StoreError> {
        self.right.fact(key).await
    }

    async fn facts_of(&self, owner: &RecordId) -> Result<Vec<Fact>, StoreError> {
        let mut facts = self.right.facts_of(owner).await?;
        match self.mistake {
            M::FactsAreUnordered => facts.sort_by_key(|fact| serde_json::to_string(&fact.key).unwrap()),
            M::FactsWithoutOwnersAreAnybodys => {
                let key = FactKey::new("documents", RecordRef::top(RecordId::new("nobody's")));
                facts.extend(self.right.fact(&key).await?.map(|fact| fact.value));
            }
            _ => {}
        }
        Ok(facts)
    }

    async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>, StoreError> {
        self.right.position(feed).await
    }

    async fn review(&self, key: &ReviewKey) -> Result<Option<Review>, StoreError> {
        self.right.review(key).await
    }

    async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>, StoreError> {
        let mut found = self.right.reviews_about(about).await?;
        match (self.mistake, about) {
            (M::ReviewsIgnoreSides, WorkKey::Birth(side, at)) => {
                found.extend(self.right.reviews_about(&WorkKey::Birth(side.other(), at.clone())).await?);
            }
            (M::ReviewsAreUnordered, _) => found.reverse(),
            _ => {}
        }
        Ok(found)
    }

    async fn reviews_page(&self, after: Option<&ReviewKey>, limit: usize) -> Result<Vec<Review>, StoreError> {
        let limit = self.shortened(limit, M::PagesAreShort);
        self.right.reviews_page(after, self.shortened(limit, M::QuestionsAreFew)).await
    }

    async fn journal_of_run(
        &self,
        run: &RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        match self.mistake {
            M::RunsAreMixed => self.right.journal(None, after, limit).await,
            M::RunsBeginAnew => self.right.journal_of_run(run, 0, limit).await,
            _ => self.right.journal_of_run(run, after, limit).await,
        }
    }

    async fn runs(&self, before: Option<&RunId>, limit: usize) -> Result<Vec<RunId>, StoreError> {
        let mut runs = self.right.runs(before, limit).await?;
        match self.mistake {
            M::RunsAreOldestFirst => runs.reverse(),
            M::RunsIncludeTheLast => runs.splice(..0, before.cloned()).for_each(drop),
            _ => {}
        }
        Ok(runs)
    }

    async fn links_with(&self, side: Side, at: &RecordRef) -> Result<Vec<Link>, StoreError> {
        let mut links = self.right.links_with(side, at).await?;
        links.retain(|link| self.mistake != M::LinksWithTheLiveOneAlone || link.is_live());
        Ok(links)
    }

    async fn journal(
        &self,
        about: Option<&WorkKey>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        let limit = self.shortened(limit, M::JournalPagesAreShort);
        match self.mistake {
            M::JournalIgnoresRecords => self.right.journal(None, after, limit).await,
            M::JournalBeginsAtZero => {
                let entries = self.right.journal(about, after, limit).await?;
                Ok(entries.into_iter().map(|(number, entry)| (number - 1, entry)).collect())
            }
            M::JournalHasOneNumber => {
                let entries = self.right.journal(about, after, limit).await?;
                Ok(entries.into_iter().map(|(_, entry)| (1, entry)).collect())
            }
            M::JournalRepeats => self.right.journal(about, after.saturating_sub(1), limit).await,
            M::JournalLimitsFirst => {
                let mut entries = self.right.journal(None, after, limit).await?;
                entries.retain(|(_, entry)| about.is_none_or(|about| entry.about == *about));
                Ok(entries)
            }
            M::JournalFillsGaps => {
                let entries = self.notes.lock().unwrap().journal.clone();
                let wanted = entries.into_iter().filter(|(number, entry)| {
                    *number > after && about.is_none_or(|about| entry.about == *about)
                });
                Ok(wanted.take(limit).collect())
            }
            _ => self.right.journal(about, after, limit).await,
        }
    }

    async fn mentioning(&self, id: &RecordId) -> Result<Mentions, StoreError> {
        let mut found = self.right.mentioning(id).await?;
        let is_about_it = |review: &Review| review.about.to_string().contains(id.as_str());
        found.reviews.retain(|review| self.mistake != M::MentionsWhatIsAboutIt || is_about_it(review));
        Ok(found)
    }

    async fn trim_journal(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        match self.mistake {
            M::TrimsTooMuch => self.right.trim_journal(before, usize::MAX).await,
            M::TrimsTheMomentItself => self.right.trim_journal(before + Duration::from_nanos(1), limit).await,
            _ => self.right.trim_journal(before, limit).await,
        }
    }

    async fn commit(&self, mut commit: Commit) -> Result<(), CommitError> {
        self.note(&commit).await?;
        self.check(&commit).await?;
        self.spoil(&mut commit).await?;
        self.commit_apart(&mut commit).await?;
        let ids: Vec<_> = commit.links.iter().map(|(_, link)| link.id.clone()).collect();
        let entries = if self.mistake == M::JournalFillsGaps { take(&mut commit.journal) } else { vec![] };
        match (self.mistake, self.right.commit(commit).await) {
            (M::ClaimsNothing, Err(CommitError::Claimed { .. })) => Ok(()),
            (M::ClaimsNothingWithinACommit, Err(CommitError::Claimed { by, .. })) if ids.contains(&by) => {
                Ok(())
            }
            (M::NamesAnotherHolder, Err(CommitError::Claimed { record, .. })) => {
                Err(CommitError::Claimed { record, by: LinkId::new("another") })
            }
            (M::NamesTheFirstOfACommit, Err(CommitError::Claimed { record, by })) if ids.contains(&by) => {
                Err(CommitError::Claimed { record, by: ids.first().cloned().unwrap() })
            }
            (_, result) => {
                result?;
                self.journal_later(entries).await;
                Ok(())
            }
        }
    }
}
