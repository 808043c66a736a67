use serde_json::{Map, json};

use super::DocumentsOf;
use super::types_of_document::OfDocument;
use crate::Error;
use crate::types::{DocumentDetail, NewRecipient};

impl<T: OfDocument> DocumentsOf<'_, T> {
    /// Like [`close`](Self::close), and has the service send the document by e-mail.
    ///
    /// `POST /{type}/update/`, a write, with `send_email`, which is seen by the call that closes and by no other.
    /// Documents do not tell whether an e-mail was sent, nor to whom. To send none twice, make the draft and verify
    /// it with [`insert_or_find`](Self::insert_or_find), then close it by this.
    ///
    /// # Errors
    ///
    /// As [`close`](Self::close); `Request` if there is nobody to send it to.
    pub async fn close_and_send(
        self,
        draft: &DocumentDetail,
        recipients: &[NewRecipient],
    ) -> Result<(), Error> {
        if recipients.is_empty() {
            return Err(Error::request(
                T::OPERATIONS.update.name(),
                "it says nobody to send the document to",
            ));
        }
        self.close_with(draft, Map::from_iter([("send_email".to_owned(), json!(recipients))])).await
    }
}
