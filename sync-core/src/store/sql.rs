//! What the stores on SQL databases share: their statements, and what a commit checks before it writes.

mod accounts;
pub(super) mod batch;
mod forgets;
mod history;
mod implement;
pub(super) mod known;

pub(super) use implement::{implement_store, session};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::memory::{keeps, shared};
use super::{Commit, CommitError, FeedId, Position};
use crate::database::{Arg, Connection, Place, Row};
use crate::engine::{
    Fact, FactKey, Link, LinkId, Projection, ProjectionKey, RecordId, RecordRef, Review, ReviewKey, RunId,
    Side,
};
use crate::queue::WorkKey;
use crate::{Rev, StoreError, Versioned};

/// The statements that the tables have alike.
struct Table {
    get: &'static str,
    delete: &'static str,
    first: &'static str,
    next: &'static str,
}

macro_rules! table {
    ($name:literal, $rev:literal) => {
        Table {
            get: concat!("SELECT ", $rev, ", id, body FROM ", $name, " WHERE id = $1"),
            delete: concat!("DELETE FROM ", $name, " WHERE id = $1"),
            first: concat!("SELECT ", $rev, ", id, body FROM ", $name, " ORDER BY id LIMIT $1"),
            next: concat!("SELECT ", $rev, ", id, body FROM ", $name, " WHERE id > $2 ORDER BY id LIMIT $1"),
        }
    };
}

const LINKS: Table = table!("links", "rev");
const PROJECTIONS: Table = table!("projections", "rev");
const FACTS: Table = table!("facts", "rev");
const POSITIONS: Table = table!("positions", "rev");
// Nobody asks for the version of a question.
const REVIEWS: Table = table!("reviews", "CAST(1 AS BIGINT)");

const LINK_OF_LEFT: &str =
    "SELECT rev, id, body FROM links WHERE left_at = $1 ORDER BY ended > 0, ended DESC LIMIT 1";
const LINK_OF_RIGHT: &str =
    "SELECT rev, id, body FROM links WHERE right_at = $1 ORDER BY ended > 0, ended DESC LIMIT 1";
const HOLDER_OF_LEFT: &str = "SELECT rev, id, body FROM links WHERE left_at = $1 AND ended = 0 AND id <> $2";
const HOLDER_OF_RIGHT: &str =
    "SELECT rev, id, body FROM links WHERE right_at = $1 AND ended = 0 AND id <> $2";
const OPEN_CREATES: &str = "SELECT rev, id, body FROM links WHERE creates_on = $1 ORDER BY id";
const RELEASE: &str = "UPDATE links SET left_at = NULL, right_at = NULL WHERE id = $1";
// A link that had ended before keeps its place among those that have. What was noted of its records is about the version
// before.
const PUT_LINK: &str = "INSERT INTO links (id, rev, left_at, right_at, creates_on, body, unfinished, ended) \
    VALUES ($1, $2, $3, $4, $5, $6, $8, CASE WHEN $7 = 0 THEN 0 ELSE (SELECT COALESCE(MAX(ended), 0) + 1 FROM links) END) \
    ON CONFLICT (id) DO UPDATE SET rev = $2, left_at = $3, right_at = $4, creates_on = $5, body = $6, \
    left_known = NULL, right_known = NULL, unfinished = $8, ended = CASE WHEN $7 = 0 THEN 0 WHEN links.ended > 0 THEN links.ended ELSE excluded.ended END";

const PROJECTIONS_OF: &str = "SELECT rev, id, body FROM projections WHERE owner = $1 ORDER BY id";
const PUT_PROJECTION: &str = "INSERT INTO projections (id, rev, owner, body) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (id) DO UPDATE SET rev = $2, owner = $3, body = $4";

const FACTS_OF: &str = "SELECT rev, id, body FROM facts WHERE owner = $1";
const PUT_FACT: &str = "INSERT INTO facts (id, rev, owner, body) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (id) DO UPDATE SET rev = $2, owner = $3, body = $4";

const PUT_POSITION: &str = "INSERT INTO positions (id, rev, body) VALUES ($1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET rev = $2, body = $3";

