use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::EconomicActivity;
use crate::value::{date, flag, instant, list, number, object, optional_id, optional_number, text};
use crate::{DocumentSetId, DocumentTypeId, EacId, TemplateId};

/// A document set: a series, in Portuguese *série*, that documents are numbered in.
///
/// Every type of document counts by itself in each series: `FT 2026/1` is the first invoice of the series "2026",
/// `NC 2026/1` its first credit note. Before a type is used in a series, the company tells the tax authority (AT),
/// which answers with a code; documents print that code and their number as the ATCUD. A document of a combination
/// without a code cannot be closed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "the service has a flag for each")]
pub struct DocumentSet {
    /// Its id.
    pub document_set_id: DocumentSetId,
    /// Its name, which is part of every document's number.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Whether it is the one that new documents get.
    #[serde(default, with = "flag")]
    pub active_by_default: bool,
    /// Whether it is for a company that owes VAT only once it is paid (*IVA de caixa*).
    #[serde(default, with = "flag")]
    pub cash_vat_scheme_indicator: bool,
    /// The letterhead of its documents.
    #[serde(default, with = "optional_id")]
    pub template_id: Option<TemplateId>,
    /// Where the logo of its documents is. Documented as `img_gr_1`.
    #[serde(default, deserialize_with = "text")]
    pub image: String,
    /// Whether it is for invoice-receipts.
    #[serde(default, with = "flag")]
    pub for_invoice_receipt: bool,
    /// Whether it is hidden.
    #[serde(default, with = "flag")]
    pub is_invisible: bool,
    /// The activity that its documents are of.
    #[serde(default, with = "optional_id")]
    pub eac_id: Option<EacId>,
    /// What that activity is.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub eac: Option<EconomicActivity>,
    /// The number that each type of document starts with; some forty rows.
    #[serde(default, deserialize_with = "list")]
    pub document_types_numbers: Vec<InitialNumber>,
    /// The types of document that the tax authority knows this series for.
    #[serde(default, deserialize_with = "list")]
    pub document_set_at_codes: Vec<AtCode>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl DocumentSet {
    /// The tax authority's code of this series for a type of document; `None` if it is not registered, so that
    /// documents of that type cannot be closed in it.
    pub fn at_code(&self, document_type: DocumentTypeId) -> Option<&AtCode> {
        let of_type = |code: &&AtCode| code.document_type_id == document_type;
        self.document_set_at_codes.iter().filter(|code| !code.document_set_at_code.is_empty()).find(of_type)
    }
}

/// The number that a type of document starts with in a [`DocumentSet`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InitialNumber {
    /// The series.
    #[serde(default, with = "optional_id")]
    pub document_set_id: Option<DocumentSetId>,
    /// The type.
    pub document_type_id: DocumentTypeId,
    /// The number.
    #[serde(default, deserialize_with = "number")]
    pub initial_number: i64,
}

/// What the tax authority knows of a [`DocumentSet`] for one type of document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AtCode {
    /// The id of this registration.
    #[serde(default, deserialize_with = "number")]
    pub document_set_wsat_id: i64,
    /// The series.
    #[serde(default, with = "optional_id")]
    pub document_set_id: Option<DocumentSetId>,
    /// The type.
    pub document_type_id: DocumentTypeId,
    /// The first number.
    #[serde(default, deserialize_with = "number")]
    pub initial_num: i64,
    /// The day from which it is used.
    #[serde(default, with = "date::optional")]
    pub initial_date: Option<Date>,
    /// How things stand: 0 as far as is known, which is active.
    #[serde(default, deserialize_with = "number")]
    pub document_set_state: i64,
    /// The last number, once the series is closed.
    #[serde(default, deserialize_with = "optional_number")]
    pub end_num: Option<i64>,
    /// The authority's code, eight characters: the first half of every document's ATCUD.
    #[serde(default, deserialize_with = "text")]
    pub document_set_at_code: String,
    /// Whether the series was new when it was registered.
    #[serde(default, with = "flag")]
    pub new_document_set: bool,
    /// Whether the registration can be withdrawn.
    #[serde(default, with = "flag")]
    pub can_be_nulled: bool,
    /// What was last said between Moloni and the authority.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub last_log: Option<AtLog>,
}

