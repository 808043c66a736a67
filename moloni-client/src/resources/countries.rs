use serde_json::Map;

use super::entity::operations;
use crate::types::Country;
use crate::{Client, Error};

operations! { "countries":
    GET_ALL = "getAll" read;
}

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
        self.client.rows(&GET_ALL, Map::new()).await
    }
}
