use jiff::Timestamp;

use super::entity::operations;
use super::{found, since};
use crate::types::{Document, DocumentQuery};
use crate::{Client, DocumentId, Error, Listing};

operations! { "documents":
    COUNT = "count" read;
    GET_ALL = "getAll" read;
    GET_ONE = "getOne" read;
    GET_MODIFIED_SINCE = "getModifiedSince" read;
}

/// A company's documents, of all types. From [`Client::documents`]. See
/// [the service's documentation](https://www.moloni.pt/dev/documents/documents/).
#[derive(Debug, Clone, Copy)]
pub struct Documents<'a> {
    pub(crate) client: &'a Client,
}

impl Documents<'_> {
    /// Counts the documents that `query` selects.
    ///
    /// `POST /documents/count/`, a read. Documented as a number, the count arrives as a text.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count(self, query: DocumentQuery) -> Result<u64, Error> {
        let mut params = self.client.company_params(&COUNT)?;
        params.extend(query.into_params());
        self.client.counted(&COUNT, params).await
    }

    /// Lists the documents that `query` selects, newest first.
    ///
    /// `POST /documents/getAll/`, a read, in pages of 50. Rows have neither lines nor payments:
    /// [`get_one`](Self::get_one) does. They have far more fields than the documentation lists.
    pub fn get_all(self, query: DocumentQuery) -> Listing<Document> {
        Listing::new(self.client.clone(), &GET_ALL, query.into_params(), id)
    }

    /// Lists the documents that `query` selects and that were created or changed since a moment.
    ///
    /// `POST /documents/getModifiedSince/`, a read, in pages of 50. Three things do not appear: deleted drafts; a
    /// document that was settled by another one, because a payment leaves the `lastmodified` of what it pays
    /// untouched; and changes within an hour or two of the moment, because it is not documented in which time zone
    /// the service reads it. It is sent in UTC, as Moloni's own plugins do.
    ///
    /// So ask with an overlap of two hours, and read each document again that a row names in
    /// [`associated_documents`](Document::associated_documents).
    pub fn get_modified_since(self, moment: Timestamp, query: DocumentQuery) -> Listing<Document> {
        Listing::new(self.client.clone(), &GET_MODIFIED_SINCE, since(query.into_params(), moment), id)
    }

    /// Reads one document, with lines, payments and more than the list has; they are in [`Document::extra`].
    ///
    /// `POST /documents/getOne/`, a read. The service answers a missing record with `[]`.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is no such document, `Request` if no company is set.
    pub async fn get_one(self, id: DocumentId) -> Result<Document, Error> {
        let mut params = self.client.company_params(&GET_ONE)?;
        params.insert("document_id".to_owned(), id.get().into());
        self.client.one(&GET_ONE, params).await
    }

    /// Like [`get_one`](Self::get_one), `None` if there is no such document.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_one(self, id: DocumentId) -> Result<Option<Document>, Error> {
        found(self.get_one(id).await)
    }
}

fn id(document: &Document) -> u64 {
    document.document_id.get()
}