/// What was said between Moloni and the tax authority about an [`AtCode`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AtLog {
    /// The id of this entry.
    #[serde(default, deserialize_with = "number")]
    pub document_set_wsat_logs_id: i64,
    /// The registration.
    #[serde(default, deserialize_with = "number")]
    pub document_set_wsat_id: i64,
    /// What was asked for; 0 as far as is known, which is to register.
    #[serde(default, deserialize_with = "number")]
    pub action: i64,
    /// How it was sent. Not documented.
    #[serde(default, deserialize_with = "number")]
    pub processing_mode: i64,
    /// Whether the authority's code was found good.
    #[serde(default, with = "flag")]
    pub valid_document_set_at_code: bool,
    /// The authority's result: 2001 is registered.
    #[serde(default, deserialize_with = "number")]
    pub result_code: i64,
    /// The authority's sentence, in Portuguese.
    #[serde(default, deserialize_with = "text")]
    pub result_msg: String,
    /// How things stood afterwards, as [`AtCode::document_set_state`].
    #[serde(default, deserialize_with = "number")]
    pub document_set_state: i64,
    /// When.
    #[serde(default, with = "instant::optional")]
    pub created_at: Option<Timestamp>,
    /// Who.
    #[serde(default, deserialize_with = "text")]
    pub created_by: String,
}

/// A document set to insert, or what to replace one by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewDocumentSet {
    name: String,
    #[serde(with = "flag")]
    active_by_default: bool,
    #[serde(with = "flag")]
    cash_vat_scheme_indicator: bool,
    #[serde(with = "optional_id")]
    template_id: Option<TemplateId>,
}

impl NewDocumentSet {
    /// A series of this name, which is not the default, for a company that owes VAT when it invoices.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            active_by_default: false,
            cash_vat_scheme_indicator: false,
            template_id: None,
        }
    }

    /// Makes it the one that new documents get. Sent as `active_by_default`.
    #[must_use]
    pub fn active_by_default(mut self) -> Self {
        self.active_by_default = true;
        self
    }

    /// Makes it one of a company that owes VAT only once it is paid. Such a company must use no other.
    /// Sent as `cash_vat_scheme_indicator`.
    #[must_use]
    pub fn cash_vat_scheme(mut self) -> Self {
        self.cash_vat_scheme_indicator = true;
        self
    }

    /// Sets the letterhead. Sent as `template_id`.
    #[must_use]
    pub fn template(mut self, template: TemplateId) -> Self {
        self.template_id = Some(template);
        self
    }
}

/// A registration of a [`DocumentSet`] for a type of document with the tax authority.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtRegistration {
    document_set_id: DocumentSetId,
    document_type_id: DocumentTypeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_set_at_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_num: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_date: Option<String>,
}

impl AtRegistration {
    /// Lets Moloni ask the authority for a code. The company must have given Moloni its access to the authority.
    pub fn automatic(set: DocumentSetId, document_type: DocumentTypeId) -> Self {
        Self {
            document_set_id: set,
            document_type_id: document_type,
            document_set_at_code: None,
            initial_num: None,
            initial_date: None,
        }
    }

    /// Notes a code that somebody got from the authority's own pages: for documents from number `first` on, used
    /// from the day `since` on, both as they were entered there.
    pub fn manual(
        set: DocumentSetId,
        document_type: DocumentTypeId,
        code: impl Into<String>,
        first: u64,
        since: Date,
    ) -> Self {
        Self {
            document_set_at_code: Some(code.into()),
            initial_num: Some(first),
            initial_date: Some(since.to_string()),
            ..Self::automatic(set, document_type)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_series_is_registered_by_type_of_document() {
        let set: DocumentSet = serde_json::from_value(json!({
            "document_set_id": "3", "eac_id": 0,
            "document_set_at_codes": [
                { "document_type_id": 1, "document_set_at_code": "AAAA1111", "initial_date": null },
                { "document_type_id": 2, "document_set_at_code": "" },
            ],
        }))
        .unwrap();
        let code = |id: u64| set.at_code(DocumentTypeId::from(id)).map(|c| c.document_set_at_code.as_str());
        assert_eq!((code(1), code(2), code(3)), (Some("AAAA1111"), None, None));
    }

    #[test]
    fn a_manual_registration_sends_what_the_authority_was_told() {
        let (set, kind) = (DocumentSetId::from(3), DocumentTypeId::from(1));
        let automatic = serde_json::to_value(AtRegistration::automatic(set, kind)).unwrap();
        assert_eq!(automatic, json!({ "document_set_id": 3, "document_type_id": 1 }));
        let manual = AtRegistration::manual(set, kind, "AAAA1111", 12, jiff::civil::date(2026, 7, 1));
        let expected = json!({
            "document_set_id": 3, "document_type_id": 1, "document_set_at_code": "AAAA1111", "initial_num": 12,
            "initial_date": "2026-07-01",
        });
        assert_eq!(serde_json::to_value(manual).unwrap(), expected);
    }
}
