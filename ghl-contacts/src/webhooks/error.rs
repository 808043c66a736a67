use jiff::SignedDuration;

/// A webhook that was not taken. Says why, and nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// It has no signature of a kind that is accepted. Answer 401.
    #[error("the webhook is not signed")]
    Unsigned,
    /// Its signature is not base64. Answer 401.
    #[error("the signature of the webhook cannot be read")]
    UnreadableSignature,
    /// Its signature does not fit its bytes: another sender, another key, or a body that was changed on its way, be it
    /// only by decoding and encoding it. Answer 401.
    #[error("the signature of the webhook does not fit its body")]
    BadSignature,
    /// It was sent too long ago, or too far in the future. Answer 401. Only with
    /// [`Verifier::max_age`](super::Verifier::max_age).
    #[error("the webhook is {} s old, which is not accepted", age.as_secs())]
    OutOfTime {
        /// How old it is; negative if it is from the future.
        age: SignedDuration,
    },
    /// It does not say when it was sent. Answer 400. Only with [`Verifier::max_age`](super::Verifier::max_age).
    #[error("the webhook does not say when it was sent")]
    Undated,
    /// It is signed, and not a JSON object. Answer 400.
    #[error("the body of the webhook is not a JSON object")]
    Unreadable,
    /// Its body broke off. Answer 400. Only the extractor for axum reports it.
    #[error("the body of the webhook broke off")]
    Interrupted,
    /// Its body is longer than is accepted. Answer 413.
    #[error("the body of the webhook has more than {limit} bytes")]
    TooLarge {
        /// How many bytes are accepted.
        limit: usize,
    },
}

impl WebhookError {
    /// The HTTP status to answer. The service tries again after each of them.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unsigned | Self::UnreadableSignature | Self::BadSignature | Self::OutOfTime { .. } => 401,
            Self::Undated | Self::Unreadable | Self::Interrupted => 400,
            Self::TooLarge { .. } => 413,
        }
    }
}
