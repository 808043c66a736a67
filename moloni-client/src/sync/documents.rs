use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, ChangePage, Collection, Cursor, Fault, ListPage, PageToken, Read, RecordId, RecordRef, Scope,
    Snapshot,
};

use super::deliveries::Deliveries;
use super::feed::{OVERLAP, cursor, moment};
use super::references::References;
use super::{REQUEST_TIMEOUT, identity, offset, record_id, to_raw, token};
use crate::types::{Document, DocumentQuery};
use crate::{Client, DocumentId};

/// The documents of a company, of all types, as facts that records are derived from. Read only.
///
/// Its name is `documents`. Fields are those of the rows of lists, [`Document`](crate::Document); what only `getOne`
/// sends, such as lines and payments, is left out, so that a document is the same however it was read. Two things are
/// added on request: [what receipts settle](Self::settled_references) and [deliveries](Self::deliveries).
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
    references: Option<Arc<References>>,
    deliveries: Option<Arc<Deliveries>>,
}

impl DocumentFacts {
    /// The documents of the client's company. Sends nothing yet.
    pub fn new(client: Client) -> Self {
        let caps =
            Caps::new().modified_at(Duration::from_secs(1)).request_timeout(REQUEST_TIMEOUT).overlap(OVERLAP);
        Self { client, caps, references: None, deliveries: None }
    }

    /// Adds to each receipt, as `settled_references`, what people call the documents that it settles: `["FT 2026/41"]`.
    /// Without this a receipt has their ids alone.
    ///
    /// It costs no requests where those documents are read anyway: a list reads its pages before their turn, and holds
    /// them until then; a feed reads what is settled. A receipt that is read on its own costs one request for each of
    /// its documents that this process has not seen yet. Their references stay in memory.
    #[must_use]
    pub fn settled_references(mut self) -> Self {
        self.references = Some(Arc::default());
        self
    }

    /// Adds `delivery_datetime` and `delivery_destination_address`, `_city` and `_zip_code` to documents with one of
    /// these codes, such as `GT`, that are no drafts and whose day was at most `days` ago. The moment is `null`, or
    /// written with its offset.
    ///
    /// Lists do not show it: it costs one request for each such document and for each time that its `lastmodified`
    /// moves, and once more when the process starts anew. So name the codes of documents that say when goods are
    /// delivered, and few days. A document that has become too old is without these fields again.
    #[must_use]
    pub fn deliveries(mut self, codes: impl IntoIterator<Item = impl Into<String>>, days: u16) -> Self {
        let codes = codes.into_iter().map(Into::into).collect();
        self.deliveries = Some(Arc::new(Deliveries::new(codes, days)));
        self
    }

    /// The document as lists show it, and what was asked for beside that.
    async fn fact(&self, document: &Document) -> Result<Snapshot, Fault> {
        let mut fact = snapshot(document)?;
        if let Some(references) = &self.references {
            if let Some(settled) = references.of(&self.client, document).await? {
                fact.raw.insert("settled_references".to_owned(), settled.into());
            }
        }
        if let Some(deliveries) = &self.deliveries {
            let now = self.client.http().env().now();
            fact.raw.extend(deliveries.of(&self.client, document, now).await?.unwrap_or_default());
        }
        Ok(fact)
    }

    async fn facts(&self, documents: &[Document]) -> Result<Vec<Snapshot>, Fault> {
        let mut facts = Vec::with_capacity(documents.len());
        for document in documents {
            facts.push(self.fact(document).await?);
        }
        Ok(facts)
    }

    fn learn(&self, documents: &[Document]) {
        if let Some(references) = &self.references {
            references.learn(documents);
        }
    }

    /// The documents that these settle or derive from, as they are now.
    async fn settled_by(&self, documents: &[Document]) -> Result<(Vec<Document>, Vec<RecordRef>), Fault> {
        let there: BTreeSet<DocumentId> = documents.iter().map(|document| document.document_id).collect();
        let named = documents.iter().flat_map(|document| &document.associated_documents);
        let named: BTreeSet<DocumentId> = named.map(|link| link.associated_id).collect();
        let (mut settled, mut gone) = (Vec::new(), Vec::new());
        for id in named.difference(&there).filter(|id| id.get() != 0) {
            match self.client.documents().find_one(*id).await? {
                Some(document) => settled.push(document),
                None => gone.push(RecordRef::top(RecordId::new(id))),
            }
        }
        Ok((settled, gone))
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
        let from = offset(page)?;
        let page = match &self.references {
            Some(references) => {
                if page.is_none() {
                    references.begin();
                }
                references.page(&self.client, from).await?
            }
            None => self.client.documents().get_all(DocumentQuery::new()).page(from).await?,
        };
        Ok(ListPage { records: self.facts(&page.items).await?, next: page.next.map(token) })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let Some(found) = self.client.documents().find_one(record_id(at)?).await? else {
            return Ok(Read::Gone);
        };
        self.learn(std::slice::from_ref(&found));
        Ok(Read::Found(self.fact(&found).await?))
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
        let (settled, gone) = self.settled_by(&page.items).await?;
        self.learn(&page.items);
        self.learn(&settled);
        let mut records = self.facts(&page.items).await?;
        records.extend(self.facts(&settled).await?);
        Ok(Some(ChangePage { records, gone, next: page.next.map(token), cursor }))
    }

    async fn count(&self, _: &Scope) -> Result<Option<u64>, Fault> {
        Ok(Some(self.client.documents().count(DocumentQuery::new()).await?))
    }
}
