use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::ContactId;
use ghl_contacts::sync::BusinessCollection;
use sync_core::engine::{
    Caps, Collection, Fault, FaultKind, ListPage, Marker, PageToken, Part, Probe, Raw, Read, RecordId,
    RecordRef, Scope, Side, Snapshot, WriteError, Written,
};
use sync_core::store::Store;
use sync_core::{AccountKey, Env, async_trait};

use super::groups::CONTACTS;

/// Businesses that take only contacts whom nobody has claimed: those in no business, or in one of ours. HighLevel itself
/// lets a contact go from one to another unasked.
///
/// Ours are the businesses of which this sync has or had a pair, whether it created them or found them there.
#[derive(Debug)]
pub(super) struct Unclaimed {
    businesses: BusinessCollection,
    ghl: ghl_contacts::Client,
    state: Arc<dyn Store>,
    caps: Caps,
    /// How long the look at all contacts may take.
    look: Duration,
    env: Arc<dyn Env>,
}

impl Unclaimed {
    /// `call` is how long one call to HighLevel may be under way.
    pub(super) fn new(
        businesses: BusinessCollection,
        ghl: ghl_contacts::Client,
        state: Arc<dyn Store>,
        call: Duration,
        env: Arc<dyn Env>,
    ) -> Self {
        let caps = businesses.caps().clone();
        // A write begins with that look, whose last call begins within the time for it.
        let whole = caps.request_timeout + call * 2;
        Self { caps: caps.request_timeout(whole), businesses, ghl, state, look: call, env }
    }

    /// The contacts among these that may be assigned to a business.
    async fn unclaimed(&self, business: &RecordRef, contacts: &[String]) -> Result<Vec<String>, Fault> {
        let began = self.env.monotonic();
        let mut unclaimed = Vec::new();
        for id in contacts {
            if self.env.monotonic().saturating_sub(began) > self.look {
                let why = "to see where so many contacts are takes too long: look again later";
                return Err(Fault::new(FaultKind::Transient, why));
            }
            let Some(contact) = self.ghl.contacts().find(&ContactId::new(id)).await? else { continue };
            let place = contact.business_id.map(|place| RecordRef::top(RecordId::new(place)));
            if match place {
                None => true,
                Some(place) => place == *business || self.is_ours(&place).await?,
            } {
                unclaimed.push(id.clone());
            }
        }
        Ok(unclaimed)
    }

    async fn is_ours(&self, business: &RecordRef) -> Result<bool, Fault> {
        let link = self.state.link_of(Side::Right, business).await;
        link.map(|link| link.is_some()).map_err(unreadable)
    }
}

/// A state that cannot be read now.
pub(super) fn unreadable(error: sync_core::StoreError) -> Fault {
    Fault::new(FaultKind::Transient, error.to_string()).with_source(error)
}

#[async_trait]
impl Collection for Unclaimed {
    fn name(&self) -> &str {
        self.businesses.name()
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        self.businesses.identity().await
    }

    async fn list(&self, scope: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        self.businesses.list(scope, page).await
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        self.businesses.get(at).await
    }

    fn is_searchable(&self, field: &str) -> bool {
        self.businesses.is_searchable(field)
    }

    async fn find(&self, scope: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        self.businesses.find(scope, by, limit).await
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let written = self.businesses.create(scope, raw, marker).await?;
        // What was stored is not said, so that the engine looks, and assigns the contacts in the same run.
        Ok(Written { stored: None, ..written })
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let Part::AddTo { field, members } = part else {
            return self.businesses.update(seen, part, marker).await;
        };
        if field != CONTACTS {
            return self.businesses.update(seen, part, marker).await;
        }
        let members = self.unclaimed(&seen.at, members).await.map_err(WriteError::NotApplied)?;
        if members.is_empty() {
            // The engine sees that they are missing, and asks a person.
            return Ok(Written { id: seen.at.id.clone(), stored: None });
        }
        let part = Part::AddTo { field: field.clone(), members };
        self.businesses.update(seen, &part, marker).await
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        self.businesses.remove(seen).await
    }
}
