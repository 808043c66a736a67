//! The locations in which an agency's app is installed, in both versions.

use std::sync::Arc;

use futures_util::TryStreamExt;
use ghl_contacts::{
    ApiVersion, CompanyId, ErrorKind, GhlOAuth, InstalledCursor, InstalledLocation, InstalledLocations,
    LocationId, MemoryTokenStore, OAuthApp, TokenSet, jiff::Timestamp,
};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::service::{TOKEN, answer, ask, settings, takes};

async fn installed(server: &MockServer) -> InstalledLocations {
    let (http, env) = settings();
    let oauth = GhlOAuth::at(&server.uri(), OAuthApp::new("app1-x", "s3cr3t-client"), &http).unwrap();
    let company = CompanyId::new("comp_1");
    let agency = oauth.company_tokens(&company, Arc::new(MemoryTokenStore::new(env)));
    agency.connect(TokenSet::new(TOKEN.into(), Timestamp::UNIX_EPOCH)).await.unwrap();
    oauth.installed_locations(agency, &company).unwrap()
}

fn shop(number: u32) -> Value {
    json!({ "_id": format!("loc_{number}"), "name": "Shop", "address": "Rua 1, Porto", "isInstalled": true,
        "versionId": "v_1", "installedAt": "2026-03-01T12:00:00Z", "trial": {} })
}

fn shops(range: std::ops::Range<u32>) -> Vec<Value> {
    range.map(shop).collect()
}

const DATED: &str = "/oauth/installedLocations?companyId=comp_1&appId=app1";
const V3: &str = "/oauth/installed-locations?companyId=comp_1&appId=app1";

#[tokio::test]
async fn the_dated_list_goes_on_by_numbers() {
    let server = MockServer::start().await;
    let page = |shops: Vec<Value>| {
        answer(200, &json!({ "locations": shops, "count": 3, "installToFutureLocations": true }))
    };
    takes(&server, ask("GET", &format!("{DATED}&limit=2")), page(shops(0..2)), 1).await;
    takes(&server, ask("GET", &format!("{DATED}&limit=2&skip=2")), page(shops(2..3)), 1).await;
    let pages: Vec<_> = installed(&server).await.page_size(2).pages().try_collect().await.unwrap();
    assert_eq!((pages[0].count, pages[0].install_to_future_locations), (Some(3), Some(true)));
    let next = serde_json::to_value(pages[0].next.as_ref()).unwrap();
    assert_eq!(next, json!("2"), "a walk can be resumed");
    assert_eq!((pages.len(), &pages[1].next), (2, &None));
    let mut wire = shop(0);
    wire["id"] = wire["_id"].take();
    wire.as_object_mut().unwrap().remove("_id");
    assert_eq!(serde_json::to_value(&pages[0].locations[0]).unwrap(), wire, "nothing is lost");
}

#[tokio::test]
async fn the_list_of_v3_goes_on_by_tokens() {
    let server = MockServer::start().await;
    let page = |shops: Vec<Value>, pagination: Value| {
        answer(200, &json!({ "items": shops, "pagination": pagination, "metadata": {} }))
    };
    let first = json!({ "totalRecords": 3, "hasNextPage": true, "nextPageToken": "a/b=" });
    let last =
        json!({ "totalRecords": 3, "hasNextPage": false, "nextPageToken": "again", "prevPageToken": "p" });
    takes(&server, ask("GET", &format!("{V3}&pageSize=20")).version("v3"), page(shops(0..1), first), 1).await;
    let second = ask("GET", &format!("{V3}&pageSize=20&pageToken=a%2Fb%3D")).version("v3");
    takes(&server, second, page(shops(1..3), last), 1).await;
    let walk = installed(&server).await.version(ApiVersion::V3);
    let page = walk.page().await.unwrap();
    assert_eq!((page.count, page.install_to_future_locations), (Some(3), None));
    let rest: Vec<_> = walk.after(page.next.unwrap()).items().try_collect().await.unwrap();
    assert_eq!(rest.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(), ["loc_1", "loc_2"]);
}

#[tokio::test]
async fn all_conditions_are_sent_once() {
    let server = MockServer::start().await;
    let all = "/oauth/installedLocations?companyId=comp_1&appId=app9&isInstalled=true&locationId=loc_1&versionId=v_1\
               &onTrial=false&planId=p_1&query=padaria&limit=100&skip=40";
    takes(&server, ask("GET", all), answer(200, &json!({ "locations": null })), 1).await;
    let cursor: InstalledCursor = serde_json::from_value(json!("40")).unwrap();
    let list = installed(&server).await.app_id("app9").query("shop").installed(true);
    let list = list.location(&LocationId::new("loc_1")).version_id("v_1").on_trial(false).plan_id("p_1");
    let page = list.query("padaria").page_size(1000).after(cursor).page().await.unwrap();
    assert_eq!((page.locations, page.count, page.next), (Vec::new(), None, None));
}

#[tokio::test]
async fn a_list_that_does_not_advance_is_an_error() {
    let server = MockServer::start().await;
    let same = answer(200, &json!({ "locations": shops(0..1) }));
    takes(&server, ask("GET", &format!("{DATED}&limit=1")), same.clone(), 1).await;
    takes(&server, ask("GET", &format!("{DATED}&limit=1&skip=1")), same, 1).await;
    let error = installed(&server).await.page_size(1).items().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, "oauth.installed_locations"));

    let server = MockServer::start().await;
    let body = json!({ "items": [], "pagination": { "nextPageToken": "t" } });
    takes(&server, ask("GET", &format!("{V3}&pageSize=20")).version("v3"), answer(200, &body), 1).await;
    let again = ask("GET", &format!("{V3}&pageSize=20&pageToken=t")).version("v3");
    takes(&server, again, answer(200, &body), 1).await;
    let list = installed(&server).await.version(ApiVersion::V3);
    assert_eq!(list.items().try_collect::<Vec<_>>().await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn refusals_are_told() {
    let server = MockServer::start().await;
    let refused = answer(401, &json!({ "message": "This user type is not yet supported!" }));
    takes(&server, ask("GET", &format!("{DATED}&limit=20")), refused, 1).await;
    let error = installed(&server).await.page().await.unwrap_err();
    assert!(error.is_auth(), "{error}");
}

#[test]
fn null_is_the_same_as_absent_in_installed_locations() {
    let null = json!({ "_id": "loc_1", "name": null, "address": null, "isInstalled": null, "versionId": null,
        "installedAt": null });
    assert_eq!(serde_json::from_value::<InstalledLocation>(null).unwrap(), InstalledLocation::new("loc_1"));
}
