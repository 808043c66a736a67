use std::time::Duration;

use async_trait::async_trait;
use moloni_client::types::{Document, DocumentQuery};
use moloni_client::{Client, CompanyId, DocumentId};
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, Collection, Fault, ListPage, PageToken, Read, RecordId, RecordRef, Scope, Snapshot,
};

use super::customers::number;
use super::{offset, to_raw};
use crate::fault::moloni;

/// The documents of a Moloni company, of all types. Facts: read only.
#[derive(Debug, Clone)]
pub struct MoloniDocuments {
    client: Client,
    company: CompanyId,
    caps: Caps,
}

impl MoloniDocuments {
    /// The documents of `company`.
    pub fn new(client: Client, company: CompanyId) -> Self {
        Self { client, company, caps: Caps::new().modified_at(Duration::from_secs(1)) }
    }
}

fn snapshot(document: &Document) -> Result<Snapshot, Fault> {
    let at = RecordRef::top(RecordId::new(document.document_id));
    let mut snapshot = Snapshot::new(at, to_raw(document)?);
    snapshot.modified_at = Some(document.lastmodified);
    Ok(snapshot)
}

#[async_trait]
impl Collection for MoloniDocuments {
    fn name(&self) -> &'static str {
        "documents"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(AccountKey::new("moloni", self.company))
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let listing = self.client.documents().get_all(DocumentQuery::new());
        let page = listing.page(offset(page)?).await.map_err(moloni)?;
        let records = page.items.iter().map(snapshot).collect::<Result<_, _>>()?;
        Ok(ListPage { records, next: page.next.map(|n| PageToken(n.to_string())) })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let found = self.client.documents().find_one(DocumentId::from(number(at)?)).await.map_err(moloni)?;
        Ok(found.as_ref().map(snapshot).transpose()?.into())
    }
}
