//! What the stores on SQL databases share: their statements, and what a commit checks before it writes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Accounts, BindError, Commit, CommitError};
use crate::database::{Arg, Connection, Place, Row};
use crate::engine::{Link, LinkId, Projection, ProjectionKey, RecordId};
use crate::{Rev, StoreError, Versioned};

const LINK: &str = "SELECT rev, id, body FROM links WHERE id = $1";
const LINK_OF_LEFT: &str = "SELECT rev, id, body FROM links WHERE left_id = $1 AND id <> $2";
const LINK_OF_RIGHT: &str = "SELECT rev, id, body FROM links WHERE right_id = $1 AND id <> $2";
const FIRST_LINKS: &str = "SELECT rev, id, body FROM links ORDER BY id LIMIT $1";
const NEXT_LINKS: &str = "SELECT rev, id, body FROM links WHERE id > $2 ORDER BY id LIMIT $1";
const PUT_LINK: &str = "INSERT INTO links (id, rev, left_id, right_id, body) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (id) DO UPDATE SET rev = $2, left_id = $3, right_id = $4, body = $5";
const DELETE_LINK: &str = "DELETE FROM links WHERE id = $1";

const PROJECTION: &str = "SELECT rev, id, body FROM projections WHERE id = $1";
const FIRST_PROJECTIONS: &str = "SELECT rev, id, body FROM projections ORDER BY id LIMIT $1";
const NEXT_PROJECTIONS: &str = "SELECT rev, id, body FROM projections WHERE id > $2 ORDER BY id LIMIT $1";
const PUT_PROJECTION: &str = "INSERT INTO projections (id, rev, body) VALUES ($1, $2, $3) \
    ON CONFLICT (id) DO UPDATE SET rev = $2, body = $3";
const DELETE_PROJECTION: &str = "DELETE FROM projections WHERE id = $1";

const ACCOUNTS: &str = "SELECT CAST(1 AS BIGINT), left_account, right_account FROM accounts";
const PUT_ACCOUNTS: &str = "INSERT INTO accounts (left_account, right_account) VALUES ($1, $2)";

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
        self.row(LINK, &[Arg::Text(id.as_str())]).await?.map(|row| self.decode(row)).transpose()
    }

    pub(super) async fn links_page(
        &mut self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        self.page(FIRST_LINKS, NEXT_LINKS, after.map(LinkId::as_str), limit).await
    }

    pub(super) async fn projection(
        &mut self,
        key: &ProjectionKey,
    ) -> Result<Option<Versioned<Projection>>, StoreError> {
        self.row(PROJECTION, &[Arg::Text(key.as_str())]).await?.map(|row| self.decode(row)).transpose()
    }

    pub(super) async fn projections_page(
        &mut self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        self.page(FIRST_PROJECTIONS, NEXT_PROJECTIONS, after.map(ProjectionKey::as_str), limit).await
    }

    pub(super) async fn bind(&mut self, wanted: &Accounts) -> Result<(), BindError> {
        let Some((_, left, right)) = self.row(ACCOUNTS, &[]).await? else {
            let accounts = [Arg::Text(wanted.left.as_str()), Arg::Text(wanted.right.as_str())];
            return Ok(self.run(PUT_ACCOUNTS, &accounts).await?);
        };
        let found = Accounts { left: self.place.account(left)?, right: self.place.account(right)? };
        if found == *wanted {
            return Ok(());
        }
        Err(BindError::Other { found: Box::new(found), wanted: Box::new(wanted.clone()) })
    }

    pub(super) async fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        self.check(commit).await?;
        for (seen, link) in &commit.links {
            let (rev, body) = (self.place.next(*seen)?, self.encode(link)?);
            let (id, left) = (link.id.as_str(), link.left.as_str());
            let right = Arg::Optional(link.right.as_ref().map(RecordId::as_str));
            let row = [Arg::Text(id), Arg::Number(rev), Arg::Text(left), right, Arg::Text(&body)];
            self.run(PUT_LINK, &row).await?;
        }
        for (_, id) in &commit.gone_links {
            self.run(DELETE_LINK, &[Arg::Text(id.as_str())]).await?;
        }
        for (seen, projection) in &commit.projections {
            let (rev, body) = (self.place.next(*seen)?, self.encode(projection)?);
            let row = [Arg::Text(projection.key.as_str()), Arg::Number(rev), Arg::Text(&body)];
            self.run(PUT_PROJECTION, &row).await?;
        }
        for (_, key) in &commit.gone_projections {
            self.run(DELETE_PROJECTION, &[Arg::Text(key.as_str())]).await?;
        }
        Ok(())
    }

    async fn check(&mut self, commit: &Commit) -> Result<(), CommitError> {
        for (at, (seen, link)) in commit.links.iter().enumerate() {
            self.unchanged(LINK, link.id.as_str(), *seen).await?;
            let earlier = commit.links.iter().take(at).map(|(_, link)| link);
            if let Some((record, by)) = claimed_among(earlier, link) {
                return Err(CommitError::Claimed { record, by });
            }
            self.unclaimed(LINK_OF_LEFT, &link.left, &link.id).await?;
            if let Some(right) = &link.right {
                self.unclaimed(LINK_OF_RIGHT, right, &link.id).await?;
            }
        }
        for (seen, id) in &commit.gone_links {
            self.unchanged(LINK, id.as_str(), Some(*seen)).await?;
        }
        for (seen, projection) in &commit.projections {
            self.unchanged(PROJECTION, projection.key.as_str(), *seen).await?;
        }
        for (seen, key) in &commit.gone_projections {
            self.unchanged(PROJECTION, key.as_str(), Some(*seen)).await?;
        }
        Ok(())
    }

    async fn unchanged(
        &mut self,
        sql: &'static str,
        key: &str,
        seen: Option<Rev>,
    ) -> Result<(), CommitError> {
        let found = self.row(sql, &[Arg::Text(key)]).await?;
        let found = found.map(|(rev, ..)| self.place.rev(rev)).transpose()?;
        if found == seen { Ok(()) } else { Err(CommitError::Stale(key.to_owned())) }
    }

    async fn unclaimed(
        &mut self,
        sql: &'static str,
        record: &RecordId,
        link: &LinkId,
    ) -> Result<(), CommitError> {
        match self.row(sql, &[Arg::Text(record.as_str()), Arg::Text(link.as_str())]).await? {
            None => Ok(()),
            Some((_, by, _)) => Err(CommitError::Claimed { record: record.clone(), by: LinkId::new(by) }),
        }
    }

    async fn page<T: DeserializeOwned>(
        &mut self,
        first: &'static str,
        next: &'static str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        let limit = Arg::Number(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = match after {
            None => self.rows(first, &[limit]).await?,
            Some(after) => self.rows(next, &[limit, Arg::Text(after)]).await?,
        };
        rows.into_iter().map(|row| self.decode(row)).collect()
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

/// A record of `link` that another link has, and that link's name.
fn claimed_among<'a>(links: impl Iterator<Item = &'a Link>, link: &Link) -> Option<(RecordId, LinkId)> {
    links.filter(|other| other.id != link.id).find_map(|other| {
        let right = link.right.as_ref().filter(|right| other.right.as_ref() == Some(right));
        let record = if other.left == link.left { Some(&link.left) } else { right };
        record.map(|record| (record.clone(), other.id.clone()))
    })
}
