//! The handle of a type of document: one shape for all, and what each type can do.

use std::marker::PhantomData;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sync_core::http::Operation;

use super::types_of_document::{Insertable, InsertableRaw, Issuable, OfDocument, PayableByMb, Transported};
use super::{found, since};
use crate::issuing::{Expect, IssueError, Issued, Issuing};
use crate::types::{Document, DocumentDetail, DocumentQuery, DocumentStatus, MbReference, NewDocument};
use crate::{Amount, Client, DocumentId, Error, Listing};

/// The documents of one type, such as [`Client::invoices`]: `T` is one of the types in [`of`](super::of).
///
/// All types have the same rows. What a type cannot do does not compile: a receipt has no transport code, and a
/// supplier's invoice has no typed body, because what its fields are is not established.
///
/// ```no_run
/// # async fn example(client: moloni_client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use moloni_client::jiff::civil::date;
/// use moloni_client::types::{LineTax, NewInvoice, NewLine};
/// use moloni_client::{CustomerId, Decimal, DocumentSetId, Expect, ProductId, TaxId};
///
/// let vat = LineTax::new(TaxId::from(9), Decimal::from(23));
/// let new = NewInvoice::new(date(2026, 7, 1), date(2026, 7, 31), DocumentSetId::from(3), CustomerId::from(7))
///     .our_reference("order-1841")
///     .line(NewLine::new(ProductId::from(61), "Chair", Decimal::from(4), Decimal::new(50_00, 2)).tax(vat));
/// let issued = client.invoices().issue(&new, Expect::total(Decimal::new(246_00, 2))).await?;
/// println!("{:?} {}", issued.detail.document.number, issued.detail.atcud);
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # async fn example(client: moloni_client::Client, id: moloni_client::DocumentId) {
/// client.receipts().set_transport_code(id, "x").await.ok();
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # async fn example(client: moloni_client::Client, new: &moloni_client::types::NewInvoice) {
/// client.supplier_invoices().insert(new).await.ok();
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct DocumentsOf<'a, T> {
    client: &'a Client,
    of: PhantomData<T>,
}

