use async_trait::async_trait;
use moloni_client::{Client, CompanyId, CustomerId};
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, Collection, Fault, FaultKind, ListPage, PageToken, Read, RecordId, RecordRef, Scope, Snapshot,
};

use super::{offset, to_raw};
use crate::fault::moloni;

/// The customers of a Moloni company. Read only.
#[derive(Debug, Clone)]
pub struct MoloniCustomers {
    client: Client,
    company: CompanyId,
    caps: Caps,
}

impl MoloniCustomers {
    /// The customers of `company`.
    pub fn new(client: Client, company: CompanyId) -> Self {
        Self { client, company, caps: Caps::new() }
    }
}

pub(super) fn customer_snapshot(customer: &moloni_client::types::Customer) -> Result<Snapshot, Fault> {
    Ok(Snapshot::new(RecordRef::top(RecordId::new(customer.customer_id)), to_raw(customer)?))
}

/// The id of a Moloni record.
pub(super) fn number(at: &RecordRef) -> Result<u64, Fault> {
    at.id
        .as_str()
        .parse()
        .map_err(|_| Fault::new(FaultKind::Broken, format!("{} is no id of Moloni's", at.id)))
}

#[async_trait]
impl Collection for MoloniCustomers {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        let companies = self.client.companies().get_all().await.map_err(moloni)?;
        if companies.iter().any(|c| c.company_id == self.company) {
            return Ok(AccountKey::new("moloni", self.company));
        }
        let ids: Vec<_> = companies.iter().map(|c| c.company_id.to_string()).collect();
        let why = format!("this login does not reach company {}, but only: {}", self.company, ids.join(", "));
        Err(Fault::new(FaultKind::Auth, why))
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let page = self.client.customers().get_all().page(offset(page)?).await.map_err(moloni)?;
        let records = page.items.iter().map(customer_snapshot).collect::<Result<_, _>>()?;
        Ok(ListPage { records, next: page.next.map(|n| PageToken(n.to_string())) })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let found = self.client.customers().find_one(CustomerId::from(number(at)?)).await.map_err(moloni)?;
        Ok(found.as_ref().map(customer_snapshot).transpose()?.into())
    }
}
