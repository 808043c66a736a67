use serde_json::Map;

use super::entity::{operations, settings, settings_since};
use crate::Error;
use crate::types::AtRegistration;

settings! {
    /// The series that documents are numbered in. See [the service's
    /// documentation](https://www.moloni.pt/dev/settings/document-sets/).
    ///
    /// A list is long: some 20 kB for each series.
    DocumentSets("documentSets") as document_sets of DocumentSet, NewDocumentSet, DocumentSetId = "document_set_id"
}

settings_since! { DocumentSets("documentSets") of DocumentSet }

operations! { "documentSets":
    AT_INSERT_CODE = "ATInsertCode" write;
}

impl DocumentSets<'_> {
    /// Registers a series for a type of document: asks the tax authority for a code, or notes one.
    ///
    /// `POST /documentSets/ATInsertCode/`, a write. What it says to the authority is not taken back. Until it is
    /// done, documents of that type cannot be closed in the series. See [the service's
    /// documentation](https://www.moloni.pt/dev/settings/document-sets/atinsertcode/).
    ///
    /// There is a variant for many series at once, whose path and parameters nobody has confirmed. It has no method
    /// here; try it on a company that may be spoiled:
    ///
    /// ```no_run
    /// # async fn example(client: moloni_client::Client) -> Result<(), moloni_client::Error> {
    /// use moloni_client::Idempotency;
    /// use serde_json::{Value, json};
    ///
    /// let sets = json!({ "document_set_id": [3, 4] });
    /// let write = Idempotency::NotIdempotent;
    /// let answer: Value = client.call("documentSets", "ATInsertCodeBulk", &sets, write).await?;
    /// # let _ = answer;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Validation` if a manual registration lacks something. With
    /// [`outcome_unknown`](Error::outcome_unknown), read the series again before anything else.
    pub async fn at_insert_code(self, registration: &AtRegistration) -> Result<(), Error> {
        self.client.write(&AT_INSERT_CODE, registration, Map::new()).await
    }
}
