//! Issuing a document so that nothing is issued twice and nothing is closed that was not verified.

mod error;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use jiff::civil::Date;

pub use error::IssueError;

use crate::resources::{DocumentsOf, Issuable};
use crate::types::{Document, DocumentDetail, DocumentQuery, DocumentStatus, NewDocument};
use crate::{Amount, CustomerId, DocumentId, Error};

/// What a document is expected to come to, worked out by you before it is sent.
///
/// The service works out the total by itself, from prices, discounts, rates and its own rounding. A document that is
/// closed cannot change, so it is closed only if both agree: to less than half a cent, as its sums may have a tail of far
/// decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expect {
    total: Amount,
    foreign: bool,
}

impl Expect {
    /// A grand total with tax, in the company's currency: the service's `net_value`.
    pub fn total(total: impl Into<Amount>) -> Self {
        Self { total: total.into(), foreign: false }
    }

    /// A grand total with tax, in the document's other currency: the service's `exchange_total_value`.
    pub fn exchange_total(total: impl Into<Amount>) -> Self {
        Self { total: total.into(), foreign: true }
    }

    fn found(self, document: &Document) -> Amount {
        if self.foreign { document.exchange_total_value } else { document.net_value }
    }
}

/// A document that is there, once.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Issued {
    /// The document, as it is now.
    pub detail: DocumentDetail,
    /// Whether an earlier call made it, and this one found it.
    pub found: bool,
}

impl Issued {
    /// Its id.
    pub fn id(&self) -> DocumentId {
        self.detail.document.document_id
    }
}

/// What a document is found again by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    /// A reference that no other document of its type has.
    Reference { field: &'static str, text: String },
    /// What a receipt settles: it has no reference.
    Settles { day: Date, total: Amount, documents: BTreeSet<DocumentId> },
}

impl Key {
    /// Selects at least the documents that have it.
    fn query(&self, customer: Option<CustomerId>) -> DocumentQuery {
        let query = DocumentQuery::new();
        match self {
            Self::Reference { field: "our_reference", text } => query.our_reference(text),
            Self::Reference { text, .. } => query.your_reference(text),
            Self::Settles { day, .. } => match customer {
                Some(customer) => query.customer_id(customer).date(*day),
                None => query.date(*day),
            },
        }
    }

    /// Whether a document has it. The service ignores filters that it does not know.
    fn fits(&self, document: &Document) -> bool {
        match self {
            Self::Reference { field: "our_reference", text } => document.our_reference == *text,
            Self::Reference { text, .. } => document.your_reference == *text,
            Self::Settles { day, total, documents } => {
                let settled = document.associated_documents.iter().map(|link| link.associated_id);
                // What was annulled settles nothing, and the same may be paid again.
                document.status != DocumentStatus::Annulled
                    && document.date == *day
                    && document.net_value.is_about(*total)
                    && settled.collect::<BTreeSet<_>>() == *documents
            }
        }
    }
}

/// One document on its way.
pub(crate) struct Issuing<'a, T: Issuable> {
    handle: DocumentsOf<'a, T>,
    new: &'a T::New,
    key: Key,
    expect: Expect,
}

impl<'a, T: Issuable> Issuing<'a, T> {
    pub(crate) fn new(
        handle: DocumentsOf<'a, T>,
        new: &'a T::New,
        expect: Expect,
    ) -> Result<Self, IssueError> {
        let not_made = |why: String| IssueError::NotMade { error: DocumentsOf::<T>::wrong_insert(why) };
        new.body().checked(T::New::DEMANDS).map_err(not_made)?;
        let missing = || {
            let what = T::REFERENCE.unwrap_or("total and what it settles");
            not_made(format!("the document has no {what} to be found again by"))
        };
        let key = new.body().key(T::REFERENCE).ok_or_else(missing)?;
        Ok(Self { handle, new, key, expect })
    }

    /// Makes the draft, or finds the document that an earlier call made.
    pub(crate) async fn insert_or_find(&self) -> Result<Issued, IssueError> {
        let before = self.look().await.map_err(|error| IssueError::NotMade { error })?;
        let (document, found) = match one(&before)? {
            Some(document) => (document, true),
            None => (self.insert().await?, false),
        };
        let detail = self.handle.get_detail(document).await;
        let detail = detail.map_err(|error| IssueError::NotVerified { document, error })?;
        self.verify(&detail.document)?;
        Ok(Issued { detail, found })
    }

