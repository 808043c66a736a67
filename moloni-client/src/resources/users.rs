use serde_json::Map;

use super::entity::{operations, record};
use crate::outcome::Expected;
use crate::types::{NewCompany, NewUser, SignedUp, UpdateMe, User};
use crate::{Client, Error};

operations! { "users":
    GET_ME = "getMe" read;
    GET_ALL = "getAll" read;
    UPDATE_ME = "updateMe" write;
    SIGN_UP = "signUp" write;
    RECOVER_PASSWORD = "recoverPassword" write;
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

    /// Signs up a person with a new company, who logs in from then on.
    ///
    /// `POST /users/signUp/`, a write, without a token: an
    /// [`anonymous`](crate::ClientBuilder::anonymous) client can do it. It makes a real account, and the person
    /// accepts Moloni's terms by it, so ask them. See
    /// [the service's documentation](https://www.moloni.pt/dev/account-and-profile/users/signup/).
    ///
    /// ```no_run
    /// # async fn example(password: moloni_client::SecretString) -> Result<(), moloni_client::Error> {
    /// use moloni_client::types::{NewCompany, NewUser};
    /// use moloni_client::{Client, CountryId, LanguageId};
    ///
    /// let client = Client::builder().anonymous().build()?;
    /// let user = NewUser::new("Rita Inventada", "rita@example.pt", password, LanguageId::from(1));
    /// let company = NewCompany::new("Loja da Rita", "501964843", "loja-da-rita", CountryId::from(1));
    /// if client.companies().free_slug("loja-da-rita").await? {
    ///     let made = client.users().sign_up(&user, &company).await?;
    ///     println!("company {}", made.company_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Validation` names the fields that are wrong. With
    /// [`outcome_unknown`](Error::outcome_unknown) the account may be there: the slug is not free then.
    pub async fn sign_up(self, user: &NewUser, company: &NewCompany) -> Result<SignedUp, Error> {
        let mut params = record(&SIGN_UP, user)?;
        params.extend(record(&SIGN_UP, company)?);
        self.client.send(&SIGN_UP, Expected::Write, &params).await?.record(&SIGN_UP)
    }

    /// Has the service send an e-mail to a person who forgot their password.
    ///
    /// `POST /users/recoverPassword/`, a write, without a token. Whether it tells an address that nobody has from
    /// others is not documented.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Validation` if this is no e-mail address.
    pub async fn recover_password(self, email: &str) -> Result<(), Error> {
        let params = Map::from_iter([("email".to_owned(), serde_json::Value::from(email))]);
        self.client.write_global(&RECOVER_PASSWORD, &params).await
    }
}