impl<'a, T: OfDocument> DocumentsOf<'a, T> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client, of: PhantomData }
    }

    /// Counts the documents that `query` selects.
    ///
    /// `POST /{type}/count/`, a read. Documented as a number, the count arrives as a text.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count(self, query: DocumentQuery) -> Result<u64, Error> {
        let mut params = self.client.company_params(&T::OPERATIONS.count)?;
        params.extend(query.into_params());
        self.client.counted(&T::OPERATIONS.count, params).await
    }

    /// Lists the documents that `query` selects, newest first.
    ///
    /// `POST /{type}/getAll/`, a read, in pages of 50. Each type knows a part of the filters and ignores the others;
    /// `status` is none of them.
    pub fn get_all(self, query: DocumentQuery) -> Listing<Document> {
        Listing::new(self.client.clone(), &T::OPERATIONS.get_all, query.into_params(), id)
    }

    /// Lists the documents that `query` selects and that were created or changed since a moment.
    ///
    /// `POST /{type}/getModifiedSince/`, a read, in pages of 50. What does not appear is told at
    /// [`Documents::get_modified_since`](super::Documents::get_modified_since).
    pub fn get_modified_since(self, moment: Timestamp, query: DocumentQuery) -> Listing<Document> {
        let params = since(query.into_params(), moment);
        Listing::new(self.client.clone(), &T::OPERATIONS.get_modified_since, params, id)
    }

    /// Counts the documents that `query` selects and that were created or changed since a moment.
    ///
    /// `POST /{type}/countModifiedSince/`, a read.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub async fn count_modified_since(self, moment: Timestamp, query: DocumentQuery) -> Result<u64, Error> {
        let mut params = self.client.company_params(&T::OPERATIONS.count_modified_since)?;
        params.extend(since(query.into_params(), moment));
        self.client.counted(&T::OPERATIONS.count_modified_since, params).await
    }

    /// Reads the row of one document. [`get_detail`](Self::get_detail) has its lines, too.
    ///
    /// `POST /{type}/getOne/`, a read. The service answers a missing record, and one of another type, with `[]`.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is no such document, `Request` if no company is set.
    pub async fn get_one(self, id: DocumentId) -> Result<Document, Error> {
        self.client.document(&T::OPERATIONS.get_one, id).await
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
    /// `POST /{type}/getOne/`, a read, as [`get_one`](Self::get_one).
    ///
    /// # Errors
    ///
    /// As [`get_one`](Self::get_one).
    pub async fn get_detail(self, id: DocumentId) -> Result<DocumentDetail, Error> {
        self.client.document(&T::OPERATIONS.get_one, id).await
    }

    /// Like [`get_detail`](Self::get_detail), `None` if there is no such document.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_detail(self, id: DocumentId) -> Result<Option<DocumentDetail>, Error> {
        found(self.get_detail(id).await)
    }

    /// Closes a draft as it was read: it is numbered, signed and, if the company has that switched on, reported to
    /// the tax authority. There is no way back but [`cancel`](super::Documents::cancel) and
    /// [`reopen`](super::Documents::reopen).
    ///
    /// `POST /{type}/update/`, a write. The documents that the draft is associated with are sent again, because the
    /// service forgets them otherwise. [`issue`](Self::issue) checks the total before.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if it was no draft when it was read, `Validation` if the series
    /// is not registered or has a later document. With [`outcome_unknown`](Error::outcome_unknown) it may be closed:
    /// read it.
    pub async fn close(self, draft: &DocumentDetail) -> Result<(), Error> {
        self.close_with(draft, Map::new()).await
    }

    /// Closes a draft, with more parameters.
    pub(super) async fn close_with(
        self,
        draft: &DocumentDetail,
        mut body: Map<String, Value>,
    ) -> Result<(), Error> {
        let (operation, document) = (&T::OPERATIONS.update, &draft.document);
        if document.status != DocumentStatus::Draft {
            return Err(Error::request(operation.name(), "the document is no draft"));
        }
        body.insert("status".to_owned(), DocumentStatus::Closed.number().into());
        if !document.associated_documents.is_empty() {
            body.insert("associated_documents".to_owned(), json!(document.associated_documents));
        }
        self.client.write(operation, &body, named(document.document_id)).await
    }

    /// Deletes a draft.
    ///
    /// `POST /{type}/delete/`, a write. Only drafts can be deleted; they leave no trace in any list of changes.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Refused` if it is closed or not there.
    pub async fn delete(self, id: DocumentId) -> Result<(), Error> {
        self.client.write(&T::OPERATIONS.delete, &Map::new(), named(id)).await
    }
}

impl<T: Insertable> DocumentsOf<'_, T> {
    /// Makes a draft and gives its id.
    ///
    /// `POST /{type}/insert/`, a write: sent again only if it provably never arrived. The service has no idempotency
    /// keys: [`insert_or_find`](Self::insert_or_find) makes no second one.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if a line has neither a tax nor a reason for an exemption, or
    /// both, and nothing was sent; `Validation` names the fields that are wrong, and the line by its
    /// [`path`](crate::FieldError::path). With [`outcome_unknown`](Error::outcome_unknown) it may be there all the
    /// same.
    pub async fn insert(self, new: &T::New) -> Result<DocumentId, Error> {
        let body = Self::checked(&T::OPERATIONS.insert, new)?;
        self.client.write_id(&T::OPERATIONS.insert, &body, Map::new(), "document_id").await
    }

    /// Replaces a draft.
    ///
    /// `POST /{type}/update/`, a write, with everything that an insert takes: what is left out may be lost, documents
    /// that it is associated with among it. It stays a draft.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert); `Refused` if it is closed or not there.
    pub async fn update(self, id: DocumentId, new: &T::New) -> Result<(), Error> {
        let body = Self::checked(&T::OPERATIONS.update, new)?;
        self.client.write(&T::OPERATIONS.update, &body, named(id)).await
    }

    fn checked(operation: &Operation, new: &T::New) -> Result<Map<String, Value>, Error> {
        new.body().checked(T::New::DEMANDS).map_err(|why| Error::request(operation.name(), why))
    }

    pub(crate) fn wrong_insert(why: String) -> Error {
        Error::request(T::OPERATIONS.insert.name(), why)
    }
}

