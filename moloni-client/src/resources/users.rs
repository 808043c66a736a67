use serde_json::Map;

use super::entity::operations;
use crate::types::{UpdateMe, User};
use crate::{Client, Error};

operations! { "users":
    GET_ME = "getMe" read;
    GET_ALL = "getAll" read;
    UPDATE_ME = "updateMe" write;
}

/// The people who have a login. From [`Client::users`]. See
/// [the service's documentation](https://www.moloni.pt/dev/account-and-profile/users/).
#[derive(Debug, Clone, Copy)]
pub struct Users<'a> {
    pub(crate) client: &'a Client,
}

impl Users<'_> {
    /// Reads the user whose tokens these are.
    ///
    /// `POST /users/getMe/`, a read. It needs no company set.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind.
    pub async fn get_me(self) -> Result<User, Error> {
        self.client.one(&GET_ME, Map::new()).await
    }

    /// Lists the users of the company.
    ///
    /// `POST /users/getAll/`, a read. Not paged, as far as is known.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_all(self) -> Result<Vec<User>, Error> {
        self.client.rows(&GET_ALL, self.client.company_params(&GET_ALL)?).await
    }

    /// Replaces the fields of the user whose tokens these are.
    ///
    /// `POST /users/updateMe/`, a write. It needs no company set. The e-mail address is the login.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Validation` names the fields that are wrong.
    pub async fn update_me(self, update: &UpdateMe) -> Result<(), Error> {
        self.client.write_global(&UPDATE_ME, update).await
    }
}
