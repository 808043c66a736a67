use serde_json::Map;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation};

use super::found;
use crate::outcome::Expected;
use crate::types::Company;
use crate::{Client, CompanyId, Error};

static GET_ALL: Operation =
    Operation::new("companies.getAll", Method::POST, "/companies/getAll/", Idempotency::Safe);
static GET_ONE: Operation =
    Operation::new("companies.getOne", Method::POST, "/companies/getOne/", Idempotency::Safe);

/// The companies that a login has access to. From [`Client::companies`]. See
/// [the service's documentation](https://www.moloni.pt/dev/company/company/).
#[derive(Debug, Clone, Copy)]
pub struct Companies<'a> {
    pub(crate) client: &'a Client,
}

impl Companies<'_> {
    /// Lists all companies.
    ///
    /// `POST /companies/getAll/`, a read. Moloni's demonstration company, id 5, is among them for ordinary logins
    /// too.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn get_all(self) -> Result<Vec<Company>, Error> {
        self.client.send(&GET_ALL, Expected::List, &Map::new()).await?.rows(&GET_ALL)
    }

    /// Reads one company, with more fields than the list has; they are in [`Company::extra`].
    ///
    /// `POST /companies/getOne/`, a read. The service answers a missing record with `[]`.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is no such company.
    pub async fn get_one(self, id: CompanyId) -> Result<Company, Error> {
        let client = self.client.for_company(id);
        let params = client.company_params(&GET_ONE)?;
        client.send(&GET_ONE, Expected::Object, &params).await?.record(&GET_ONE)
    }

    /// Like [`get_one`](Self::get_one), `None` if there is no such company.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_one(self, id: CompanyId) -> Result<Option<Company>, Error> {
        found(self.get_one(id).await)
    }
}
