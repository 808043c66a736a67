//! What the entities have in common, expressed once: how their operations are named, and the six methods that most
//! of them have.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sync_core::http::Operation;

use super::Count;
use crate::outcome::Expected;
use crate::value::to_whole;
use crate::{Client, Error};

/// Names an entity's operations: `{entity}.{method}` at `/{entity}/{method}/`.
///
/// Writes are sent again only if they provably never arrived: the service has no idempotency keys.
macro_rules! operations {
    ($entity:literal: $($(#[$meta:meta])* $name:ident = $method:literal $kind:ident;)+) => {$(
        $(#[$meta])*
        static $name: sync_core::http::Operation = sync_core::http::Operation::new(
            concat!($entity, ".", $method),
            sync_core::http::Method::POST,
            concat!("/", $entity, "/", $method, "/"),
            operations!(@ $kind),
        );
    )+};
    (@ read) => { sync_core::Idempotency::Safe };
    (@ write) => { sync_core::Idempotency::NotIdempotent };
}

/// Makes the handle of an entity of the common form: `getAll`, `insert`, `update` and `delete`, of the whole company,
/// in one list that the service does not page.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $handle:ident($entity:literal) of $record:ident, $new:ident, $id:ident = $key:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $handle<'a> {
            pub(crate) client: &'a crate::Client,
        }

        operations! { $entity:
            GET_ALL = "getAll" read;
            INSERT = "insert" write;
            UPDATE = "update" write;
            DELETE = "delete" write;
        }

        impl $handle<'_> {
            /// Lists all of them.
            ///
            #[doc = concat!("`POST /", $entity, "/getAll/`, a read. Not paged, as far as is known.")]
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`; `Request` if no company is set.
            pub async fn get_all(self) -> Result<Vec<crate::types::$record>, crate::Error> {
                self.client.rows(&GET_ALL, self.client.company_params(&GET_ALL)?).await
            }

            /// Creates one and gives its id.
            ///
            #[doc = concat!("`POST /", $entity, "/insert/`, a write: sent again only if it provably never arrived.")]
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`; `Validation` names the fields that are wrong. With
            /// [`outcome_unknown`](crate::Error::outcome_unknown) it may be there all the same.
            pub async fn insert(self, new: &crate::types::$new) -> Result<crate::$id, crate::Error> {
                self.client.write_id(&INSERT, new, Map::new(), $key).await
            }

            /// Replaces all its fields.
            ///
            #[doc = concat!("`POST /", $entity, "/update/`, a write, with everything that an insert takes.")]
            ///
            /// # Errors
            ///
            /// As [`insert`](Self::insert).
            pub async fn update(self, id: crate::$id, new: &crate::types::$new) -> Result<(), crate::Error> {
                let params = Map::from_iter([($key.to_owned(), id.get().into())]);
                self.client.write(&UPDATE, new, params).await
            }

            /// Deletes it.
            ///
            #[doc = concat!("`POST /", $entity, "/delete/`, a write. The service refuses what is in use, without a reason.")]
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`; `Refused` if it is in use, or not there.
            pub async fn delete(self, id: crate::$id) -> Result<(), crate::Error> {
                let params = Map::from_iter([($key.to_owned(), id.get().into())]);
                self.client.write(&DELETE, &Map::new(), params).await
            }
        }
    };
}

pub(crate) use {operations, settings};

impl Client {
    /// The rows of a list that is not paged.
    pub(crate) async fn rows<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        params: Map<String, Value>,
    ) -> Result<Vec<T>, Error> {
        self.send(operation, Expected::List, &params).await?.rows(operation)
    }

    /// One record.
    pub(crate) async fn one<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        params: Map<String, Value>,
    ) -> Result<T, Error> {
        self.send(operation, Expected::Object, &params).await?.record(operation)
    }

    /// A number of rows.
    pub(crate) async fn counted(
        &self,
        operation: &Operation,
        params: Map<String, Value>,
    ) -> Result<u64, Error> {
        let answered = self.send(operation, Expected::Count, &params).await?;
        Ok(answered.record::<Count>(operation)?.count)
    }

    /// Writes `body`, with `params` beside it, and gives the id that the service answers under `key`.
    pub(crate) async fn write_id<B: Serialize + ?Sized, I: From<u64>>(
        &self,
        operation: &Operation,
        body: &B,
        params: Map<String, Value>,
        key: &'static str,
    ) -> Result<I, Error> {
        let params = self.write_params(operation, body, params)?;
        let answered = self.send(operation, Expected::Write, &params).await?;
        let answer: Map<String, Value> = answered.record(operation)?;
        let id =
            answer.get(key).and_then(to_whole).and_then(|id| u64::try_from(id).ok()).filter(|id| *id != 0);
        id.map(I::from).ok_or_else(|| answered.lacks(operation, key))
    }

    /// Writes `body`, with `params` beside it.
    pub(crate) async fn write<B: Serialize + ?Sized>(
        &self,
        operation: &Operation,
        body: &B,
        params: Map<String, Value>,
    ) -> Result<(), Error> {
        let params = self.write_params(operation, body, params)?;
        self.send(operation, Expected::Write, &params).await.map(drop)
    }

    /// Writes `body`, with `params` beside it, and gives the answer as `T`.
    pub(crate) async fn written<B: Serialize + ?Sized, T: DeserializeOwned>(
        &self,
        operation: &Operation,
        body: &B,
        params: Map<String, Value>,
    ) -> Result<T, Error> {
        let params = self.write_params(operation, body, params)?;
        self.send(operation, Expected::Write, &params).await?.record(operation)
    }

    fn write_params<B: Serialize + ?Sized>(
        &self,
        operation: &Operation,
        body: &B,
        params: Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        let mut all = self.company_params(operation)?;
        match serde_json::to_value(body) {
            Ok(Value::Object(fields)) => all.extend(fields),
            Ok(_) => return Err(Error::request(operation.name(), "the body is no record")),
            Err(why) => return Err(Error::request(operation.name(), unwritable(&why))),
        }
        all.extend(params);
        Ok(all)
    }
}

fn unwritable(why: &impl fmt::Display) -> String {
    format!("the body cannot be written: {why}")
}
