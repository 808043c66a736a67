use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Customer, CustomerId, Document, DocumentId};

/// Something that happened at Moloni. Records are as they were when the feed read them, with what happened since.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// There is a customer that the feed did not know.
    CustomerCreated(Box<Customer>),
    /// A customer is not as the feed knew it.
    CustomerUpdated(Box<Customer>),
    /// A customer is gone. Only [`Feed::scan`](super::Feed::scan) finds this.
    CustomerDeleted(CustomerId),
    /// There is a new draft.
    DraftCreated(Box<Document>),
    /// A draft was edited, in whatever shows in a list or not.
    DraftUpdated(Box<Document>),
    /// A document was closed: it has a number and stands. Of any type.
    DocumentIssued(Box<Document>),
    /// More of an invoice or debit note is paid than before, and not all of it.
    DocumentPartlyPaid(Box<Document>),
    /// An invoice or debit note is paid, or needs no payment by itself (invoice-receipt, simplified invoice). Comes
    /// after [`DocumentIssued`](Self::DocumentIssued) if the feed sees both at once.
    DocumentPaid(Box<Document>),
    /// Less of an invoice or debit note is paid than before, because a receipt was taken back.
    DocumentReopened(Box<Document>),
    /// A document that was issued is void. One that was issued and annulled before the feed looked comes as this
    /// alone.
    DocumentAnnulled(Box<Document>),
    /// A document that was issued is a draft again.
    DocumentWithdrawn(Box<Document>),
    /// A document that was issued has changed in something else, such as its transport code, or its status is one
    /// that this crate does not know.
    DocumentChanged(Box<Document>),
    /// A document is gone. Only drafts can be deleted. Found by [`Feed::scan`](super::Feed::scan), or when the feed
    /// reads the document again.
    DocumentDeleted(DocumentId),
    /// A row is not what this crate expects, or the service does not give a record that the feed asks for by its id.
    /// A row is told once for each version of it, a record whenever it is asked for. Neither stops the feed. A later
    /// version of this crate that understands the row tells of it as of any other.
    Unreadable {
        /// What it is a row of.
        entity: Entity,
        /// Its id, if at least that can be read.
        id: Option<u64>,
        /// What is wrong with it. May quote the row: not for logs.
        reason: String,
    },
    /// The service kept counting more rows than it gave, in three polls in a row or when everything was read for the
    /// first time. The feed goes on; what it may have missed is rows that changed since `since`. For customers a
    /// [`scan`](super::Feed::scan) finds them.
    Missed {
        /// Rows of what.
        entity: Entity,
        /// The beginning of what was asked for; `None` for everything there is.
        since: Option<Timestamp>,
        /// How many rows there should be.
        counted: u64,
        /// How many were seen.
        seen: u64,
    },
}

/// What a feed tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entity {
    /// Customers.
    Customers,
    /// Documents of all types.
    Documents,
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customers => "customers",
            Self::Documents => "documents",
        })
    }
}
