use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DocumentKind, DocumentStatus};
use crate::value::{
    date, draft_number, flag, instant, list, number, object, optional_id, optional_number, text,
};
use crate::{
    Amount, CompanyId, CountryId, CurrencyId, CustomerId, DocumentId, DocumentSetId, DocumentTypeId,
    MaturityDateId, SalesmanId, SupplierId, TerminalId,
};

/// A document, as lists show it. [`DocumentDetail`](super::DocumentDetail) has its lines, payments and the rest of
/// `getOne`, which are in [`extra`](Self::extra) here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Document {
    /// Its id.
    pub document_id: DocumentId,
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// Its type; see [`kind`](Self::kind).
    pub document_type_id: DocumentTypeId,
    /// The customer, for documents of the sales side.
    #[serde(default, with = "optional_id")]
    pub customer_id: Option<CustomerId>,
    /// The supplier, for documents of the purchase side.
    #[serde(default, with = "optional_id")]
    pub supplier_id: Option<SupplierId>,
    /// Who sold.
    #[serde(default, with = "optional_id")]
    pub salesman_id: Option<SalesmanId>,
    /// Where it was issued.
    #[serde(default, with = "optional_id")]
    pub terminal_id: Option<TerminalId>,
    /// The series it is numbered in.
    pub document_set_id: DocumentSetId,
    /// The name of the series.
    #[serde(default, deserialize_with = "text")]
    pub document_set_name: String,
    /// Its number in the series, `None` for a draft: the service writes -1, so many drafts share it.
    #[serde(default, with = "draft_number")]
    pub number: Option<u64>,
    /// Its day.
    #[serde(with = "date")]
    pub date: Date,
    /// When it is due. Receipts, credit notes and others have no such day.
    #[serde(default, with = "date::optional")]
    pub expiration_date: Option<Date>,
    /// When it was changed last. A payment does not change the document that it pays.
    #[serde(with = "instant")]
    pub lastmodified: Timestamp,
    /// Who changed it last.
    #[serde(default, deserialize_with = "text")]
    pub lastmodifiedby: String,
    /// Its terms of payment. For show: when it is due is [`expiration_date`](Self::expiration_date).
    #[serde(default, with = "optional_id")]
    pub maturity_date_id: Option<MaturityDateId>,
    /// The days of these terms; often missing although there are terms.
    #[serde(default, deserialize_with = "optional_number")]
    pub maturity_date_days: Option<i64>,
    /// The name of these terms.
    #[serde(default, deserialize_with = "text")]
    pub maturity_date_name: String,
    /// The other party's reference.
    #[serde(default, deserialize_with = "text")]
    pub your_reference: String,
    /// The company's own reference.
    #[serde(default, deserialize_with = "text")]
    pub our_reference: String,
    /// The other party's number, as it was when the document was issued. So are all fields `entity_*`.
    #[serde(default, deserialize_with = "text")]
    pub entity_number: String,
    /// Their name.
    #[serde(default, deserialize_with = "text")]
    pub entity_name: String,
    /// Their tax number.
    #[serde(default, deserialize_with = "text")]
    pub entity_vat: String,
    /// Their street and number.
    #[serde(default, deserialize_with = "text")]
    pub entity_address: String,
    /// Their city.
    #[serde(default, deserialize_with = "text")]
    pub entity_city: String,
    /// Their postal code.
    #[serde(default, deserialize_with = "text")]
    pub entity_zip_code: String,
    /// Their country's name, in Portuguese.
    #[serde(default, deserialize_with = "text")]
    pub entity_country: String,
    /// Their country.
    #[serde(default, with = "optional_id")]
    pub entity_country_id: Option<CountryId>,
    /// The discount on the whole document in percent.
    #[serde(default)]
    pub financial_discount: Amount,
    /// The sum of the lines, *before* discounts and tax.
    #[serde(default)]
    pub gross_value: Amount,
    /// The discounts of the lines. The service spells it with one m.
    #[serde(default)]
    pub comercial_discount_value: Amount,
    /// The discount on the whole document.
    #[serde(default)]
    pub financial_discount_value: Amount,
    /// The taxes.
    #[serde(default)]
    pub taxes_value: Amount,
    /// The tax withheld.
    #[serde(default)]
    pub deduction_value: Amount,
    /// The grand total, *with* tax.
    #[serde(default)]
    pub net_value: Amount,
    /// What of the total is settled. An invoice is open by `net_value - reconciled_value`; a credit note keeps 0
    /// even when it is used up.
    #[serde(default)]
    pub reconciled_value: Amount,
    /// Draft, closed or annulled.
    #[serde(default)]
    pub status: DocumentStatus,
    /// The tax authority's code for a transport.
    #[serde(default, deserialize_with = "text")]
    pub transport_code: String,
    /// Who set that code.
    #[serde(default, deserialize_with = "number")]
    pub transport_code_set_by: i64,
    /// Whether it is a global guide.
    #[serde(default, with = "flag")]
    pub global_guide: bool,
    /// The foreign currency it is in.
    #[serde(default, with = "optional_id")]
    pub exchange_currency_id: Option<CurrencyId>,
    /// The grand total in that currency.
    #[serde(default)]
    pub exchange_total_value: Amount,
    /// The rate of that currency.
    #[serde(default)]
    pub exchange_rate: Amount,
    /// That currency's code and symbol.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub exchange_currency: Option<ExchangeCurrency>,
    /// The type's code.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub document_type: Option<DocumentTypeRef>,
    /// The series.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub document_set: Option<DocumentSetRef>,
    /// The documents that this one settles or derives from.
    #[serde(default, deserialize_with = "list")]
    pub associated_documents: Vec<AssociatedDocument>,
    /// The documents that settle this one or derive from it.
    #[serde(default, deserialize_with = "list")]
    pub reverse_associated_documents: Vec<ReverseAssociatedDocument>,
    /// How its totals are worked out.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub document_calc_method: Option<DocumentCalcMethod>,
    /// The span of time that a credit note grants its bonus for.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub rappel: Option<Rappel>,
    /// What this crate does not know, and all that only `getOne` sends.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Document {
    /// What sort of document it is: by its type's id, or by the type's code if the id is not known here.
    pub fn kind(&self) -> DocumentKind {
        let by_id = DocumentKind::from(self.document_type_id);
        match (by_id, &self.document_type) {
            (DocumentKind::Other(_), Some(named)) => {
                DocumentKind::from_saft_code(&named.saft_code).unwrap_or(by_id)
            }
            _ => by_id,
        }
    }
}

