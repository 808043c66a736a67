use serde::Serialize;

/// Somebody who is sent a document by e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewRecipient {
    email: String,
    name: String,
    msg: String,
}

impl NewRecipient {
    /// A person of this name and e-mail address, with a message of the service's own.
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self { email: email.into(), name: name.into(), msg: String::new() }
    }

    /// Sets the message. Sent as `msg`.
    #[must_use]
    pub fn message(mut self, text: impl Into<String>) -> Self {
        self.msg = text.into();
        self
    }
}