impl<T: Issuable> DocumentsOf<'_, T> {
    /// Issues a document: makes a draft, reads what the service made of it, and closes it if it is for the right
    /// customer, is associated with what it is to settle, and comes to the total that is expected. On any difference
    /// the draft stays, and the error names it.
    ///
    /// Nothing is issued twice. The document is found again by its reference: `our_reference` where the type has one,
    /// else `your_reference`; it must be set, and no other document of the type may have it. A second call with the
    /// same reference finds what the first one left, verifies it, and goes on from there. If an answer is lost, the
    /// document is looked for and read, and what cannot be found out is said exactly.
    ///
    /// Receipts and returns of money have no reference. They are found again by what they settle: another one of the
    /// same customer, day, total and documents counts as the same. If somebody really pays the same amount of the
    /// same documents twice in a day, [`insert`](Self::insert) the second one and [`close`](Self::close) it.
    ///
    /// The reads and writes are those of [`get_all`](Self::get_all), [`insert`](Self::insert),
    /// [`get_detail`](Self::get_detail) and [`close`](Self::close); six requests if all goes well.
    ///
    /// # Errors
    ///
    /// [`IssueError`], which says what is there and what is not.
    pub async fn issue(self, new: &T::New, expect: Expect) -> Result<Issued, IssueError> {
        Issuing::new(self, new, expect)?.issue().await
    }

    /// The first half of [`issue`](Self::issue): makes the draft or finds the document that is there, and verifies
    /// it. It closes nothing.
    ///
    /// # Errors
    ///
    /// [`IssueError`], which says what is there and what is not.
    pub async fn insert_or_find(self, new: &T::New, expect: Expect) -> Result<Issued, IssueError> {
        Issuing::new(self, new, expect)?.insert_or_find().await
    }
}

impl<T: InsertableRaw> DocumentsOf<'_, T> {
    /// Makes a draft of fields by the service's own names, and gives its id.
    ///
    /// `POST /{type}/insert/`, a write. The fields of this type are not established: the service's own documentation
    /// describes some of them by those of other types. So this checks what is certain and sends the rest as it is:
    /// `date` is a day, `document_set_id` and the other party are ids, each line has a product and either taxes or an
    /// `exemption_reason`, and the status is not set. Try it on a company that may be spoiled.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if a check fails, and nothing was sent.
    pub async fn insert_raw(self, fields: Map<String, Value>) -> Result<DocumentId, Error> {
        let operation = &T::OPERATIONS.insert;
        check_raw(&fields, T::PARTY).map_err(|why| Error::request(operation.name(), why))?;
        self.client.write_id(operation, &fields, Map::new(), "document_id").await
    }

    /// Replaces a draft by fields as [`insert_raw`](Self::insert_raw) takes them.
    ///
    /// `POST /{type}/update/`, a write.
    ///
    /// # Errors
    ///
    /// As [`insert_raw`](Self::insert_raw); `Refused` if it is closed or not there.
    pub async fn update_raw(self, id: DocumentId, fields: Map<String, Value>) -> Result<(), Error> {
        let operation = &T::OPERATIONS.update;
        check_raw(&fields, T::PARTY).map_err(|why| Error::request(operation.name(), why))?;
        self.client.write(operation, &fields, named(id)).await
    }
}

