use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, ListPage, PageToken, Read, RecordId, RecordRef, Scope,
    Snapshot,
};

use super::feed::{OVERLAP, cursor, moment};
use super::{REQUEST_TIMEOUT, identity, offset, record_id, to_raw, token};
use crate::types::{Document, DocumentQuery};
use crate::{Client, DocumentId};

/// The documents of a company, of all types, as facts that records are derived from. Read only.
///
/// Its name is `documents`. Fields are those of the rows of lists, [`Document`](crate::Document); what only `getOne`
/// sends, such as lines and payments, is left out, so that a document is the same however it was read.
///
/// # What it can do
///
/// | | |
/// |---|---|
/// | change feed | `getModifiedSince`, by the service's `Date`, and the documents that others settle |
/// | count | `count` |
/// | times | `modified_at`, to the second; a payment does not move it |
///
/// # Payments
///
/// A receipt settles an invoice and leaves the invoice's `lastmodified` as it was. So the feed reads each document again
/// that a changed one names in `associated_documents`, unless it is on the same page: one request each. A receipt that
/// was annulled and names its invoices no longer is found by a sweep alone, as is a draft that was deleted.
#[derive(Debug, Clone)]
pub struct DocumentFacts {
    client: Client,
    caps: Caps,
}

impl DocumentFacts {
    /// The documents of the client's company. Sends nothing yet.
    pub fn new(client: Client) -> Self {
        let caps =
            Caps::new().modified_at(Duration::from_secs(1)).request_timeout(REQUEST_TIMEOUT).overlap(OVERLAP);
        Self { client, caps }
    }

    /// The documents that these settle or derive from, as they are now.
    async fn settled_by(&self, documents: &[Document]) -> Result<(Vec<Snapshot>, Vec<RecordRef>), Fault> {
        let there: BTreeSet<DocumentId> = documents.iter().map(|document| document.document_id).collect();
        let named = documents.iter().flat_map(|document| &document.associated_documents);
        let named: BTreeSet<DocumentId> = named.map(|link| link.associated_id).collect();
        let (mut records, mut gone) = (Vec::new(), Vec::new());
        for id in named.difference(&there).filter(|id| id.get() != 0) {
            match self.client.documents().find_one(*id).await? {
                Some(document) => records.push(snapshot(&document)?),
                None => gone.push(RecordRef::top(RecordId::new(id))),
            }
        }
        Ok((records, gone))
    }
}

/// The document as lists show it.
fn snapshot(document: &Document) -> Result<Snapshot, Fault> {
    let mut row = document.clone();
    row.extra.clear();
    row.associated_documents.iter_mut().for_each(|link| link.value = None);
    row.reverse_associated_documents.iter_mut().for_each(|link| link.value = None);
    let mut snapshot = Snapshot::new(RecordRef::top(RecordId::new(row.document_id)), to_raw(&row)?);
    snapshot.modified_at = Some(row.lastmodified);
    Ok(snapshot)
}

#[async_trait]
impl Collection for DocumentFacts {
    fn name(&self) -> &'static str {
        "documents"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        identity(&self.client).await
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let page = self.client.documents().get_all(DocumentQuery::new()).page(offset(page)?).await?;
        let records = page.items.iter().map(snapshot).collect::<Result<_, _>>()?;
        Ok(ListPage { records, next: page.next.map(token) })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let found = self.client.documents().find_one(record_id(at)?).await?;
        Ok(found.as_ref().map(snapshot).transpose()?.into())
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        page: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let since = moment(since)?;
        let from = since.unwrap_or_else(|| self.client.http().env().now());
        let list = self.client.documents().get_modified_since(from, DocumentQuery::new());
        let page = list.page(offset(page)?).await?;
        let cursor = cursor(&self.client, page.served_at, since);
        if since.is_none() {
            return Ok(Some(ChangePage { records: Vec::new(), gone: Vec::new(), next: None, cursor }));
        }
        let mut records = page.items.iter().map(snapshot).collect::<Result<Vec<_>, _>>()?;
        let (settled, gone) = self.settled_by(&page.items).await?;
        records.extend(settled);
        Ok(Some(ChangePage { records, gone, next: page.next.map(token), cursor }))
    }

    async fn count(&self, _: &Scope) -> Result<Option<u64>, Fault> {
        Ok(Some(self.client.documents().count(DocumentQuery::new()).await?))
    }
}