    /// The same, and closes it.
    pub(crate) async fn issue(&self) -> Result<Issued, IssueError> {
        let issued = self.insert_or_find().await?;
        if issued.detail.document.status != DocumentStatus::Draft {
            return Ok(issued);
        }
        let (document, found) = (issued.id(), issued.found);
        let closed = self.handle.close(&issued.detail).await;
        // Whatever the answer was, what counts is how the document is now.
        match (closed, self.handle.get_detail(document).await) {
            // A person may have changed the draft after it was read.
            (_, Ok(detail)) if detail.document.status == DocumentStatus::Closed => {
                self.verify(&detail.document).map(|()| Issued { detail, found })
            }
            (Err(error), _) if error.outcome_unknown() => Err(IssueError::CloseUnknown { document, error }),
            (Err(error), _) => Err(IssueError::NotClosed { document, error }),
            (Ok(()), Err(error)) => Err(IssueError::ClosedUnread { document, error }),
            (Ok(()), Ok(detail)) => {
                Err(IssueError::ReadsOtherwise { document, status: detail.document.status })
            }
        }
    }

    /// Inserts once. If the answer is lost, what was made is looked for, and nothing is sent again.
    async fn insert(&self) -> Result<DocumentId, IssueError> {
        match self.handle.insert(self.new).await {
            Ok(document) => {
                // Another call may have made one with the same reference meanwhile: then neither is closed.
                let error = |error| IssueError::NotVerified { document, error };
                let mut all = self.look().await.map_err(error)?;
                all.entry(document).or_insert(DocumentStatus::Draft);
                one(&all).map(|_| document)
            }
            Err(error) if error.outcome_unknown() => {
                let found = self.look().await.unwrap_or_default();
                one(&found)?.ok_or(IssueError::InsertUnknown { error })
            }
            Err(error) => Err(IssueError::NotMade { error }),
        }
    }

    /// The documents that have the key.
    async fn look(&self) -> Result<BTreeMap<DocumentId, DocumentStatus>, Error> {
        let mut rows = self.handle.get_all(self.key.query(self.new.body().customer())).items();
        let mut found = BTreeMap::new();
        while let Some(row) = rows.try_next().await? {
            if self.key.fits(&row) {
                found.insert(row.document_id, row.status);
            }
        }
        Ok(found)
    }

    /// Whether a document is what the new one is to be.
    fn verify(&self, row: &Document) -> Result<(), IssueError> {
        let document = row.document_id;
        let (expected, found) = (self.new.body().customer(), row.customer_id);
        if expected.is_some() && expected != found {
            return Err(IssueError::OtherCustomer { document, expected, found });
        }
        let (expected, found) = (self.expect.total, self.expect.found(row));
        if !found.is_about(expected) {
            return Err(IssueError::OtherTotal { document, status: row.status, expected, found });
        }
        let linked: BTreeSet<_> = row.associated_documents.iter().map(|link| link.associated_id).collect();
        let missing: Vec<_> = self.new.body().associated().difference(&linked).copied().collect();
        if !missing.is_empty() {
            return Err(IssueError::NotAssociated { document, status: row.status, missing });
        }
        // Written otherwise, the reference would not be found the next time.
        if self.key.fits(row) {
            Ok(())
        } else {
            Err(IssueError::OtherReference { document, status: row.status })
        }
    }
}

/// The one document among those found. Annulled ones count only where there is no other.
fn one(found: &BTreeMap<DocumentId, DocumentStatus>) -> Result<Option<DocumentId>, IssueError> {
    let alive: Vec<_> =
        found.iter().filter(|(_, status)| **status != DocumentStatus::Annulled).map(|(id, _)| *id).collect();
    match (alive.as_slice(), found.keys().next_back()) {
        ([], None) => Ok(None),
        ([], Some(document)) => Err(IssueError::Annulled { document: *document }),
        ([document], _) => Ok(Some(*document)),
        _ => Err(IssueError::Several { documents: alive }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_document_is_one_whatever_was_annulled_before() {
        use DocumentStatus::{Annulled, Closed, Draft};
        let found = |rows: &[(u64, DocumentStatus)]| {
            one(&rows.iter().map(|(id, status)| (DocumentId::from(*id), *status)).collect())
        };
        assert_eq!(found(&[]).unwrap(), None);
        assert_eq!(found(&[(1, Annulled), (2, Closed)]).unwrap(), Some(DocumentId::from(2)));
        let error = found(&[(1, Draft), (2, Annulled), (3, Closed)]).unwrap_err();
        assert_eq!(error.to_string(), "several documents have the reference: 1, 3");
        let error = found(&[(1, Annulled)]).unwrap_err();
        assert_eq!((error.document(), error.is_retryable()), (Some(DocumentId::from(1)), false));
    }
}