impl<T: PayableByMb> DocumentsOf<'_, T> {
    /// Makes a reference of Multibanco by which `value` of a closed document can be paid.
    ///
    /// `POST /{type}/generateMBReference/`, a write. What it answers is not documented: see [`MbReference`].
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`. With [`outcome_unknown`](Error::outcome_unknown) read the document:
    /// [`mb_references`](DocumentDetail::mb_references).
    pub async fn generate_mb_reference(
        self,
        id: DocumentId,
        value: impl Into<Amount> + Send,
    ) -> Result<MbReference, Error> {
        let body = Map::from_iter([("value".to_owned(), json!(value.into()))]);
        self.client.written(&T::OPERATIONS.generate_mb_reference, &body, named(id)).await
    }
}

impl<T: Transported> DocumentsOf<'_, T> {
    /// Sets the code that the tax authority gave for a transport, if it was asked by other means.
    ///
    /// `POST /{type}/setTransportCode/`, a write.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn set_transport_code(self, id: DocumentId, code: &str) -> Result<(), Error> {
        let body = Map::from_iter([("transport_code".to_owned(), code.into())]);
        self.client.write(&T::OPERATIONS.set_transport_code, &body, named(id)).await
    }
}

/// The parameter that names a document.
pub(super) fn named(id: DocumentId) -> Map<String, Value> {
    Map::from_iter([("document_id".to_owned(), id.get().into())])
}

pub(super) fn id(document: &Document) -> u64 {
    document.document_id.get()
}

/// What is certain of every document.
fn check_raw(fields: &Map<String, Value>, party: &str) -> Result<(), String> {
    let is_id = |name: &str, value: Option<&Value>| match value.and_then(Value::as_u64) {
        Some(id) if id > 0 => Ok(()),
        _ => Err(format!("{name}: expected an id")),
    };
    let date = fields.get("date").and_then(Value::as_str).unwrap_or_default();
    if date.len() != 10 || date.parse::<jiff::civil::Date>().is_err() {
        return Err("date: expected a day as YYYY-MM-DD".to_owned());
    }
    is_id("document_set_id", fields.get("document_set_id"))?;
    is_id(party, fields.get(party))?;
    for name in ["document_id", "company_id", "status"] {
        if fields.contains_key(name) {
            return Err(format!("{name}: this is not for the body to say"));
        }
    }
    let lines = match fields.get("products") {
        Some(Value::Array(lines)) => lines.as_slice(),
        Some(_) => return Err("products: expected a list".to_owned()),
        None => &[],
    };
    for (at, line) in lines.iter().enumerate() {
        let at = at + 1;
        is_id("product_id", line.get("product_id")).map_err(|why| format!("line {at}: {why}"))?;
        let taxes = line.get("taxes").and_then(Value::as_array).is_some_and(|taxes| !taxes.is_empty());
        let reason =
            line.get("exemption_reason").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if taxes == reason {
            return Err(format!("line {at}: it needs either taxes or an exemption_reason"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_body_is_checked_as_far_as_anything_is_certain() {
        let good = json!({
            "date": "2026-07-01", "document_set_id": 3, "supplier_id": 4,
            "products": [{ "product_id": 1, "exemption_reason": "M07" }],
        });
        let check = |change: Value| {
            let mut fields = good.as_object().cloned().unwrap_or_default();
            fields.extend(change.as_object().cloned().unwrap_or_default());
            check_raw(&fields, "supplier_id")
        };
        assert_eq!(check(json!({})), Ok(()));
        let table = [
            (json!({ "date": "2026-07-01T00:00:00+0100" }), "date"),
            (json!({ "date": 20_260_701 }), "date"),
            (json!({ "document_set_id": "3" }), "document_set_id"),
            (json!({ "supplier_id": 0 }), "supplier_id"),
            (json!({ "status": 1 }), "status"),
            (json!({ "document_id": 1 }), "document_id"),
            (json!({ "products": {} }), "products"),
            (json!({ "products": [{ "taxes": [{}] }] }), "line 1: product_id"),
            (json!({ "products": [{ "product_id": 1 }] }), "line 1: it needs either"),
            (
                json!({ "products": [{ "product_id": 1, "taxes": [{}], "exemption_reason": "M07" }] }),
                "line 1: it needs",
            ),
        ];
        for (change, why) in table {
            assert!(check(change.clone()).unwrap_err().starts_with(why), "{change}");
        }
    }
}
