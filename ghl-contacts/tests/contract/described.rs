//! The calls against the descriptions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ghl_contacts::ApiVersion;
use serde_json::Value;
use wiremock::Request;

use crate::calls;
use crate::catalogue::{InV3, Row, rows};
use crate::description::{DATED, Description, V3, body_of};
use crate::deviations::{DEVIATIONS, SCOPES, UNSENT};
use crate::journey::{Given, Journey};
use crate::served::{self, UNDESCRIBED, answer, normal};

/// The descriptions of a version, `None` if there are none and none are asked for. A folder that is named must be there.
#[allow(clippy::print_stdout, reason = "a skipped test must say so")]
fn description(version: ApiVersion) -> Option<Description> {
    let Some(shared) = std::env::var_os("SYNC_SHARED_DIR") else {
        let required = std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|value| value == "1");
        assert!(!required, "SYNC_REQUIRE_SHARED is 1, and SYNC_SHARED_DIR is not set");
        println!("skipped: SYNC_SHARED_DIR is not set");
        return None;
    };
    let files: &[&str] = if version == ApiVersion::V3 { &V3 } else { &DATED };
    Some(Description::read(&PathBuf::from(shared).join("specs/ghl"), files))
}

const VERSIONS: [ApiVersion; 2] = [ApiVersion::V2021_07_28, ApiVersion::V3];

/// Makes all calls at a service made of the description; v3 is described for contacts only.
async fn travel(description: &Description, version: ApiVersion, given: Given) -> (Journey, Vec<Request>) {
    let server = served::start(description, given).await;
    let mut journey = Journey::new(given, served::known(&server, description, given));
    calls::of_contacts(&mut journey, version).await;
    if version != ApiVersion::V3 {
        calls::beside_contacts(&mut journey, version).await;
    }
    let sent = server.received_requests().await.unwrap();
    assert_eq!(sent.len(), journey.made.len(), "each request that was sent is known");
    for (made, request) in journey.made.iter_mut().zip(&sent) {
        made.method = request.method.to_string();
        request.url.path().clone_into(&mut made.path);
    }
    (journey, sent)
}

fn path_in(row: &Row, version: ApiVersion) -> Option<&str> {
    if version == ApiVersion::V3 { row.path_in_v3() } else { Some(&row.path) }
}

#[test]
fn the_page_lists_every_operation_that_is_described_for_contacts() {
    for (version, count) in [(ApiVersion::V2021_07_28, 32), (ApiVersion::V3, 31)] {
        let Some(description) = description(version) else { return };
        let described: BTreeSet<_> = description.operations("/contacts/").into_iter().collect();
        assert_eq!(described.len(), count);
        let listed = rows().into_iter().filter(|row| row.path.starts_with("/contacts/")).filter_map(|row| {
            assert_ne!(row.in_v3, InV3::Unknown, "v3 is described: {}", row.path);
            Some((row.method.clone(), path_in(&row, version)?.to_owned()))
        });
        assert_eq!(listed.collect::<BTreeSet<_>>(), described, "{version:?}");
    }
}

#[test]
fn the_page_names_the_scopes_that_are_described() {
    let Some(description) = description(ApiVersion::V2021_07_28) else { return };
    let mut used = BTreeSet::new();
    for row in rows() {
        let Some(operation) = description.operation(&row.method, &row.path) else { continue };
        let (name, scopes) = (operation.name(), operation.scopes());
        let listed = row.scope.as_deref();
        if scopes.is_empty() {
            let known = SCOPES.iter().find(|(operation, ..)| *operation == name);
            let (_, scope, _) = known.unwrap_or_else(|| panic!("{name} describes no scope"));
            assert_eq!(listed, *scope, "{name}");
            used.insert(name);
        } else {
            assert!(scopes.iter().all(|scope| Some(*scope) == listed), "{name}: {scopes:?}, not {listed:?}");
        }
    }
    let all: BTreeSet<_> = SCOPES.iter().map(|(operation, ..)| (*operation).to_owned()).collect();
    assert_eq!(used, all, "what describes no scope");
}

#[tokio::test]
async fn every_request_is_on_the_page() {
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        for given in [Given::Everything, Given::Nothing] {
            let (journey, _) = travel(&description, version, given).await;
            let mut told = BTreeSet::new();
            let rows = rows();
            for made in &journey.made {
                let row = rows
                    .iter()
                    .position(|row| path_in(row, version).is_some_and(|path| row.tells(made, path)));
                told.insert(row.unwrap_or_else(|| panic!("not on the page, in {version:?}: {made:?}")));
            }
            let left = rows.iter().enumerate().filter(|(number, row)| {
                let sent_here = version != ApiVersion::V3 || row.path.starts_with("/contacts/");
                sent_here && path_in(row, version).is_some() && !told.contains(number)
            });
            let left: Vec<_> = left.map(|(_, row)| row).collect();
            assert!(left.is_empty(), "on the page, and not made in {version:?}, {given:?}: {left:#?}");
        }
    }
}

