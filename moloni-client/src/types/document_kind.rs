use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::DocumentTypeId;
use crate::value::to_whole;

/// How far a document has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentStatus {
    /// It can change and be deleted, has no number, and means nothing to anybody yet.
    #[default]
    Draft,
    /// It is issued: numbered and signed. The law forbids to change it; other documents put right what is wrong.
    Closed,
    /// It was closed, and is void. It keeps its number, for ever.
    Annulled,
    /// A status that this crate does not know.
    Other(i64),
}

impl DocumentStatus {
    /// The number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Draft => 0,
            Self::Closed => 1,
            Self::Annulled => 2,
            Self::Other(number) => number,
        }
    }
}

impl From<i64> for DocumentStatus {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Draft,
            1 => Self::Closed,
            2 => Self::Annulled,
            other => Self::Other(other),
        }
    }
}

impl Serialize for DocumentStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

impl<'de> Deserialize<'de> for DocumentStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = to_whole(&Value::deserialize(deserializer)?);
        number.map(Self::from).ok_or_else(|| D::Error::custom("expected a status"))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $id:literal $code:literal,)+) => {
        /// A sort of document that this crate knows.
        ///
        /// Moloni has some forty types and does not publish their numbers. Those here were seen in answers or are
        /// used by Moloni's own plugins; for the rest, ask `documents/getAllDocumentTypes`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum DocumentKind {
            $($(#[$doc])* $name,)+
            /// Any other type.
            Other(DocumentTypeId),
        }

        impl DocumentKind {
            /// The id of the type.
            pub fn id(self) -> DocumentTypeId {
                match self {
                    $(Self::$name => DocumentTypeId::from($id),)+
                    Self::Other(id) => id,
                }
            }

            /// The code in the tax authority's audit file, such as `FT`.
            pub const fn saft_code(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($code),)+
                    Self::Other(_) => None,
                }
            }

            /// The kind with this code, `None` if the code is not known here.
            pub fn from_saft_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }
        }

        impl From<DocumentTypeId> for DocumentKind {
            fn from(id: DocumentTypeId) -> Self {
                match id.get() {
                    $($id => Self::$name,)+
                    _ => Self::Other(id),
                }
            }
        }
    };
}

kinds! {
    /// An invoice.
    Invoice = 1 "FT",
    /// A receipt.
    Receipt = 2 "RE",
    /// A credit note.
    CreditNote = 3 "NC",
    /// A debit note.
    DebitNote = 4 "ND",
    /// An order to a supplier.
    SupplierPurchaseOrder = 7 "NEF",
    /// A supplier's invoice.
    SupplierInvoice = 8 "FF",
    /// A pro-forma invoice.
    ProFormaInvoice = 13 "PF",
    /// An estimate.
    Estimate = 14 "OR",
    /// A bill of lading.
    BillOfLading = 15 "GT",
    /// A simplified invoice, paid on the spot.
    SimplifiedInvoice = 20 "FS",
    /// An invoice and its receipt in one.
    InvoiceReceipt = 27 "FR",
    /// A customer's order.
    PurchaseOrder = 28 "NE",
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_go_both_ways_and_stay_open() {
        let known: Vec<_> = (0..100)
            .map(|id| DocumentKind::from(DocumentTypeId::from(id)))
            .inspect(|kind| assert_eq!(DocumentKind::from(kind.id()), *kind))
            .filter_map(|kind| kind.saft_code().map(|code| (kind, code)))
            .collect();
        assert_eq!(known.len(), 12);
        for (kind, code) in known {
            assert_eq!(DocumentKind::from_saft_code(code), Some(kind));
        }
        assert_eq!(DocumentKind::from_saft_code("XX"), None);
    }

    #[test]
    fn an_unknown_status_is_kept() {
        for (value, status) in [
            (json!(0), DocumentStatus::Draft),
            (json!("1"), DocumentStatus::Closed),
            (json!(2), DocumentStatus::Annulled),
            (json!(9), DocumentStatus::Other(9)),
        ] {
            let read = DocumentStatus::deserialize(&value).unwrap();
            assert_eq!(read, status);
            assert_eq!(Some(read.number()), to_whole(&value));
        }
        assert!(DocumentStatus::deserialize(json!("open")).is_err());
    }
}