impl Document {
    /// The code of its type in the tax authority's audit file, such as `FT`: as the service gives it, or else by the type's
    /// id; empty if neither tells.
    pub fn saft_code(&self) -> &str {
        let named = self.document_type.as_ref().map(|named| named.saft_code.as_str());
        named.filter(|code| !code.is_empty()).or_else(|| self.kind().saft_code()).unwrap_or_default()
    }

    /// What is still to be paid of it: nothing of a draft, of an annulled document, or of one that is paid by itself.
    ///
    /// It tells something of invoices and debit notes. A credit note shows its whole value even when it is used up.
    pub fn open_value(&self) -> Amount {
        if self.status == DocumentStatus::Closed {
            self.net_value - self.reconciled_value
        } else {
            Amount::ZERO
        }
    }

    /// Whether something is still to be paid of it: more than half a cent, which is what rounding may leave.
    pub fn is_unpaid(&self) -> bool {
        self.open_value() > Amount::from(rust_decimal::Decimal::new(5, 3))
    }

    /// What people call it, such as `FT 2026/41`; `None` for a draft.
    pub fn human_reference(&self) -> Option<String> {
        let code = &self.document_type.as_ref()?.saft_code;
        Some(format!("{code} {}/{}", self.document_set_name, self.number?))
    }
}

/// A foreign currency as a [`Document`] shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExchangeCurrency {
    /// Its id.
    pub currency_id: CurrencyId,
    /// Its ISO code, such as `USD`.
    #[serde(default, deserialize_with = "text")]
    pub iso4217: String,
    /// Its symbol.
    #[serde(default, deserialize_with = "text")]
    pub symbol: String,
}

/// The type of a [`Document`]. The service sends no name with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentTypeRef {
    /// Its id.
    pub document_type_id: DocumentTypeId,
    /// Its code in the tax authority's audit file, such as `FT`.
    #[serde(default, deserialize_with = "text")]
    pub saft_code: String,
}

/// The series of a [`Document`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentSetRef {
    /// Its id.
    pub document_set_id: DocumentSetId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
}

