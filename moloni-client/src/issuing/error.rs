use crate::types::DocumentStatus;
use crate::{Amount, CustomerId, DocumentId, Error};

/// Why a document is not issued, and exactly how far it came.
///
/// Whatever it says, the same call again does no harm: it starts by looking for what this one left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// Nothing was made: the document is wrong, or it could not be looked for or sent.
    #[error("nothing was made: {error}")]
    NotMade {
        /// Why.
        #[source]
        error: Error,
    },
    /// The answer to the insert was lost, and no document is to be found. A draft may still appear: call again later,
    /// with the same reference.
    #[error("a draft may have been made, and none is to be found so far: {error}")]
    InsertUnknown {
        /// What was lost.
        #[source]
        error: Error,
    },
    /// Several documents have the reference. This call closed none of them: delete the drafts that are too many.
    #[error("several documents have the reference: {}", list(documents))]
    Several {
        /// Which, lowest id first.
        documents: Vec<DocumentId>,
    },
    /// The document with the reference was annulled. To issue another one, take another reference.
    #[error("document {document} has the reference, and is annulled")]
    Annulled {
        /// Which.
        document: DocumentId,
    },
    /// The document with the reference is somebody else's. It stays as it is.
    #[error("document {document} is for {} in place of {}", party(*found), party(*expected))]
    OtherCustomer {
        /// Which.
        document: DocumentId,
        /// Whom the new document is for.
        expected: Option<CustomerId>,
        /// Whom the one that is there is for.
        found: Option<CustomerId>,
    },
    /// The document comes to another total than expected. It stays as it is: a draft stays a draft.
    #[error("document {document} comes to {found} in place of {expected} ({status:?})")]
    OtherTotal {
        /// Which.
        document: DocumentId,
        /// Whether it is closed, by an earlier call or a person.
        status: DocumentStatus,
        /// What was expected.
        expected: Amount,
        /// What the service worked out.
        found: Amount,
    },
    /// The document is not associated with all that it is to settle or to derive from. It stays as it is.
    #[error("document {document} is not associated with {} ({status:?})", list(missing))]
    NotAssociated {
        /// Which.
        document: DocumentId,
        /// Whether it is closed.
        status: DocumentStatus,
        /// What it is not associated with.
        missing: Vec<DocumentId>,
    },
    /// The service wrote the reference otherwise than it was sent, so that it would not be found again: take one of
    /// letters, digits and hyphens. The document stays as it is.
    #[error("document {document} has another reference than was sent ({status:?})")]
    OtherReference {
        /// Which.
        document: DocumentId,
        /// Whether it is closed.
        status: DocumentStatus,
    },
    /// The document is there, and could not be read, so it was not closed.
    #[error("document {document} is there, and could not be verified: {error}")]
    NotVerified {
        /// Which.
        document: DocumentId,
        /// Why.
        #[source]
        error: Error,
    },
    /// The document is as expected, and the service did not close it. It is a draft, unless somebody else closes it.
    #[error("document {document} is verified, and was not closed: {error}")]
    NotClosed {
        /// Which.
        document: DocumentId,
        /// Why.
        #[source]
        error: Error,
    },
    /// The answer to the closing was lost, and the document did not read as closed. It may still be closed.
    #[error("document {document} is verified, and may be closed: {error}")]
    CloseUnknown {
        /// Which.
        document: DocumentId,
        /// What was lost.
        #[source]
        error: Error,
    },
    /// The document is closed, and could not be read after that.
    #[error("document {document} is closed, and could not be read: {error}")]
    ClosedUnread {
        /// Which.
        document: DocumentId,
        /// Why.
        #[source]
        error: Error,
    },
    /// The service said that it closed the document, which reads otherwise.
    #[error("document {document} was to be closed, and reads as {status:?}")]
    ReadsOtherwise {
        /// Which.
        document: DocumentId,
        /// How it reads.
        status: DocumentStatus,
    },
}

fn party(customer: Option<CustomerId>) -> String {
    customer.map_or_else(|| "no customer".to_owned(), |id| format!("customer {id}"))
}

fn list(documents: &[DocumentId]) -> String {
    documents.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl IssueError {
    /// The document that is there, if it is known to be one alone.
    pub fn document(&self) -> Option<DocumentId> {
        match self {
            Self::NotMade { .. } | Self::InsertUnknown { .. } | Self::Several { .. } => None,
            Self::Annulled { document }
            | Self::OtherCustomer { document, .. }
            | Self::OtherTotal { document, .. }
            | Self::NotAssociated { document, .. }
            | Self::OtherReference { document, .. }
            | Self::NotVerified { document, .. }
            | Self::NotClosed { document, .. }
            | Self::CloseUnknown { document, .. }
            | Self::ClosedUnread { document, .. }
            | Self::ReadsOtherwise { document, .. } => Some(*document),
        }
    }

    /// The call that failed, if one did.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::NotMade { error }
            | Self::InsertUnknown { error }
            | Self::NotVerified { error, .. }
            | Self::NotClosed { error, .. }
            | Self::CloseUnknown { error, .. }
            | Self::ClosedUnread { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether the same call can succeed later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        self.error().is_some_and(|error| error.is_retryable() || error.outcome_unknown())
    }
}
