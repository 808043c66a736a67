use serde_json::Map;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation};

use crate::outcome::Expected;
use crate::types::Country;
use crate::{Client, Error};

static GET_ALL: Operation =
    Operation::new("countries.getAll", Method::POST, "/countries/getAll/", Idempotency::Safe);

/// The countries that the service knows. They change hardly ever: keep them. From [`Client::countries`]. See
/// [the service's documentation](https://www.moloni.pt/dev/endpoints/).
#[derive(Debug, Clone, Copy)]
pub struct Countries<'a> {
    pub(crate) client: &'a Client,
}

impl Countries<'_> {
    /// Lists all countries.
    ///
    /// `POST /countries/getAll/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn get_all(self) -> Result<Vec<Country>, Error> {
        self.client.send(&GET_ALL, Expected::List, &Map::new()).await?.rows(&GET_ALL)
    }
}