const REVIEWS_ABOUT: &str = "SELECT CAST(1 AS BIGINT), id, body FROM reviews WHERE about = $1 ORDER BY id";
const PUT_REVIEW: &str = "INSERT INTO reviews (id, about, body) VALUES ($1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET about = $2, body = $3";

const ADD_ENTRY: &str = "INSERT INTO journal (about, body, run) VALUES ($1, $2, $3)";

/// What the stores do on a connection. What writes runs in a transaction that keeps other writers out until its
/// end, so what it read still holds when it writes.
pub(super) struct Session<'a> {
    place: &'a Place,
    connection: &'a mut dyn Connection,
}

impl<'a> Session<'a> {
    pub(super) fn new(place: &'a Place, connection: &'a mut dyn Connection) -> Self {
        Self { place, connection }
    }

    pub(super) async fn link(&mut self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
        self.get(&LINKS, id.as_str()).await
    }

    pub(super) async fn link_of(
        &mut self,
        side: Side,
        at: &RecordRef,
    ) -> Result<Option<Versioned<Link>>, StoreError> {
        let sql = match side {
            Side::Left => LINK_OF_LEFT,
            Side::Right => LINK_OF_RIGHT,
        };
        let key = self.record(at)?;
        self.row(sql, &[Arg::Text(&key)]).await?.map(|row| self.decode(row)).transpose()
    }

    pub(super) async fn open_creates(&mut self, side: Side) -> Result<Vec<Link>, StoreError> {
        Ok(values(self.all(OPEN_CREATES, &[Arg::Text(name(side))]).await?))
    }

    pub(super) async fn links_page(
        &mut self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        self.page(&LINKS, after.map(LinkId::as_str), limit).await
    }

    pub(super) async fn projection(
        &mut self,
        key: &ProjectionKey,
    ) -> Result<Option<Versioned<Projection>>, StoreError> {
        self.get(&PROJECTIONS, key.as_str()).await
    }

    pub(super) async fn projections_of(
        &mut self,
        owner: &RecordId,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        self.all(PROJECTIONS_OF, &[Arg::Text(owner.as_str())]).await
    }

    pub(super) async fn projections_page(
        &mut self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        self.page(&PROJECTIONS, after.map(ProjectionKey::as_str), limit).await
    }

    pub(super) async fn fact(&mut self, key: &FactKey) -> Result<Option<Versioned<Fact>>, StoreError> {
        let key = self.fact_key(key)?;
        self.get(&FACTS, &key).await
    }

    pub(super) async fn facts_of(&mut self, owner: &RecordId) -> Result<Vec<Fact>, StoreError> {
        let mut facts: Vec<Fact> = values(self.all(FACTS_OF, &[Arg::Text(owner.as_str())]).await?);
        // Their order is not that of the JSON under which they are kept.
        facts.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(facts)
    }

    pub(super) async fn position(
        &mut self,
        feed: &FeedId,
    ) -> Result<Option<Versioned<Position>>, StoreError> {
        self.get(&POSITIONS, feed.as_str()).await
    }

    pub(super) async fn review(&mut self, key: &ReviewKey) -> Result<Option<Review>, StoreError> {
        Ok(self.get(&REVIEWS, key.as_str()).await?.map(|found| found.value))
    }

    pub(super) async fn reviews_about(&mut self, about: &WorkKey) -> Result<Vec<Review>, StoreError> {
        let about = self.encode(about)?;
        Ok(values(self.all(REVIEWS_ABOUT, &[Arg::Text(&about)]).await?))
    }

    pub(super) async fn reviews_page(
        &mut self,
        after: Option<&ReviewKey>,
        limit: usize,
    ) -> Result<Vec<Review>, StoreError> {
        Ok(values(self.page(&REVIEWS, after.map(ReviewKey::as_str), limit).await?))
    }

