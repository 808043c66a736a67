//! What the feed asks the service. Rows come as they are, so that one that cannot be read spoils no page.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sync_core::http::Operation;

use super::change::Entity;
use super::fingerprint::Fingerprint;
use super::ledger;
use crate::resources::{operation, since};
use crate::types::{DocumentQuery, DocumentStatus};
use crate::value::to_whole;
use crate::{Client, Error, Listing, Page};

/// The operations of an entity, and the field with the id.
struct Source {
    id: &'static str,
    list: Operation,
    count: Operation,
    modified: Operation,
    count_modified: Operation,
    one: Operation,
}

macro_rules! source {
    ($entity:literal, $id:literal) => {
        Source {
            id: $id,
            list: operation!($entity "getAll" read),
            count: operation!($entity "count" read),
            modified: operation!($entity "getModifiedSince" read),
            count_modified: operation!($entity "countModifiedSince" read),
            one: operation!($entity "getOne" read),
        }
    };
}

static CUSTOMERS: Source = source!("customers", "customer_id");
static DOCUMENTS: Source = source!("documents", "document_id");

impl Entity {
    fn source(self) -> &'static Source {
        match self {
            Self::Customers => &CUSTOMERS,
            Self::Documents => &DOCUMENTS,
        }
    }

    /// One page of what was modified since a moment; without one, of everything.
    pub(super) async fn page(
        self,
        client: &Client,
        moment: Option<Timestamp>,
        offset: u64,
    ) -> Result<Page<Value>, Error> {
        let (operation, params) = match moment {
            Some(moment) => (&self.source().modified, since(Map::new(), moment)),
            None => (&self.source().list, Map::new()),
        };
        listing(client, operation, params).page(offset).await
    }

    /// How many rows these pages have.
    pub(super) async fn count(self, client: &Client, moment: Option<Timestamp>) -> Result<u64, Error> {
        let operation = if moment.is_some() { &self.source().count_modified } else { &self.source().count };
        let params = client.company_params(operation)?;
        client.counted(operation, moment.into_iter().fold(params, since)).await
    }

    /// One record, `None` if it is not there.
    pub(super) async fn one(self, client: &Client, id: u64) -> Result<Option<Value>, Error> {
        let operation = &self.source().one;
        let mut params = client.company_params(operation)?;
        params.insert(self.source().id.to_owned(), id.into());
        match client.one(operation, params).await {
            Ok(record) => Ok(Some(record)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn row(self, value: Value) -> Row {
        let id = value.get(self.source().id).and_then(to_whole).and_then(|id| u64::try_from(id).ok());
        let without: &[&str] = match self {
            Self::Customers => &[],
            Self::Documents => &ledger::OUTSIDE,
        };
        Row { id: id.filter(|id| *id != 0), says: Fingerprint::of(&value, without), value }
    }
}

/// One page of the drafts.
pub(super) async fn drafts(client: &Client, offset: u64) -> Result<Page<Value>, Error> {
    let drafts = DocumentQuery::new().status(DocumentStatus::Draft).into_params();
    listing(client, &DOCUMENTS.list, drafts).page(offset).await
}

fn listing(client: &Client, operation: &'static Operation, params: Map<String, Value>) -> Listing<Value> {
    Listing::new(client.clone(), operation, params, |_| 0)
}

/// A row as the service sent it.
pub(super) struct Row {
    pub(super) id: Option<u64>,
    pub(super) says: Fingerprint,
    pub(super) value: Value,
}

/// Reads a record, or says where it is not what it should be.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| error.to_string())
}
