//! Every call of the client, in an order that makes sense at a service with a memory.

mod beside;
mod contacts;
mod grants;

use ghl_contacts::ApiVersion;

use crate::journey::Journey;

/// What the contacts' own descriptions are of.
pub(crate) async fn of_contacts(journey: &mut Journey, version: ApiVersion) {
    let client = journey.client();
    let client = if version == ApiVersion::V3 { client.with_version(version) } else { client };
    let ana = contacts::create_and_read(journey, &client, version).await;
    contacts::children(journey, &client, &ana).await;
    contacts::memberships(journey, &client, &ana).await;
    contacts::many(journey, &client, &ana).await;
    contacts::end(journey, &client, &ana).await;
}

/// Everything else.
pub(crate) async fn beside_contacts(journey: &mut Journey, version: ApiVersion) {
    let client = journey.client();
    let client = if version == ApiVersion::V3 { client.with_version(version) } else { client };
    beside::calendars(journey, &client).await;
    beside::location(journey, &client).await;
    beside::fields_and_tags(journey, &client).await;
    beside::businesses_and_users(journey, &client).await;
    grants::grants(journey, version).await;
}