/// A document that a [`Document`] settles or derives from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssociatedDocument {
    /// That document.
    pub associated_id: DocumentId,
    /// How much of it is settled. Only `getOne` sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
}

/// A document that settles a [`Document`] or derives from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReverseAssociatedDocument {
    /// That document.
    pub document_id: DocumentId,
    /// How much it settles. Only `getOne` sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
}

/// How the totals of a [`Document`] are worked out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentCalcMethod {
    /// The document.
    pub document_id: DocumentId,
    /// The method's number.
    #[serde(default, deserialize_with = "number")]
    pub calc_method_id: i64,
}

/// The span of time that a credit note grants its bonus for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rappel {
    /// Its first day.
    #[serde(default, with = "date::optional")]
    pub date_start: Option<Date>,
    /// Its last day.
    #[serde(default, with = "date::optional")]
    pub date_end: Option<Date>,
    /// Notes about it.
    #[serde(default, deserialize_with = "text")]
    pub notes: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row() -> Value {
        json!({
            "document_id": 7, "company_id": 5, "document_type_id": 99, "document_set_id": 3, "number": -1,
            "date": "2026-07-01T00:00:00+0100", "lastmodified": "2026-07-01T10:00:00+0100", "status": 0,
        })
    }

    #[test]
    fn a_draft_has_no_number() {
        let draft: Document = serde_json::from_value(row()).unwrap();
        assert_eq!((draft.number, draft.status), (None, DocumentStatus::Draft));
        assert_eq!(serde_json::to_value(&draft).unwrap()["number"], json!(-1));
        let mut closed = row();
        closed["number"] = json!("35");
        assert_eq!(serde_json::from_value::<Document>(closed).unwrap().number, Some(35));
    }

    #[test]
    fn the_day_of_a_summer_document_is_the_day_written() {
        let document: Document = serde_json::from_value(row()).unwrap();
        assert_eq!(document.date, jiff::civil::date(2026, 7, 1));
        assert_eq!(document.lastmodified, "2026-07-01T09:00:00Z".parse().unwrap());
    }

    #[test]
    fn the_kind_falls_back_to_the_code() {
        let mut document: Document = serde_json::from_value(row()).unwrap();
        assert_eq!(document.kind(), DocumentKind::Other(DocumentTypeId::from(99)));
        document.document_type =
            Some(DocumentTypeRef { saft_code: "FR".to_owned(), ..DocumentTypeRef::default() });
        assert_eq!(document.kind(), DocumentKind::InvoiceReceipt);
        document.document_type_id = DocumentTypeId::from(1);
        assert_eq!(document.kind(), DocumentKind::Invoice);
    }

    #[test]
    fn only_what_is_closed_is_unpaid() {
        let mut document: Document = serde_json::from_value(row()).unwrap();
        document.net_value = rust_decimal::Decimal::new(1_000, 2).into();
        for (status, paid, unpaid) in [
            (DocumentStatus::Draft, 0, false),
            (DocumentStatus::Annulled, 0, false),
            (DocumentStatus::Closed, 0, true),
            (DocumentStatus::Closed, 9_994, true),
            (DocumentStatus::Closed, 9_995, false),
            (DocumentStatus::Closed, 10_000, false),
        ] {
            document.status = status;
            document.reconciled_value = rust_decimal::Decimal::new(paid, 3).into();
            assert_eq!(document.is_unpaid(), unpaid, "{status:?} {paid}");
        }
        assert_eq!(document.human_reference(), None);
        document.number = Some(41);
        document.document_set_name = "L26".to_owned();
        document.document_type =
            Some(DocumentTypeRef { saft_code: "FT".to_owned(), ..DocumentTypeRef::default() });
        assert_eq!(document.human_reference().as_deref(), Some("FT L26/41"));
    }

    #[test]
    fn detail_stays_in_extra_and_values_of_links_are_read() {
        let mut row = row();
        row["products"] = json!([{ "name": "Chá" }]);
        row["associated_documents"] = json!([{ "associated_id": 8, "value": 1.5 }]);
        let document: Document = serde_json::from_value(row.clone()).unwrap();
        assert_eq!(document.extra["products"], row["products"]);
        assert_eq!(document.associated_documents[0].value.unwrap().to_string(), "1.5");
    }
}