    pub(super) async fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        self.check(commit).await?;
        self.write_links(commit).await?;
        self.write_derived(commit).await?;
        for (seen, feed, position) in &commit.positions {
            let (rev, body) = (self.place.next(*seen)?, self.encode(position)?);
            self.run(PUT_POSITION, &[Arg::Text(feed.as_str()), Arg::Number(rev), Arg::Text(&body)]).await?;
        }
        self.write_reviews(commit).await?;
        self.delete_entries(&commit.gone_entries).await?;
        for entry in &commit.journal {
            let (about, body) = (self.encode(&entry.about)?, self.encode(entry)?);
            let run = Arg::Optional(entry.run.as_ref().map(RunId::as_str));
            self.run(ADD_ENTRY, &[Arg::Text(&about), Arg::Text(&body), run]).await?;
        }
        Ok(())
    }

    async fn check(&mut self, commit: &Commit) -> Result<(), CommitError> {
        for (at, (seen, link)) in commit.links.iter().enumerate() {
            self.unchanged(&LINKS, link.id.as_str(), &link.id, *seen).await?;
            self.unclaimed(commit, at, link).await?;
        }
        for (seen, id) in &commit.gone_links {
            self.unchanged(&LINKS, id.as_str(), id, Some(*seen)).await?;
        }
        for (seen, Projection { key, .. }) in &commit.projections {
            self.unchanged(&PROJECTIONS, key.as_str(), key, *seen).await?;
        }
        for (seen, key) in &commit.gone_projections {
            self.unchanged(&PROJECTIONS, key.as_str(), key, Some(*seen)).await?;
        }
        for (seen, Fact { key, .. }) in &commit.facts {
            self.unchanged(&FACTS, &self.fact_key(key)?, key, *seen).await?;
        }
        for (seen, key) in &commit.gone_facts {
            self.unchanged(&FACTS, &self.fact_key(key)?, key, Some(*seen)).await?;
        }
        for (seen, feed, _) in &commit.positions {
            self.unchanged(&POSITIONS, feed.as_str(), feed, *seen).await?;
        }
        Ok(())
    }

    async fn unchanged(
        &mut self,
        table: &Table,
        id: &str,
        name: &(impl ToString + Sync),
        seen: Option<Rev>,
    ) -> Result<(), CommitError> {
        let found = self.row(table.get, &[Arg::Text(id)]).await?;
        let found = found.map(|(rev, ..)| self.place.rev(rev)).transpose()?;
        if found == seen { Ok(()) } else { Err(CommitError::Stale(name.to_string())) }
    }

    /// Whether no other live link has a record of the link at `index` of a commit, here or in the same commit.
    async fn unclaimed(&mut self, commit: &Commit, index: usize, link: &Link) -> Result<(), CommitError> {
        if !link.is_live() {
            return Ok(());
        }
        for (side, holder) in [(Side::Left, HOLDER_OF_LEFT), (Side::Right, HOLDER_OF_RIGHT)] {
            let Some(at) = &link.ends[side] else { continue };
            let key = self.record(at)?;
            let row = self.row(holder, &[Arg::Text(&key), Arg::Text(link.id.as_str())]).await?;
            let holder = row.map(|(_, id, _)| LinkId::new(id));
            if let Some(by) = holder.filter(|holder| keeps(commit, holder, side, at)) {
                return Err(CommitError::Claimed { record: at.clone(), by });
            }
        }
        for (_, other) in commit.links.iter().take(index) {
            if let Some(record) = shared(link, other) {
                return Err(CommitError::Claimed { record, by: other.id.clone() });
            }
        }
        Ok(())
    }

    async fn write_links(&mut self, commit: &Commit) -> Result<(), StoreError> {
        for (_, id) in &commit.gone_links {
            self.run(LINKS.delete, &[Arg::Text(id.as_str())]).await?;
        }
        // Where one link takes a record from another, no moment may show it in both.
        if commit.links.len() > 1 {
            for (_, link) in &commit.links {
                self.run(RELEASE, &[Arg::Text(link.id.as_str())]).await?;
            }
        }
        for (seen, link) in &commit.links {
            let (rev, body) = (self.place.next(*seen)?, self.encode(link)?);
            let left = link.ends.left.as_ref().map(|at| self.record(at)).transpose()?;
            let right = link.ends.right.as_ref().map(|at| self.record(at)).transpose()?;
            let row = [
                Arg::Text(link.id.as_str()),
                Arg::Number(rev),
                Arg::Optional(left.as_deref()),
                Arg::Optional(right.as_deref()),
                Arg::Optional(link.creates_on().map(name)),
                Arg::Text(&body),
                Arg::Number(i64::from(!link.is_live())),
                Arg::Number(i64::from(link.is_live() && link.is_unfinished())),
            ];
            self.run(PUT_LINK, &row).await?;
        }
        Ok(())
    }

    async fn write_derived(&mut self, commit: &Commit) -> Result<(), StoreError> {
        for (_, key) in &commit.gone_projections {
            self.run(PROJECTIONS.delete, &[Arg::Text(key.as_str())]).await?;
        }
        for (seen, projection) in &commit.projections {
            let (rev, body) = (self.place.next(*seen)?, self.encode(projection)?);
            let (key, owner) = (projection.key.as_str(), projection.owner.as_str());
            let row = [Arg::Text(key), Arg::Number(rev), Arg::Text(owner), Arg::Text(&body)];
            self.run(PUT_PROJECTION, &row).await?;
        }
        for (_, key) in &commit.gone_facts {
            let key = self.fact_key(key)?;
            self.run(FACTS.delete, &[Arg::Text(&key)]).await?;
        }
        for (seen, fact) in &commit.facts {
            let (rev, body) = (self.place.next(*seen)?, self.encode(fact)?);
            let (key, owner) = (self.fact_key(&fact.key)?, fact.owner.as_ref().map(RecordId::as_str));
            let row = [Arg::Text(&key), Arg::Number(rev), Arg::Optional(owner), Arg::Text(&body)];
            self.run(PUT_FACT, &row).await?;
        }
        Ok(())
    }

    async fn write_reviews(&mut self, commit: &Commit) -> Result<(), StoreError> {
        for key in &commit.closed_reviews {
            self.run(REVIEWS.delete, &[Arg::Text(key.as_str())]).await?;
        }
        for review in &commit.reviews {
            let mut review = review.clone();
            if let Some(open) = self.review(&review.key).await? {
                review.opened_at = open.opened_at;
            }
            let (about, body) = (self.encode(&review.about)?, self.encode(&review)?);
            self.run(PUT_REVIEW, &[Arg::Text(review.key.as_str()), Arg::Text(&about), Arg::Text(&body)])
                .await?;
        }
        Ok(())
    }

    async fn get<T: DeserializeOwned>(
        &mut self,
        table: &Table,
        id: &str,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        self.row(table.get, &[Arg::Text(id)]).await?.map(|row| self.decode(row)).transpose()
    }

    async fn page<T: DeserializeOwned>(
        &mut self,
        table: &Table,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        match after {
            None => self.all(table.first, &[limited(limit)]).await,
            Some(after) => self.all(table.next, &[limited(limit), Arg::Text(after)]).await,
        }
    }

    async fn all<T: DeserializeOwned>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        self.rows(sql, args).await?.into_iter().map(|row| self.decode(row)).collect()
    }

    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        self.connection.rows(sql, args).await.map_err(|error| self.place.failed(&error))
    }

    async fn row(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), StoreError> {
        self.connection.run(sql, args).await.map_err(|error| self.place.failed(&error))
    }

    /// The text for a record in a column. As JSON, no two records have the same.
    fn record(&self, at: &RecordRef) -> Result<String, StoreError> {
        self.encode(&(&at.parent, &at.id))
    }

    fn fact_key(&self, FactKey { collection, at }: &FactKey) -> Result<String, StoreError> {
        self.encode(&(collection, &at.parent, &at.id))
    }

    fn encode(&self, record: &impl Serialize) -> Result<String, StoreError> {
        serde_json::to_string(record).map_err(|error| self.place.error(error))
    }

    fn decode<T: DeserializeOwned>(&self, (rev, key, body): Row) -> Result<Versioned<T>, StoreError> {
        // Not the decoder's own words: they quote what is stored.
        let value = serde_json::from_str(&body).map_err(|error| {
            self.place
                .error(format_args!("the row of {key} is damaged at column {} of its JSON", error.column()))
        })?;
        Ok(Versioned { rev: self.place.rev(rev)?, value })
    }
}

fn values<T>(found: Vec<Versioned<T>>) -> Vec<T> {
    found.into_iter().map(|found| found.value).collect()
}

fn limited(limit: usize) -> Arg<'static> {
    Arg::Number(i64::try_from(limit).unwrap_or(i64::MAX))
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
}
