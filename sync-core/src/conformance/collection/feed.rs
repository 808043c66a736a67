use jiff::Timestamp;

use super::trial::{Made, Pages, Trial};
use super::writes::{is_edited, toggles};
use crate::engine::{Cursor, Read, RecordRef, Snapshot};

/// A change feed that is read as an engine reads it.
pub(super) struct Feed {
    cursor: Cursor,
}

impl Feed {
    /// A feed that begins now, if the collection has one.
    pub(super) async fn begin(trial: &Trial<'_>) -> Option<Self> {
        let page = trial.changes(None, None).await?;
        let empty = page.records.is_empty() && page.gone.is_empty() && page.next.is_none();
        assert!(empty, "a feed that begins now has a cursor and no records");
        Some(Self { cursor: page.cursor })
    }

    /// All that may have changed since the last time.
    pub(super) async fn poll(&mut self, trial: &Trial<'_>) -> Vec<Snapshot> {
        let since = match &self.cursor {
            Cursor::Time(at) => Cursor::Time(at.checked_sub(trial.caps().overlap).unwrap_or(Timestamp::MIN)),
            token @ Cursor::Token(_) => token.clone(),
        };
        let (mut rows, mut gone) = (Vec::new(), Vec::<RecordRef>::new());
        let (mut pages, mut page, mut first) = (Pages::default(), None, None);
        loop {
            let changes = trial.changes(Some(&since), page.as_ref()).await;
            let changes = changes.unwrap_or_else(|| panic!("a feed that has begun goes on"));
            let empty = changes.records.is_empty() && changes.gone.is_empty();
            pages.read("a change feed", empty, changes.next.as_ref());
            rows.extend(changes.records);
            gone.extend(changes.gone);
            first.get_or_insert(changes.cursor);
            let Some(next) = changes.next else { break };
            page = Some(next);
        }
        let next = first.unwrap_or_else(|| since.clone());
        if let (Cursor::Time(before), Cursor::Time(after)) = (&self.cursor, &next) {
            assert!(before <= after, "the cursor of a feed does not go back: {after} after {before}");
        }
        self.cursor = next;
        trial.until_read().await;
        for at in gone {
            let there = matches!(trial.get(&at).await, Read::Found(_));
            assert!(!there, "what a feed says is gone is gone, and {} is there", at.id);
        }
        for row in &rows {
            trial.tells_its_time(row);
        }
        rows
    }

    /// Whether a record that was just written comes: with a poll that is too early to see it, or with the next.
    pub(super) async fn brings(&mut self, trial: &Trial<'_>, record: &Made, what: &str) {
        let early = self.poll(trial).await;
        trial.until_listed().await;
        let late = self.poll(trial).await;
        let is_it = |row: &&Snapshot| row.at == record.at;
        let row = late.iter().rfind(is_it);
        if let Some(row) = row {
            trial.agree(row, &record.seen, "a feed shows a record as it is read");
        }
        let came = row.is_some() || early.iter().any(|row| row.at == record.at);
        assert!(came, "{what} after a feed began comes with it, and {} did not", record.at.id);
    }
}

pub(super) async fn brings_what_is_new(trial: &Trial<'_>, feed: &mut Option<Feed>, record: &Made) {
    if let Some(feed) = feed {
        feed.brings(trial, record, "what was created").await;
    }
}

pub(super) async fn brings_what_changes(trial: &Trial<'_>, feed: &mut Option<Feed>, record: &mut Made) {
    if let Some(feed) = feed {
        toggles(trial, record).await;
        feed.brings(trial, record, "what was updated").await;
        if is_edited(trial, record).await {
            feed.brings(trial, record, "what a person edited").await;
        }
    }
}
