//! Contacts that changed, by the time that the service itself notes.

use jiff::Timestamp;
use sync_core::engine::{ChangePage, Cursor, Fault, PageToken, Snapshot};

use super::contacts::{ContactCollection, PAGE, after, token};
use super::fault::broken;
use crate::types::{Direction, SearchContacts, SearchField, SortField};

/// The cursor is the `dateUpdated` of the newest contact that the search shows, so it is of the service's clock and
/// never ahead of the index. What was changed before and is not in the index yet is within the overlap, which is longer
/// than the lag.
///
/// The newest come first. One that changes while pages are read goes to the front, where the next poll finds it.
pub(super) async fn changes(
    contacts: &ContactCollection,
    since: Option<&Cursor>,
    page: Option<&PageToken>,
) -> Result<ChangePage, Fault> {
    let search = SearchContacts::new().sort(SortField::DateUpdated, Direction::Descending);
    let since = match since {
        None => {
            let (newest, _) = contacts.found(search.page_size(1)).await?;
            let cursor = Cursor::Time(latest(&newest).unwrap_or(Timestamp::UNIX_EPOCH));
            return Ok(ChangePage { records: Vec::new(), gone: Vec::new(), next: None, cursor });
        }
        Some(Cursor::Time(since)) => *since,
        Some(Cursor::Token(_)) => return Err(broken("the feed of contacts goes by time")),
    };
    let search = search.filter(SearchField::DATE_UPDATED.gte(since)).page_size(PAGE);
    let (records, next) = contacts.found(after(search, page)?).await?;
    // Where the overlap was taken off. The contact that it was the time of may be deleted since.
    let before = since.checked_add(contacts.caps.overlap).unwrap_or(Timestamp::MAX);
    let cursor = Cursor::Time(latest(&records).map_or(before, |latest| latest.max(before)));
    Ok(ChangePage { records, gone: Vec::new(), next: next.as_ref().map(token).transpose()?, cursor })
}

fn latest(records: &[Snapshot]) -> Option<Timestamp> {
    records.iter().filter_map(|record| record.modified_at).max()
}
