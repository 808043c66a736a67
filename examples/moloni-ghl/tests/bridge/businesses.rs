//! Branches of one company: one business, their contacts in it, and what people do there left alone.

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::{BusinessContacts, BusinessId, ContactId, HttpSettings, RateLimit};
use moloni_client::types::NewAlternateAddress;
use moloni_client::{CompanyId, CountryId, CustomerId, TryStreamExt};
use moloni_ghl::businesses::{CustomerGroups, States, business_engine};
use moloni_ghl::sandbox::SandboxPair;
use moloni_ghl::{Bridge, Timing};
use serde_json::{Value, json};
use sync_core::conformance::collection::{Fixture, check_read_only};
use sync_core::engine::{
    Collection, Engine, FaultKind as Judged, Link, LinkId, LinkStatus, Read, RecordId, RecordRef, Report,
    Review, Scope, Side, WriteError,
};
use sync_core::queue::Priority;
use sync_core::sandbox_kit::{Edit, Fault, FaultKind};
use sync_core::store::{Commit, MemoryStore, Store};
use sync_core::{Env, SystemEnv};

use super::{hasty, pair, run, trace};

/// How long the sandbox's index lags.
const LAG: Duration = Duration::from_millis(50);
/// A company's tax number, and another one's.
const SOUSA: &str = "501964843";
const REIS: &str = "503504564";

/// Both services, and customers that have contacts.
struct World {
    moloni: moloni_client::sandbox::Sandbox,
    ghl: ghl_contacts::sandbox::Sandbox,
    books: moloni_client::Client,
    crm: ghl_contacts::Client,
    states: States,
    engine: Engine,
}

/// A customer and their contact.
#[derive(Debug, Clone)]
struct Branch {
    customer: u64,
    contact: String,
}

impl World {
    async fn new() -> Self {
        trace::on();
        let config =
            ghl_contacts::sandbox::Config { index_lag: LAG, burst_limit: 10_000, ..Default::default() };
        let ghl = ghl_contacts::sandbox::Sandbox::start(config).await.unwrap();
        let moloni =
            moloni_client::sandbox::Sandbox::start(moloni_client::sandbox::Config::default()).await.unwrap();
        let http = HttpSettings::new().rate_limit(RateLimit::new(10_000, Duration::from_secs(1)));
        let (here, there) = (ghl.credentials(), moloni.credentials());
        let crm = ghl_contacts::Client::builder(here.location_id.as_str()).token(here.pit.clone());
        let crm = crm.base_url(ghl.url()).http(http.clone()).build().unwrap();
        let books = moloni_client::Client::builder().token(there.access_token.clone());
        let books =
            books.company(CompanyId::from(there.company_id)).base_url(format!("{}/v1/", moloni.url()));
        let books = books.http(http).build().unwrap();
        let states =
            States { contacts: Arc::new(MemoryStore::new()), businesses: Arc::new(MemoryStore::new()) };
        let engine = engine(&books, &crm, &states);
        Self { moloni, ghl, books, crm, states, engine }
    }

    /// The engine of a process that has seen nothing yet.
    fn restart(&mut self) {
        self.engine = engine(&self.books, &self.crm, &self.states);
    }

    /// A customer with this number, and the contact that the other sync has made for them.
    async fn branch(&self, name: &str, vat: &str) -> Branch {
        let customer =
            self.moloni.add_customer(json!({ "name": name, "vat": vat, "city": "Braga" })).unwrap();
        let contact = self.ghl.add_contact(json!({ "firstName": name })).unwrap();
        self.pair_up(customer, &contact).await;
        Branch { customer, contact }
    }

    async fn pair_up(&self, customer: u64, contact: &str) {
        let left = top(customer);
        let mut link =
            Link::new(LinkId::founded_by("moloni:1:customer", Side::Left, &left, 1), Side::Left, left);
        link.ends.right = Some(top(contact));
        self.states.contacts.commit(Commit::link(None, link)).await.unwrap();
    }

    /// The other sync has found out that the contact is gone.
    async fn part(&self, branch: &Branch) {
        let found = self.states.contacts.link_of(Side::Left, &top(branch.customer)).await.unwrap().unwrap();
        let ended = Link { status: LinkStatus::Ended, ..found.value };
        self.states.contacts.commit(Commit::link(Some(found.rev), ended)).await.unwrap();
    }

