//! What people call the documents that a receipt settles. A receipt names them by their ids alone.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sync_core::engine::Fault;

use crate::page::Page;
use crate::types::{Document, DocumentKind, DocumentQuery};
use crate::{Client, DocumentId};

/// The references that were seen, and pages of the list that were read for their sake.
#[derive(Default)]
pub(super) struct References(Mutex<Book>);

#[derive(Default)]
struct Book {
    /// `None` for a document that has no reference, or is gone.
    known: BTreeMap<DocumentId, Option<String>>,
    /// Pages of a listing that is under way, by their offset.
    ahead: BTreeMap<u64, Page<Document>>,
}

impl fmt::Debug for References {
    /// Leaves out what documents say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("References").field("known", &self.book().known.len()).finish_non_exhaustive()
    }
}

impl References {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new listing begins: what an earlier one has left is old.
    pub(super) fn begin(&self) {
        self.book().ahead.clear();
    }

    pub(super) fn learn<'a>(&self, documents: impl IntoIterator<Item = &'a Document>) {
        let seen = documents.into_iter().map(|document| (document.document_id, document.human_reference()));
        self.book().known.extend(seen);
    }

    /// A page of all documents. Those that its receipts settle are older, so they are on later pages: these are read before
    /// their turn, each page once, until all are known.
    pub(super) async fn page(&self, client: &Client, offset: u64) -> Result<Page<Document>, Fault> {
        let ahead = self.book().ahead.remove(&offset);
        let page = match ahead {
            Some(page) => page,
            None => self.read(client, offset).await?,
        };
        let mut next = page.next;
        while let Some(offset) = next.filter(|_| !self.knows_all(&page.items)) {
            let known = self.book().ahead.get(&offset).map(|page| page.next);
            next = if let Some(next) = known {
                next
            } else {
                let page = self.read(client, offset).await?;
                let next = page.next;
                self.book().ahead.insert(offset, page);
                next
            };
        }
        Ok(page)
    }

    async fn read(&self, client: &Client, offset: u64) -> Result<Page<Document>, Fault> {
        let page = client.documents().get_all(DocumentQuery::new()).page(offset).await?;
        self.learn(&page.items);
        Ok(page)
    }

    fn knows_all(&self, documents: &[Document]) -> bool {
        let book = self.book();
        documents.iter().flat_map(settled).all(|id| book.known.contains_key(&id))
    }

    /// The references of what a document settles, `None` if it is no receipt. Reads those that were not seen yet.
    pub(super) async fn of(
        &self,
        client: &Client,
        document: &Document,
    ) -> Result<Option<Vec<String>>, Fault> {
        if document.kind() != DocumentKind::Receipt {
            return Ok(None);
        }
        let mut references = Vec::new();
        for id in settled(document) {
            let known = self.book().known.get(&id).cloned();
            let reference = if let Some(reference) = known {
                reference
            } else {
                let found = client.documents().find_one(id).await?;
                let reference = found.and_then(|found| found.human_reference());
                self.book().known.insert(id, reference.clone());
                reference
            };
            references.extend(reference);
        }
        Ok(Some(references))
    }
}

/// What a receipt settles.
fn settled(document: &Document) -> impl Iterator<Item = DocumentId> + '_ {
    let is_receipt = document.kind() == DocumentKind::Receipt;
    let named = document.associated_documents.iter().filter(move |_| is_receipt);
    named.map(|link| link.associated_id).filter(|id| id.get() != 0)
}
