use serde_json::{Map, Value};

use super::entity::operations;
use super::found;
use crate::types::Company;
use crate::value::to_whole;
use crate::{Client, CompanyId, Error, ErrorKind};

operations! { "companies":
    GET_ALL = "getAll" read;
    GET_ONE = "getOne" read;
    FREE_SLUG = "freeSlug" read;
}

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
        self.client.rows(&GET_ALL, Map::new()).await
    }

    /// Reads one company, with more fields than the list has.
    ///
    /// `POST /companies/getOne/`, a read. The service answers a missing record with `[]`.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is no such company.
    pub async fn get_one(self, id: CompanyId) -> Result<Company, Error> {
        let client = self.client.for_company(id);
        let params = client.company_params(&GET_ONE)?;
        client.one(&GET_ONE, params).await
    }

    /// Like [`get_one`](Self::get_one), `None` if there is no such company.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_one(self, id: CompanyId) -> Result<Option<Company>, Error> {
        found(self.get_one(id).await)
    }

    /// Whether no company has a slug, its part of links to its documents.
    ///
    /// `POST /companies/freeSlug/`, a read. It needs no company set. See
    /// [the service's documentation](https://www.moloni.pt/dev/company/company/freeslug/).
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound` and `Refused`.
    pub async fn free_slug(self, slug: &str) -> Result<bool, Error> {
        let params = Map::from_iter([("slug".to_owned(), slug.into())]);
        match self.client.one::<Map<String, Value>>(&FREE_SLUG, params).await {
            Ok(answer) => Ok(answer.get("valid").and_then(to_whole) == Some(1)),
            // `{"valid": 0}` is how the service refuses, and here how it says no.
            Err(error) if error.kind() == ErrorKind::Refused && error.status() == Some(200) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