    async fn run(&self) -> Report {
        tokio::time::sleep(LAG * 2).await;
        let plan = self.engine.plan().await.unwrap();
        let report = self.engine.apply(plan, |_| {}).await.unwrap();
        assert!(!report.has_failed(), "{report}");
        tokio::time::sleep(LAG * 2).await;
        report
    }

    /// The businesses but the one that the sandbox begins with.
    fn businesses(&self) -> Vec<Value> {
        let all = self.ghl.state()["businesses"].as_array().unwrap().clone();
        let first = self.ghl.credentials().business_id.as_str();
        all.into_iter().filter(|business| business["id"] != first).collect()
    }

    fn only_business(&self) -> Value {
        let all = self.businesses();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    fn business_named(&self, name: &str) -> Value {
        let mut all = self.businesses();
        all.retain(|business| business["name"] == name);
        assert_eq!(all.len(), 1, "{name} once");
        all[0].clone()
    }

    /// Who is in a business, as the service tells it.
    async fn members(&self, business: &Value) -> Vec<String> {
        let id = BusinessId::new(business["id"].as_str().unwrap());
        let contacts = self.crm.contacts().by_business(BusinessContacts::new(id)).items();
        let mut ids: Vec<String> =
            contacts.map_ok(|contact| contact.id.to_string()).try_collect().await.unwrap();
        ids.sort();
        ids
    }

    async fn assign(&self, contact: &str, business: Option<&str>) {
        let business = business.map(BusinessId::new);
        self.crm.bulk().business(&[ContactId::new(contact)], business.as_ref()).await.unwrap();
    }

    fn edit_customer(&self, id: u64, fields: Value) {
        let edit = Edit::Update { collection: "customers".into(), id: id.to_string(), fields };
        self.moloni.human(edit).unwrap();
    }

    fn edit_business(&self, business: &Value, fields: Value) {
        let id = business["id"].as_str().unwrap().to_owned();
        self.ghl.human(Edit::Update { collection: "businesses".into(), id, fields }).unwrap();
    }

    /// A business that a person has made.
    fn business_of_people(&self, name: &str) -> Value {
        let made = Edit::Create { collection: "businesses".into(), fields: json!({ "name": name }) };
        self.ghl.human(made).unwrap()
    }

    /// What was called since `from`, of those calls that changed something or of all.
    fn calls(&self, from: usize, effects: bool) -> Vec<String> {
        let calls = self.ghl.calls().into_iter().skip(from).filter(|call| call.effect || !effects);
        calls.map(|call| call.operation.unwrap_or_default()).collect()
    }

    async fn inbox(&self) -> Vec<Review> {
        self.engine.inbox(None, None, 100).await.unwrap()
    }
}

fn engine(books: &moloni_client::Client, crm: &ghl_contacts::Client, states: &States) -> Engine {
    let timing = Timing {
        request: Duration::from_millis(500),
        send_within: Duration::from_millis(500),
        index_lag: LAG * 2,
    };
    let env: Arc<dyn Env> = Arc::new(SystemEnv::new());
    business_engine(books.clone(), crm.clone(), states.clone(), timing, env).unwrap().build()
}

fn top(id: impl std::fmt::Display) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

fn contacts(branches: &[&Branch]) -> Vec<String> {
    let mut ids: Vec<_> = branches.iter().map(|branch| branch.contact.clone()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn two_branches_become_one_business_and_a_second_run_only_reads_the_books() {
    let world = World::new().await;
    let main = world.branch("Sousa Braga", SOUSA).await;
    let second = world.branch("Sousa Vigo", SOUSA).await;
    world.edit_customer(second.customer, json!({ "country_id": 2, "vat": format!("PT{SOUSA}") }));
    for (name, vat) in [("Alone", REIS), ("Nobody", "999999990"), ("Nobody else", "999999990")] {
        world.branch(name, vat).await;
    }
    let from = world.ghl.calls().len();
    let report = world.run().await;
    assert_eq!((report.counts.created, report.counts.total()), (1, 1), "{report}");
    let business = world.only_business();
    assert_eq!((&business["name"], &business["city"]), (&json!("Sousa Braga"), &json!("Braga")));
    let description = business["description"].as_str().unwrap();
    assert!(description.starts_with(&format!("NIF {SOUSA}\n\nmoloni:")), "{description}");
    assert_eq!(world.members(&business).await, contacts(&[&main, &second]));
    let expected = [
        "businesses.list", // planned
        "businesses.create",
        "businesses.get",
        "contacts.by_business",
        "contacts.get",
        "contacts.get",
        "contacts.bulk_business",
    ];
    let looked_here = ["contacts.by_business"];
    assert_eq!(world.calls(from, false), [expected.as_slice(), &looked_here].concat());
    assert!(world.inbox().await.is_empty());

    let from = world.ghl.calls().len();
    let report = world.run().await;
    assert_eq!((report.counts.unchanged, report.counts.total()), (1, 1), "{report}");
    assert_eq!(world.calls(from, false), Vec::<String>::new(), "the books tell that nothing has changed");
}

#[tokio::test]
async fn a_third_branch_joins_and_a_person_s_own_contact_stays() {
    let world = World::new().await;
    let (one, two) = (world.branch("Sousa Braga", SOUSA).await, world.branch("Sousa Porto", SOUSA).await);
    world.run().await;
    let business = world.only_business();
    let friend = world.ghl.add_contact(json!({ "firstName": "A friend of the house" })).unwrap();
    world.assign(&friend, business["id"].as_str()).await;
    // Without a contact yet: the other sync has not come that far.
    let customer = world.moloni.add_customer(json!({ "name": "Sousa Faro", "vat": SOUSA })).unwrap();
    let report = world.run().await;
    assert_eq!(report.counts.unchanged, 1, "{report}");
    let contact = world.ghl.add_contact(json!({ "firstName": "Sousa Faro" })).unwrap();
    world.pair_up(customer, &contact).await;

    let from = world.ghl.calls().len();
    let report = world.run().await;
    assert_eq!(report.counts.updated, 1, "{report}");
    let joins = ["businesses.get", "contacts.by_business", "contacts.get", "contacts.bulk_business"];
    assert_eq!(world.calls(from, false), joins);
    let mut all = contacts(&[&one, &two]);
    all.extend([contact, friend.clone()]);
    all.sort();
    assert_eq!(world.members(&business).await, all);

    // A branch that is sold goes; the friend of the house stays.
    world.edit_customer(two.customer, json!({ "vat": REIS }));
    let from = world.ghl.calls().len();
    world.run().await;
    let seen_back = ["businesses.get", "contacts.by_business"];
    assert_eq!(world.calls(from, false), [joins.as_slice(), &seen_back].concat());
    all.retain(|id| *id != two.contact);
    assert_eq!(world.members(&business).await, all);
    // So does a contact that is nobody's any more.
    world.part(&one).await;
    world.run().await;
    all.retain(|id| *id != one.contact);
    assert_eq!(world.members(&business).await, all);
    assert!(world.inbox().await.is_empty());
}

#[tokio::test]
async fn what_a_person_has_moved_or_edited_is_not_fought_over() {
    let world = World::new().await;
    let (one, two) = (world.branch("Sousa Braga", SOUSA).await, world.branch("Sousa Porto", SOUSA).await);
    world.run().await;
    let business = world.only_business();
    let theirs = world.ghl.credentials().business_id.clone();
    world.assign(&two.contact, Some(&theirs)).await;
    world.edit_business(&business, json!({ "name": "The Sousas", "phone": "+351253000000" }));
    let third = world.branch("Sousa Faro", SOUSA).await;
    world.run().await;
    assert_eq!(world.members(&business).await, contacts(&[&one, &third]));
    // The books take the branch out, and it is left where the person has put it.
    world.edit_customer(two.customer, json!({ "vat": REIS }));
    let report = world.run().await;
    assert!(world.members(&json!({ "id": theirs })).await.contains(&two.contact), "{report}");
    assert_eq!(world.only_business()["name"], "The Sousas");
    assert_eq!(world.only_business()["phone"], "+351253000000");
    // Only what the books change is changed.
    world.edit_customer(one.customer, json!({ "name": "Sousa, Lda" }));
    world.run().await;
    assert_eq!(world.only_business()["name"], "Sousa, Lda");
    assert_eq!(world.only_business()["phone"], "+351253000000");
    assert!(world.inbox().await.is_empty());
}

#[tokio::test]
async fn a_contact_that_is_in_a_business_of_people_stays_there_and_a_person_is_asked_once() {
    let world = World::new().await;
    let (one, two) = (world.branch("Sousa Braga", SOUSA).await, world.branch("Sousa Porto", SOUSA).await);
    let theirs = world.ghl.credentials().business_id.clone();
    world.assign(&two.contact, Some(&theirs)).await;
    world.run().await;
    let business = world.only_business();
    assert_eq!(world.members(&business).await, contacts(&[&one]));
    assert_eq!(world.members(&json!({ "id": theirs })).await, contacts(&[&two]));
    let inbox = world.inbox().await;
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    assert_eq!(inbox[0].field.as_deref(), Some("contacts"));
    let from = world.ghl.calls().len();
    world.run().await;
    assert_eq!((world.calls(from, true).len(), world.inbox().await.len()), (0, 1));
    // It does not stand in the way of the others.
    let third = world.branch("Sousa Faro", SOUSA).await;
    world.run().await;
    assert_eq!(world.members(&business).await, contacts(&[&one, &third]));
    assert_eq!(world.members(&json!({ "id": theirs })).await, contacts(&[&two]));
    // Who wants it here puts it here.
    world.assign(&two.contact, business["id"].as_str()).await;
    let fourth = world.branch("Sousa Lagos", SOUSA).await;
    world.run().await;
    assert_eq!(world.members(&business).await, contacts(&[&one, &two, &third, &fourth]));
    assert!(world.inbox().await.is_empty());
}

#[tokio::test]
async fn a_business_that_people_have_made_is_taken_over_and_not_made_again() {
    let world = World::new().await;
    // The name of a business is that of the customer whom the books knew first.
    let reis = world.branch("Reis", REIS).await;
    let (one, two) = (world.branch("Sousa, Lda", SOUSA).await, world.branch("Sousa Porto", SOUSA).await);
    let made = world.business_of_people("Sousa, Lda");
    world.edit_business(&made, json!({ "city": "Guimarães", "description": "Good payers" }));
    let friend = world.ghl.add_contact(json!({ "firstName": "A friend of the house" })).unwrap();
    for contact in [&friend, &two.contact] {
        world.assign(contact, made["id"].as_str()).await;
    }
    let report = world.run().await;
    assert_eq!((report.counts.linked, report.counts.created), (1, 0), "{report}");
    let business = world.only_business();
    assert_eq!((&business["id"], &business["city"]), (&made["id"], &json!("Guimarães")));
    assert_eq!(business["description"], "Good payers");
    let mut all = contacts(&[&one, &two]);
    all.push(friend);
    all.sort();
    assert_eq!(world.members(&business).await, all);

    // It counts as ours from then on: its contacts can go to another business of ours.
    world.edit_customer(two.customer, json!({ "vat": REIS }));
    world.run().await;
    assert_eq!(world.members(&world.business_named("Reis")).await, contacts(&[&reis, &two]));
    // Two of one name are nobody's: a person says which.
    for _ in 0..2 {
        world.business_of_people("Twin");
    }
    for name in ["Twin", "Twin Faro"] {
        world.branch(name, "123456789").await;
    }
    let report = world.run().await;
    assert_eq!((report.counts.review, report.counts.created), (1, 0), "{report}");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_makes_one_business_with_all_its_contacts() {
    for fault in [FaultKind::LoseReply, FaultKind::Drop, FaultKind::CutBody] {
        let world = World::new().await;
        let (one, two) = (world.branch("Sousa Braga", SOUSA).await, world.branch("Sousa Porto", SOUSA).await);
        world.ghl.fault(Fault::new(fault.clone()).on("businesses.create").times(1));
        let report = world.run().await;
        assert_eq!(report.counts.created, 1, "{fault:?}: {report}");
        assert_eq!(world.members(&world.only_business()).await, contacts(&[&one, &two]), "{fault:?}");
        let from = world.ghl.calls().len();
        world.run().await;
        assert_eq!(world.calls(from, true).len(), 0, "{fault:?}");
        assert!(world.inbox().await.is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn whatever_is_lost_in_between_a_later_process_goes_on_from_there() {
    let mut world = World::new().await;
    let (one, two) = (world.branch("Sousa Braga", SOUSA).await, world.branch("Sousa Porto", SOUSA).await);
    // The process dies when the business is there and its contacts are not: nothing more can be sent.
    world.ghl.fault(Fault::new(FaultKind::Drop).on("businesses.get"));
    let plan = world.engine.plan().await.unwrap();
    world.engine.apply(plan, |_| {}).await.unwrap();
    assert_eq!(world.members(&world.only_business()).await, Vec::<String>::new());
    world.ghl.clear_faults();
    world.restart();
    world.run().await;
    assert_eq!(world.members(&world.only_business()).await, contacts(&[&one, &two]));

    // The answer to the assignment is lost.
    let third = world.branch("Sousa Faro", SOUSA).await;
    world.ghl.fault(Fault::new(FaultKind::LoseReply).on("contacts.bulk_business").times(1));
    let plan = world.engine.plan().await.unwrap();
    world.engine.apply(plan, |_| {}).await.unwrap();
    world.ghl.clear_faults();
    world.restart();
    world.run().await;
    assert_eq!(world.members(&world.only_business()).await, contacts(&[&one, &two, &third]));

    // The whole state is lost.
    world.states.businesses = Arc::new(MemoryStore::new());
    world.restart();
    let report = world.run().await;
    assert_eq!((report.counts.linked, report.counts.created), (1, 0), "{report}");
    assert_eq!(world.members(&world.only_business()).await, contacts(&[&one, &two, &third]));
    assert!(world.inbox().await.is_empty());
}

#[tokio::test]
async fn a_branch_whose_number_changes_goes_from_one_business_to_the_other() {
    let world = World::new().await;
    let reis = [world.branch("Reis", REIS).await, world.branch("Reis Porto", REIS).await];
    let sousa = [world.branch("Sousa", SOUSA).await, world.branch("Sousa Porto", SOUSA).await];
    world.run().await;
    for turn in 0..2 {
        let (to, from, left, right) = if turn == 0 {
            (REIS, SOUSA, vec![&sousa[0]], vec![&sousa[1], &reis[0], &reis[1]])
        } else {
            (SOUSA, REIS, vec![&sousa[0], &sousa[1]], vec![&reis[0], &reis[1]])
        };
        assert_ne!(to, from);
        world.edit_customer(sousa[1].customer, json!({ "vat": to }));
        let report = world.run().await;
        assert_eq!(report.counts.updated, 2, "{report}");
        assert_eq!(world.members(&world.business_named("Sousa")).await, contacts(&left), "turn {turn}");
        assert_eq!(world.members(&world.business_named("Reis")).await, contacts(&right), "turn {turn}");
        let report = world.run().await;
        assert_eq!(report.counts.unchanged, 2, "one customer that is left keeps the business: {report}");
    }
    // Nobody speaks for a number any more that nobody has: the pair ends, and the business stays.
    for branch in &reis {
        world
            .moloni
            .human(Edit::Delete { collection: "customers".into(), id: branch.customer.to_string() })
            .unwrap();
    }
    let report = world.run().await;
    assert_eq!(report.counts.ended, 1, "{report}");
    assert_eq!(world.members(&world.business_named("Reis")).await, contacts(&[&reis[0], &reis[1]]));
    let link = world.states.businesses.link_of(Side::Left, &top(REIS)).await.unwrap().unwrap().value;
    assert_eq!(link.status, LinkStatus::Ended);

    // A number that was wrong for all of them: they go to a business of the right one.
    let before = world.business_named("Sousa");
    for branch in &sousa {
        world.edit_customer(branch.customer, json!({ "vat": "123456789" }));
    }
    let report = world.run().await;
    assert_eq!((report.counts.created, report.counts.ended), (1, 1), "{report}");
    assert_eq!(world.members(&before).await, Vec::<String>::new());
    let mut now = world.businesses();
    now.retain(|business| business["name"] == "Sousa" && business["id"] != before["id"]);
    assert_eq!(world.members(&now[0]).await, contacts(&[&sousa[0], &sousa[1]]));
}

#[tokio::test]
async fn a_running_engine_brings_over_what_it_is_told_of() {
    let world = World::new().await;
    let (one, two) = (world.branch("Sousa", SOUSA).await, world.branch("Sousa Porto", SOUSA).await);
    // A process that has just begun doubts the clock for as long as a lost write may take.
    let works_until = async |wanted: Vec<String>| {
        for _ in 0..100 {
            world.engine.drain().await.unwrap();
            tokio::time::sleep(LAG * 2).await;
            if !world.businesses().is_empty() && world.members(&world.only_business()).await == wanted {
                return;
            }
        }
        panic!("they are not assigned: {:?}", world.inbox().await);
    };
    let from = world.ghl.calls().len();
    world.engine.hint(Side::Left, &top(SOUSA), Priority::Event).await.unwrap();
    works_until(contacts(&[&one, &two])).await;
    let lists = world.calls(from, false).iter().filter(|call| *call == "businesses.list").count();
    assert_eq!(lists, 2, "its marker and its name are looked for");

    // A poll is a sweep: it finds who has come and who has gone.
    let third = world.branch("Sousa Faro", SOUSA).await;
    world.edit_customer(one.customer, json!({ "vat": REIS }));
    let found = world.engine.poll(Side::Left).await.unwrap();
    assert!(found.complete);
    works_until(contacts(&[&two, &third])).await;
    assert!(world.inbox().await.is_empty());
}

#[tokio::test]
async fn one_customer_with_further_addresses_has_a_business_that_names_them() {
    let world = World::new().await;
    let only = world.branch("Sousa, Lda", SOUSA).await;
    world.branch("Reis", REIS).await;
    let warehouse = NewAlternateAddress::new("Armazém", "A1", "Rua Um 1", "Porto", CountryId::from(1))
        .zip_code("4000-001");
    let addresses = world.books.alternate_addresses(CustomerId::from(only.customer));
    let address = addresses.insert(&warehouse).await.unwrap();
    world.run().await;
    let business = world.only_business();
    let description = business["description"].as_str().unwrap();
    let expected = format!("NIF {SOUSA}\nArmazém: Rua Um 1, 4000-001 Porto\n\nmoloni:");
    assert!(description.starts_with(&expected), "{description}");
    assert_eq!(world.members(&business).await, contacts(&[&only]));
    world.books.alternate_addresses(CustomerId::from(only.customer)).delete(address).await.unwrap();
    world.run().await;
    let description = world.only_business()["description"].as_str().unwrap().to_owned();
    assert!(description.starts_with(&format!("NIF {SOUSA}\n\nmoloni:")), "{description}");
    assert_eq!(world.members(&business).await, contacts(&[&only]));
}

#[tokio::test]
async fn groups_conform() {
    let world = World::new().await;
    for (name, vat) in [("Sousa", SOUSA), ("Sousa Porto", SOUSA), ("Reis", REIS), ("Reis Porto", REIS)] {
        world.branch(name, vat).await;
    }
    let groups = CustomerGroups::new(world.books.clone(), world.states.clone());
    let env = SystemEnv::new();
    check_read_only(&Fixture::new(&groups, &env).key("name", "name")).await;
    world.run().await;
    check_read_only(&Fixture::new(&groups, &env).key("name", "name")).await;
    let listed = groups.list(&Scope::All, None).await.unwrap().records;
    assert!(listed.iter().all(|group| group.get("contacts").is_some()), "once they have a business");
    for nobody in ["999999990", "000000000", "no number", "123456789"] {
        assert_eq!(groups.get(&top(nobody)).await.unwrap(), Read::Gone, "{nobody}");
    }
    let sent = groups.remove(&listed[0]).await.unwrap_err();
    assert!(matches!(&sent, WriteError::NotApplied(fault) if fault.kind() == Judged::Broken));
}

#[tokio::test]
async fn after_the_bridge_the_branches_of_its_customers_are_in_one_business() {
    let pair: SandboxPair = pair(0).await;
    for (name, email) in [("Sousa, Lda", "sede@example.pt"), ("Sousa Porto", "porto@example.pt")] {
        pair.moloni.add_customer(json!({ "name": name, "vat": SOUSA, "email": email })).unwrap();
    }
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let contacts = run(&pair, &store).await;
    assert_eq!(contacts.report.counts.created, 2, "{contacts}");
    let settings = hasty(&pair);
    let there = pair.moloni.credentials();
    let books = moloni_client::Client::builder()
        .token(there.access_token.clone())
        .company(CompanyId::from(there.company_id))
        .base_url(format!("{}/v1/", pair.moloni.url()))
        .build()
        .unwrap();
    let crm = pair.crm().unwrap();
    let states = States { contacts: store.clone(), businesses: Arc::new(MemoryStore::new()) };
    let engine =
        business_engine(books, crm.client().clone(), states, settings.timing, Arc::new(SystemEnv::new()));
    let engine = engine.unwrap().build();
    let plan = engine.plan().await.unwrap();
    let report = engine.apply(plan, |_| {}).await.unwrap();
    assert_eq!((report.counts.created, report.counts.failed), (1, 0), "{report}");
    for email in ["sede@example.pt", "porto@example.pt"] {
        let contact = crm.contact(email).await.unwrap().unwrap();
        assert_eq!(contact.business.as_deref(), Some("Sousa, Lda"), "{email}");
    }
    // The sync of the contacts does not mind.
    let again = Bridge::connect(&settings, store).await.unwrap();
    assert_eq!(again.plan().await.unwrap().calls(), 0);
}