#[tokio::test]
async fn every_request_is_as_described() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        for given in [Given::Everything, Given::Nothing] {
            for request in travel(&description, version, given).await.1 {
                let Some(operation) = description.find(&request) else {
                    assert!(UNDESCRIBED.iter().any(|prefix| request.url.path().starts_with(prefix)));
                    continue;
                };
                let name = operation.name();
                let asked_for = request.headers.get("version").map(|value| value.to_str().unwrap());
                assert_eq!(asked_for, operation.version(), "the version of {name}");
                let taken = operation.query();
                let strangers = request.url.query_pairs().filter(|(name, _)| !taken.contains(&&**name));
                wrong.extend(strangers.map(|(stranger, _)| format!("{name}: query {stranger}")));
                for (place, problem) in operation.problems_of_body(&request) {
                    let known = DEVIATIONS.iter().position(|known| known.is(&name, &place, problem));
                    match known {
                        Some(known) => drop(used.insert(known)),
                        None => wrong.push(format!("{name}: {place}: {problem} ({version:?}, {given:?})")),
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unused = DEVIATIONS.iter().enumerate().filter(|(number, _)| !used.contains(number));
    let unused: Vec<_> = unused.map(|(_, known)| known).collect();
    assert!(unused.is_empty(), "no longer deviations: {unused:#?}");
}

#[tokio::test]
async fn everything_that_is_described_is_sent() {
    let (mut missing, mut used) = (Vec::new(), BTreeSet::new());
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        let mut sent: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let (_, requests) = travel(&description, version, Given::Everything).await;
        for request in &requests {
            let Some(operation) = description.find(request) else { continue };
            let names = sent.entry(operation.name()).or_default();
            names.extend(request.url.query_pairs().map(|(name, _)| name.into_owned()));
            names.extend(body_of(request).keys().cloned());
        }
        for request in &requests {
            let Some(operation) = description.find(request) else { continue };
            let name = operation.name();
            for part in operation.query().into_iter().chain(operation.body()) {
                if sent[&name].contains(part) {
                    continue;
                }
                match UNSENT.iter().position(|(operation, unsent, _)| *operation == name && *unsent == part) {
                    Some(known) => drop(used.insert(known)),
                    None => missing.push(format!("{name}: {part} ({version:?})")),
                }
            }
        }
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "{missing:#?}");
    let stale = UNSENT.iter().enumerate().filter(|(number, _)| !used.contains(number));
    let stale: Vec<_> = stale.map(|(_, known)| known).collect();
    assert!(stale.is_empty(), "sent, or no longer described: {stale:#?}");
}

#[tokio::test]
async fn every_described_answer_decodes_and_nothing_of_it_is_lost() {
    for version in VERSIONS {
        let Some(description) = description(version) else { return };
        for given in [Given::Everything, Given::Nothing] {
            let (journey, sent) = travel(&description, version, given).await;
            for decoded in journey.decoded {
                let operation = description.find(&sent[decoded.request]).unwrap();
                let (_, mut wire) = answer(&operation, given);
                let wire = if decoded.field.is_empty() { wire } else { wire[decoded.field].take() };
                let (wire, record) = (normal(expected(wire)), normal(decoded.record));
                if given == Given::Everything {
                    assert_eq!(record, wire, "{} in {version:?}", operation.name());
                }
            }
        }
    }
}

/// What a described answer becomes, where that is known to differ.
fn expected(mut wire: Value) -> Value {
    let record = if wire.is_array() { wire.get_mut(0) } else { Some(&mut wire) };
    if let Some(contact) = record.and_then(Value::as_object_mut) {
        if let Some(id) = contact.remove("_id") {
            contact.insert("id".to_owned(), id);
        }
        // The description's example of a birthday is a sentence, which is no date.
        if contact.get("dateOfBirth").and_then(Value::as_str).is_some_and(|text| text.contains("Date format"))
        {
            contact.remove("dateOfBirth");
        }
        // A record is kept in the spelling of the dated versions.
        if let Some(Value::Object(settings)) = contact.get_mut("dndSettings") {
            *settings =
                std::mem::take(settings).into_iter().map(|(name, value)| (dated(name), value)).collect();
        }
    }
    wire
}

fn dated(channel: String) -> String {
    let names = [
        ("call", "Call"),
        ("email", "Email"),
        ("sms", "SMS"),
        ("whatsApp", "WhatsApp"),
        ("gmb", "GMB"),
        ("fb", "FB"),
    ];
    let found = names.into_iter().find(|(v3, _)| *v3 == channel);
    found.map_or(channel, |(_, dated)| dated.to_owned())
}
