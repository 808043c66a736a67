use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sync_core::http::Operation;

use super::documents_of::{id, named};
use super::entity::operations;
use super::{found, since};
use crate::outcome::Expected;
use crate::types::{Document, DocumentDetail, DocumentQuery, DocumentType};
use crate::{Client, DocumentId, Error, LanguageId, Listing, MbReferenceId};

operations! { "documents":
    COUNT = "count" read;
    GET_ALL = "getAll" read;
    GET_ONE = "getOne" read;
    GET_MODIFIED_SINCE = "getModifiedSince" read;
    COUNT_MODIFIED_SINCE = "countModifiedSince" read;
    GET_ALL_DOCUMENT_TYPES = "getAllDocumentTypes" read;
    GET_BY_MB_REFERENCE = "getByMBReference" read;
    SET_MB_REFERENCE_AS_PAID = "setMBReferenceAsPaid" write;
    DELETE_MB_REFERENCE = "deleteMBReference" write;
    DOCUMENT_CANCEL = "documentCancel" write;
    DOCUMENT_DRAFT = "documentDraft" write;
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
    /// [`get_detail`](Self::get_detail) does. They have far more fields than the documentation lists.
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

    /// Counts the documents that `query` selects and that were created or changed since a moment.
    ///
    /// `POST /documents/countModifiedSince/`, a read.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub async fn count_modified_since(self, moment: Timestamp, query: DocumentQuery) -> Result<u64, Error> {
        let mut params = self.client.company_params(&COUNT_MODIFIED_SINCE)?;
        params.extend(since(query.into_params(), moment));
        self.client.counted(&COUNT_MODIFIED_SINCE, params).await
    }

    /// Reads the row of one document. What only `getOne` sends is in [`Document::extra`]; with
    /// [`get_detail`](Self::get_detail) it is typed.
    ///
    /// `POST /documents/getOne/`, a read. The service answers a missing record with `[]`.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is no such document, `Request` if no company is set.
    pub async fn get_one(self, id: DocumentId) -> Result<Document, Error> {
        self.client.document(&GET_ONE, id).await
    }

    /// Like [`get_one`](Self::get_one), `None` if there is no such document.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_one(self, id: DocumentId) -> Result<Option<Document>, Error> {
        found(self.get_one(id).await)
    }

    /// Reads one document with lines, taxes, payments, delivery and signature.
    ///
    /// `POST /documents/getOne/`, a read, as [`get_one`](Self::get_one).
    ///
    /// # Errors
    ///
    /// As [`get_one`](Self::get_one).
    pub async fn get_detail(self, id: DocumentId) -> Result<DocumentDetail, Error> {
        self.client.document(&GET_ONE, id).await
    }

    /// Like [`get_detail`](Self::get_detail), `None` if there is no such document.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_detail(self, id: DocumentId) -> Result<Option<DocumentDetail>, Error> {
        found(self.get_detail(id).await)
    }

    /// Lists the types of document, with their names in a language. They change hardly ever: keep them.
    ///
    /// `POST /documents/getAllDocumentTypes/`, a read. Moloni does not publish the ids of all types; this is how to
    /// learn them. It needs no company.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn get_all_document_types(self, language: LanguageId) -> Result<Vec<DocumentType>, Error> {
        let params = Map::from_iter([("language_id".to_owned(), language.get().into())]);
        self.client.rows(&GET_ALL_DOCUMENT_TYPES, params).await
    }

    /// Annuls a closed document: it keeps its number, and is void. `observation` says why, and may be empty.
    ///
    /// `POST /documents/documentCancel/`, a write. There is no way back. The service refuses if it is no closed
    /// document, waits to be reported to the tax authority, has the tax authority's code for a transport, or if
    /// another document derives from it that is not annulled: annul the receipt before its invoice. What the document
    /// settled is open again, and reading it is the only way to see that.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Refused` for all of these reasons alike. With
    /// [`outcome_unknown`](Error::outcome_unknown) read its status.
    pub async fn cancel(self, id: DocumentId, observation: &str) -> Result<(), Error> {
        let body = Map::from_iter([("observation".to_owned(), observation.into())]);
        self.client.write(&DOCUMENT_CANCEL, &body, named(id)).await
    }

    /// Makes a closed document a draft again: it loses its number and its signature.
    ///
    /// `POST /documents/documentDraft/`, a write, under rules like those of [`cancel`](Self::cancel). Only what never
    /// left the house may be taken back like this; what a customer has is corrected by a credit note. With
    /// `keep_conciliations` it stays associated with the documents that it settles or derives from.
    ///
    /// # Errors
    ///
    /// As [`cancel`](Self::cancel).
    pub async fn reopen(self, id: DocumentId, keep_conciliations: bool) -> Result<(), Error> {
        let body = Map::from_iter([("keep_conciliations".to_owned(), u8::from(keep_conciliations).into())]);
        self.client.write(&DOCUMENT_DRAFT, &body, named(id)).await
    }

    /// Finds the documents that can be paid by a reference of Multibanco.
    ///
    /// `POST /documents/getByMBReference/`, a read. Whether one or several come back is not documented: both are
    /// read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn get_by_mb_reference(self, entity: &str, reference: &str) -> Result<Vec<Document>, Error> {
        let mut params = self.client.company_params(&GET_BY_MB_REFERENCE)?;
        params.insert("entity".to_owned(), entity.into());
        params.insert("reference".to_owned(), reference.into());
        let answered = self.client.send(&GET_BY_MB_REFERENCE, Expected::Any, &params).await?;
        match answered.record::<Value>(&GET_BY_MB_REFERENCE)? {
            Value::Object(_) => Ok(vec![answered.record(&GET_BY_MB_REFERENCE)?]),
            Value::Null | Value::Bool(false) => Ok(Vec::new()),
            _ => answered.rows(&GET_BY_MB_REFERENCE),
        }
    }

    /// Says that a reference of Multibanco is paid.
    ///
    /// `POST /documents/setMBReferenceAsPaid/`, a write.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn set_mb_reference_as_paid(
        self,
        id: DocumentId,
        reference: MbReferenceId,
    ) -> Result<(), Error> {
        self.client.write(&SET_MB_REFERENCE_AS_PAID, &of_reference(reference), named(id)).await
    }

    /// Deletes a reference of Multibanco, so that nothing can be paid by it.
    ///
    /// `POST /documents/deleteMBReference/`, a write. Its parameters are not documented; these are those of
    /// [`set_mb_reference_as_paid`](Self::set_mb_reference_as_paid).
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn delete_mb_reference(self, id: DocumentId, reference: MbReferenceId) -> Result<(), Error> {
        self.client.write(&DELETE_MB_REFERENCE, &of_reference(reference), named(id)).await
    }
}

fn of_reference(reference: MbReferenceId) -> Map<String, Value> {
    Map::from_iter([("reference_id".to_owned(), json!(reference))])
}

impl Client {
    /// One document, as a row or in detail.
    pub(super) async fn document<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        id: DocumentId,
    ) -> Result<T, Error> {
        let mut params = self.company_params(operation)?;
        params.extend(named(id));
        self.one(operation, params).await
    }
}
