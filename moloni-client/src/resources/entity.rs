//! What the entities have in common, expressed once: how their operations are named, and the six methods that most
//! of them have.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sync_core::http::Operation;

use super::Count;
use crate::outcome::Expected;
use crate::{Client, Error};

/// An operation of an entity: `{entity}.{method}` at `/{entity}/{method}/`.
///
/// Writes are sent again only if they provably never arrived: the service has no idempotency keys.
macro_rules! operation {
    ($entity:literal $method:literal $kind:ident) => {
        sync_core::http::Operation::new(
            concat!($entity, ".", $method),
            sync_core::http::Method::POST,
            concat!("/", $entity, "/", $method, "/"),
            $crate::resources::operation!(@ $kind),
        )
    };
    (@ read) => { sync_core::Idempotency::Safe };
    (@ write) => { sync_core::Idempotency::NotIdempotent };
}

/// Names an entity's operations.
macro_rules! operations {
    ($entity:literal: $($(#[$meta:meta])* $name:ident = $method:literal $kind:ident;)+) => {$(
        $(#[$meta])*
        static $name: sync_core::http::Operation = $crate::resources::operation!($entity $method $kind);
    )+};
}

/// Makes an entity's handle, and the method of [`Client`] that gives it.
macro_rules! handle {
    ($(#[$doc:meta])* $handle:ident as $accessor:ident) => {
        $(#[$doc])*
        #[doc = concat!("From [`Client::", stringify!($accessor), "`](crate::Client::", stringify!($accessor), ").")]
        #[derive(Debug, Clone, Copy)]
        pub struct $handle<'a> {
            client: &'a crate::Client,
        }

        impl crate::Client {
            $(#[$doc])*
            pub fn $accessor(&self) -> $handle<'_> {
                $handle { client: self }
            }
        }
    };
}

/// Makes the handle of an entity of the common form: `getAll`, `insert`, `update` and `delete`, of the whole company,
/// in one list that the service does not page.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $handle:ident($entity:literal) as $accessor:ident of $record:ident, $new:ident, $id:ident = $key:literal
    ) => {
        $crate::resources::entity::handle! { $(#[$doc])* $handle as $accessor }
        $crate::resources::entity::lists! { $handle($entity) of crate::types::$record, company }
        $crate::resources::entity::writes! { $handle($entity) of $new, $id = $key }
    };
}

/// Gives a handle `getAll` of a list that the service does not page: a `company`'s, or a `global` one.
macro_rules! lists {
    ($handle:ident($entity:literal) of $record:ty, $scope:ident) => {
        impl $handle<'_> {
            /// Lists all of them.
            ///
            #[doc = concat!("`POST /", $entity, "/getAll/`, a read. Not paged, as far as is known.")]
            ///
            /// # Errors
            ///
            #[doc = $crate::resources::entity::scope!(doc $scope)]
            pub async fn get_all(self) -> Result<Vec<$record>, crate::Error> {
                operations! { $entity: GET_ALL = "getAll" read; }
                self.client.rows(&GET_ALL, $crate::resources::entity::scope!($scope self.client, &GET_ALL)).await
            }
        }
    };
}

/// The parameters that every call has, and what may go wrong: of a `company`, or `global`.
macro_rules! scope {
    (company $client:expr, $operation:expr) => {
        $client.company_params($operation)?
    };
    (global $client:expr, $operation:expr) => {
        serde_json::Map::new()
    };
    (doc company) => {
        "[`Error`](crate::Error) of any kind but `NotFound`; `Request` if no company is set."
    };
    (doc global) => {
        "[`Error`](crate::Error) of any kind but `NotFound`."
    };
}

/// Gives a handle `insert`, `update` and `delete` of the common form.
macro_rules! writes {
    ($handle:ident($entity:literal) of $new:ident, $id:ident = $key:literal) => {
        impl $handle<'_> {
            /// Creates one and gives its id.
            ///
            #[doc = concat!("`POST /", $entity, "/insert/`, a write: sent again only if it provably never arrived.")]
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`; `Validation` names the fields that are wrong. With
            /// [`outcome_unknown`](crate::Error::outcome_unknown) it may be there all the same.
            pub async fn insert(self, new: &crate::types::$new) -> Result<crate::$id, crate::Error> {
                operations! { $entity: INSERT = "insert" write; }
                self.client.write_id(&INSERT, new, serde_json::Map::new(), $key).await
            }

            /// Replaces all its fields.
            ///
            #[doc = concat!("`POST /", $entity, "/update/`, a write, with everything that an insert takes.")]
            ///
            /// # Errors
            ///
            /// As [`insert`](Self::insert); `Refused` if it is not there.
            pub async fn update(self, id: crate::$id, new: &crate::types::$new) -> Result<(), crate::Error> {
                operations! { $entity: UPDATE = "update" write; }
                let params = serde_json::Map::from_iter([($key.to_owned(), id.get().into())]);
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
                operations! { $entity: DELETE = "delete" write; }
                let params = serde_json::Map::from_iter([($key.to_owned(), id.get().into())]);
                self.client.write(&DELETE, &serde_json::Map::new(), params).await
            }
        }
    };
}

/// Gives a handle `getModifiedSince` and `countModifiedSince` of a list that the service does not page: a company's
/// unless `global` follows. With `get` or `count` in front, that one alone.
macro_rules! settings_since {
    ($handle:ident($entity:literal) of $record:ident) => {
        $crate::resources::entity::settings_since! { $handle($entity) of $record, company }
    };
    ($handle:ident($entity:literal) of $record:ident, $scope:ident) => {
        $crate::resources::entity::settings_since! { get $handle($entity) of crate::types::$record, $scope }
        $crate::resources::entity::settings_since! { count $handle($entity), $scope }
    };
    (get $handle:ident($entity:literal) of $record:ty, $scope:ident) => {
        impl $handle<'_> {
            /// Lists those that were created or changed since a moment.
            ///
            #[doc = concat!("`POST /", $entity, "/getModifiedSince/`, a read. Rows do not say when they changed, and")]
            /// deletions do not appear. It is not documented in which time zone the service reads the moment: it is
            /// sent in UTC, as Moloni's own plugins do, so ask with an overlap of two hours.
            ///
            /// # Errors
            ///
            #[doc = $crate::resources::entity::scope!(doc $scope)]
            pub async fn get_modified_since(self, moment: jiff::Timestamp) -> Result<Vec<$record>, crate::Error> {
                operations! { $entity: SINCE = "getModifiedSince" read; }
                let params = $crate::resources::entity::scope!($scope self.client, &SINCE);
                self.client.rows(&SINCE, super::since(params, moment)).await
            }
        }
    };
    (count $handle:ident($entity:literal), $scope:ident) => {
        impl $handle<'_> {
            /// Counts those that were created or changed since a moment, given as UTC. Deletions do not appear.
            ///
            #[doc = concat!("`POST /", $entity, "/countModifiedSince/`, a read.")]
            ///
            /// # Errors
            ///
            #[doc = $crate::resources::entity::scope!(doc $scope)]
            pub async fn count_modified_since(self, moment: jiff::Timestamp) -> Result<u64, crate::Error> {
                operations! { $entity: SINCE = "countModifiedSince" read; }
                let params = $crate::resources::entity::scope!($scope self.client, &SINCE);
                self.client.counted(&SINCE, super::since(params, moment)).await
            }
        }
    };
}

/// Gives a handle `count`, `getAll` in pages, `getOne`, `getBySearch` and `countBySearch`. `id` gives a row's.
macro_rules! pages {
    ($handle:ident($entity:literal) of $record:ident, $id:ident = $key:literal) => {
        impl $handle<'_> {
            /// Counts all of them.
            ///
            #[doc = concat!("`POST /", $entity, "/count/`, a read. Documented as a number, the count arrives as a text.")]
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`; `Request` if no company is set.
            pub async fn count(self) -> Result<u64, crate::Error> {
                operations! { $entity: COUNT = "count" read; }
                self.client.counted(&COUNT, self.client.company_params(&COUNT)?).await
            }

            /// Lists all of them, newest first.
            ///
            #[doc = concat!("`POST /", $entity, "/getAll/`, a read, in pages of 50. The service ignores filters that it")]
            /// does not know, such as `vat`, and would give everybody.
            pub fn get_all(self) -> crate::Listing<crate::types::$record> {
                operations! { $entity: GET_ALL = "getAll" read; }
                crate::Listing::new(self.client.clone(), &GET_ALL, serde_json::Map::new(), id)
            }

            /// Lists those that have a text anywhere in number, tax number or name, as far as is known.
            ///
            #[doc = concat!("`POST /", $entity, "/getBySearch/`, a read, in pages of 50. E-mail addresses are not searched.")]
            pub fn get_by_search(self, text: impl Into<String>) -> crate::Listing<crate::types::$record> {
                operations! { $entity: SEARCH = "getBySearch" read; }
                let params = serde_json::Map::from_iter([("search".to_owned(), text.into().into())]);
                crate::Listing::new(self.client.clone(), &SEARCH, params, id)
            }

            /// Counts what [`get_by_search`](Self::get_by_search) lists.
            ///
            #[doc = concat!("`POST /", $entity, "/countBySearch/`, a read.")]
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`; `Request` if no company is set.
            pub async fn count_by_search(self, text: impl Into<String>) -> Result<u64, crate::Error> {
                operations! { $entity: SEARCH = "countBySearch" read; }
                let mut params = self.client.company_params(&SEARCH)?;
                params.insert("search".to_owned(), text.into().into());
                self.client.counted(&SEARCH, params).await
            }
        }

        $crate::resources::entity::one! { $handle($entity) of $record, $id = $key }
    };
}

/// Gives a handle `getOne`.
macro_rules! one {
    ($handle:ident($entity:literal) of $record:ident, $id:ident = $key:literal) => {
        impl $handle<'_> {
            /// Reads one.
            ///
            #[doc = concat!("`POST /", $entity, "/getOne/`, a read. The service answers a missing record with `[]`.")]
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind; `NotFound` if it is not there, `Request` if no company is set.
            pub async fn get_one(self, id: crate::$id) -> Result<crate::types::$record, crate::Error> {
                operations! { $entity: GET_ONE = "getOne" read; }
                let mut params = self.client.company_params(&GET_ONE)?;
                params.insert($key.to_owned(), id.get().into());
                self.client.one(&GET_ONE, params).await
            }

            /// Like [`get_one`](Self::get_one), `None` if it is not there.
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`.
            pub async fn find_one(self, id: crate::$id) -> Result<Option<crate::types::$record>, crate::Error> {
                super::found(self.get_one(id).await)
            }
        }
    };
}

/// Gives a handle searches by one field each: `getBy…` and `countBy…`.
macro_rules! searches {
    ($handle:ident($entity:literal) of $record:ident: $(
        $(#[$doc:meta])*
        $get:ident = $get_name:literal, $count:ident = $count_name:literal, by $field:ident, equal by $equal:expr;
    )+) => {
        impl $handle<'_> {$(
            $(#[$doc])*
            ///
            #[doc = concat!("`POST /", $entity, "/", $get_name, "/`, a read, in pages of 50.")]
            pub fn $get(self, $field: impl Into<String>, exactness: super::Match) -> crate::Listing<crate::types::$record> {
                operations! { $entity: SEARCH = $get_name read; }
                let wanted: String = $field.into();
                let params = exactness.params(stringify!($field), &wanted);
                let list = crate::Listing::new(self.client.clone(), &SEARCH, params, id);
                match exactness {
                    super::Match::Loose => list,
                    super::Match::Exact => list.keep(move |row| $equal(row.$field.as_str(), wanted.as_str())),
                }
            }

            #[doc = concat!("Counts what [`", stringify!($get), "`](Self::", stringify!($get), ") lists.")]
            ///
            #[doc = concat!("`POST /", $entity, "/", $count_name, "/`, a read. The service counts, so an exact count is as exact")]
            /// as the service is.
            ///
            /// # Errors
            ///
            /// [`Error`](crate::Error) of any kind but `NotFound`; `Request` if no company is set.
            pub async fn $count(self, $field: impl Into<String>, exactness: super::Match) -> Result<u64, crate::Error> {
                operations! { $entity: SEARCH = $count_name read; }
                let mut params = self.client.company_params(&SEARCH)?;
                params.extend(exactness.params(stringify!($field), &$field.into()));
                self.client.counted(&SEARCH, params).await
            }
        )+}
    };
}

pub(crate) use {
    handle, lists, one, operation, operations, pages, scope, searches, settings, settings_since, writes,
};

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
        self.send(operation, Expected::Write, &params).await?.id(operation, key)
    }

    /// The rows that `query` selects, of a list that is not paged.
    pub(crate) async fn query<Q: Serialize, T: DeserializeOwned>(
        &self,
        operation: &Operation,
        query: &Q,
    ) -> Result<Vec<T>, Error> {
        let params = self.write_params(operation, query, Map::new())?;
        self.rows(operation, params).await
    }

    /// Writes `body` for the login, whatever company is set.
    pub(crate) async fn write_global<B: Serialize>(
        &self,
        operation: &Operation,
        body: &B,
    ) -> Result<(), Error> {
        let params = record(operation, body)?;
        self.send(operation, Expected::Write, &params).await.map(drop)
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

    pub(super) fn write_params<B: Serialize + ?Sized>(
        &self,
        operation: &Operation,
        body: &B,
        params: Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        let mut all = self.company_params(operation)?;
        all.extend(record(operation, body)?);
        all.extend(params);
        Ok(all)
    }
}

/// The parameters that `body` is.
pub(super) fn record<B: Serialize + ?Sized>(
    operation: &Operation,
    body: &B,
) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::request(operation.name(), "the body is no record")),
        Err(why) => Err(Error::request(operation.name(), unwritable(&why))),
    }
}

fn unwritable(why: &impl fmt::Display) -> String {
    format!("the body cannot be written: {why}")
}
