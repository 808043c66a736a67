use super::entity::{operations, writes};
use crate::types::{Tax, TaxQuery};
use crate::{Client, Error};

operations! { "taxes":
    GET_ALL = "getAll" read;
}

/// The company's taxes and fees. From [`Client::taxes`]. See
/// [the service's documentation](https://www.moloni.pt/dev/settings/taxes-and-fees/).
#[derive(Debug, Clone, Copy)]
pub struct Taxes<'a> {
    pub(crate) client: &'a Client,
}

impl Taxes<'_> {
    /// Lists the taxes that `query` selects.
    ///
    /// `POST /taxes/getAll/`, a read. Not paged, as far as is known. Compare what you get: unknown filters are
    /// ignored without a word.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_all(self, query: &TaxQuery) -> Result<Vec<Tax>, Error> {
        self.client.query(&GET_ALL, query).await
    }
}

writes! { Taxes("taxes") of NewTax, TaxId = "tax_id" }
