use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::lock::Mutex;

use super::error::{FieldError, FieldErrorKind};
use super::input::FieldInput;
use super::known::Known;
use super::resolved::ResolvedField;
use crate::client::Client;
use crate::error::Error;
use crate::types::CustomFieldValue;

/// The custom fields of a location by id, key or name. See [the module](crate::fields) for how it is used.
///
/// Reads the definitions when it first needs them, and keeps them for 15 minutes. What they do not have, such as a
/// field or an option that somebody has added, makes it look again, at most once in 60 seconds. After creating a field
/// yourself, call [`refresh`](Self::refresh).
///
/// Cheap to clone; clones share the definitions. However many tasks need them, one request is under way, and all of
/// them take its outcome.
#[derive(Debug, Clone)]
pub struct CustomFieldBook {
    client: Client,
    shared: Arc<Shared>,
    max_age: Duration,
    pause: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    known: RwLock<Option<Arc<Known>>>,
    /// How many fetches have come to an end.
    turn: AtomicU64,
    /// The outcome of the last fetch. Locked while one is under way.
    last: Mutex<Option<Result<Arc<Known>, Error>>>,
}

/// Whose outcome will do.
#[derive(Debug, Clone, Copy)]
enum Join {
    /// That of any fetch after this one.
    NewerThan(Option<u64>),
    /// That of a fetch that starts after it was asked for.
    StartedLater,
}

impl CustomFieldBook {
    /// The custom fields of the client's location. Sends nothing yet. Keep it and clone it: a new one reads the
    /// definitions anew.
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            shared: Arc::default(),
            max_age: Duration::from_secs(15 * 60),
            pause: Duration::from_secs(60),
        }
    }

    /// Sets how long definitions are good for. Default: 15 minutes. Clones that were made before keep theirs.
    ///
    /// A value for a field that was deleted in the meantime is dropped by the service without a word.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Sets how long definitions stand before something that they do not have makes the book look again. Default: 60
    /// seconds. Clones that were made before keep theirs.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Finds a field by its id, else by its key (`contact.nif` or `nif`), else by its name as it is, else by its name in
    /// another case.
    ///
    /// May send `GET /locations/{locationId}/customFields`, scope `locations/customFields.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`Unknown`](FieldErrorKind::Unknown); [`Ambiguous`](FieldErrorKind::Ambiguous) if several fields have the name,
    /// which the service allows; [`Unavailable`](FieldErrorKind::Unavailable) if the definitions could not be read.
    pub async fn field(&self, name: &str) -> Result<ResolvedField, FieldError> {
        self.resolve(name, Ok).await
    }

    /// Finds a field as [`field`](Self::field) does, and makes a value for it: see [`ResolvedField::value`].
    ///
    /// # Errors
    ///
    /// Those of [`field`](Self::field), and of [`ResolvedField::value`].
    pub async fn value(
        &self,
        name: &str,
        value: impl Into<FieldInput>,
    ) -> Result<CustomFieldValue, FieldError> {
        let value = value.into();
        self.resolve(name, |field| field.value(value.clone())).await
    }

    /// All fields, in the service's order.
    ///
    /// May send `GET /locations/{locationId}/customFields`, scope `locations/customFields.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// Those of [`CustomFields::list`](crate::resources::CustomFields::list).
    pub async fn fields(&self) -> Result<Vec<ResolvedField>, Error> {
        Ok(self.known().await?.fields.clone())
    }

    /// Reads the definitions now, whatever is known: after a field was created, for example.
    ///
    /// `GET /locations/{locationId}/customFields`, scope `locations/customFields.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// Those of [`CustomFields::list`](crate::resources::CustomFields::list).
    pub async fn refresh(&self) -> Result<(), Error> {
        self.fetch(Join::StartedLater).await.map(drop)
    }

    async fn resolve<T>(
        &self,
        name: &str,
        make: impl Fn(ResolvedField) -> Result<T, FieldError>,
    ) -> Result<T, FieldError> {
        let unavailable = |error| FieldError::unavailable(name, error);
        let known = self.known().await.map_err(unavailable)?;
        let result = known.find(name).and_then(&make);
        // Files are never values; all else may be news.
        let may_be_news = matches!(&result, Err(error) if error.kind() != FieldErrorKind::NotWritable);
        if !may_be_news || self.age(&known) < self.pause {
            return result;
        }
        self.fetch(Join::NewerThan(Some(known.turn))).await.map_err(unavailable)?.find(name).and_then(make)
    }

    fn age(&self, known: &Known) -> Duration {
        self.client.env().monotonic().saturating_sub(known.at)
    }

    /// The definitions, as old as they may be.
    async fn known(&self) -> Result<Arc<Known>, Error> {
        match self.shared.known() {
            Some(known) if self.age(&known) < self.max_age => Ok(known),
            known => self.fetch(Join::NewerThan(known.map(|known| known.turn))).await,
        }
    }

    /// Reads the definitions, or takes the outcome of somebody else's fetch.
    async fn fetch(&self, join: Join) -> Result<Arc<Known>, Error> {
        let before = self.shared.turn.load(Ordering::Acquire);
        let mut last = self.shared.last.lock().await;
        let turn = self.shared.turn.load(Ordering::Acquire);
        let joined = last.as_ref().filter(|outcome| match (join, outcome) {
            // The one that was under way, if any, may have missed what has just changed. The next one has not.
            (Join::StartedLater, _) => turn >= before + 2,
            // A failure counts for those only who were there when it happened.
            (Join::NewerThan(_), Err(_)) => turn > before,
            (Join::NewerThan(seen), Ok(known)) => seen.is_none_or(|seen| known.turn > seen),
        });
        if let Some(outcome) = joined {
            return outcome.clone();
        }
        let turn = turn + 1;
        let definitions = self.client.custom_fields().list().await;
        let at = self.client.env().monotonic();
        let outcome = definitions.map(|definitions| Known::new(definitions, at, turn));
        if let Ok(known) = &outcome {
            *self.shared.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        }
        *last = Some(outcome.clone());
        self.shared.turn.store(turn, Ordering::Release);
        outcome
    }
}

impl Shared {
    fn known(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
