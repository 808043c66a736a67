use serde_json::Map;

use super::entity::operations;
use crate::types::Language;
use crate::{Client, Error};

operations! { "languages":
    GET_ALL = "getAll" read;
}

/// The languages that documents can be written in. They change hardly ever: keep them. From [`Client::languages`].
/// See [the service's documentation](https://www.moloni.pt/dev/global-data/languages/).
#[derive(Debug, Clone, Copy)]
pub struct Languages<'a> {
    pub(crate) client: &'a Client,
}

impl Languages<'_> {
    /// Lists all languages.
    ///
    /// `POST /languages/getAll/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn get_all(self) -> Result<Vec<Language>, Error> {
        self.client.rows(&GET_ALL, Map::new()).await
    }
}
