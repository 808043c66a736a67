//! The program as a person runs it, against the sandboxes. What counts is what both services show.

mod alerts;
mod check;
mod connect;
#[cfg(target_os = "linux")]
mod disk;
mod outages;
mod postgres;
mod scene;
mod settings;
mod webhooks;

use scene::{Inbox, Scene, free_port, get, terminated, until};
use serde_json::json;
use sync_core::sandbox_kit::{Edit, Fault};

pub fn ana() -> serde_json::Value {
    json!({
        "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt", "address": "Rua Nova, 1", "city": "Faro",
        "zip_code": "8000-100", "country_id": 1, "contact_name": "Rui Lopes",
    })
}

#[tokio::test]
async fn a_field_that_is_added_to_the_file_is_synced_once_approved() {
    let mut scene = Scene::new("field", &[("shop", 0)]).await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    let plan = scene.says(&["plan"]).await;
    assert!(plan.code == Some(0) && plan.text.contains("1 to create"), "{}", plan.text);
    assert!(scene.contact("shop", "ana@example.pt").is_none(), "a plan writes nothing");
    let first = scene.says(&["apply"]).await;
    assert!(first.code == Some(2) && first.text.contains("--approve"), "{}", first.text);
    assert!(scene.contact("shop", "ana@example.pt").is_none(), "nothing is approved yet");
    scene.approved("shop").await;
    assert!(scene.contact("shop", "ana@example.pt").is_some());

    scene.pairs[0].2.push_str(
        "[pair.fields.contact_person]\nleft = \"contact_name\"\nright = \"customFields.Contact person\"\n",
    );
    scene.write();
    let plan = scene.says(&["plan"]).await;
    assert!(plan.text.contains("contact_person: \"\" -> \"Rui Lopes\""), "{}", plan.text);
    scene.approved("shop").await;
    let crm = scene.pair("shop").crm().unwrap();
    let id = scene.contact("shop", "ana@example.pt").unwrap()["id"].as_str().unwrap().to_owned();
    let seen = crm.whole(&id.as_str().into()).await.unwrap();
    assert_eq!(seen.field("Contact person"), "Rui Lopes");
    assert_eq!(scene.says(&["apply"]).await.code, Some(0));
}

#[tokio::test]
async fn one_record_is_synced_and_a_run_is_turned_back() {
    let scene = Scene::new("undo", &[("shop", 0)]).await;
    let id = scene.pair("shop").moloni.add_customer(ana()).unwrap().to_string();
    scene.approved("shop").await;
    let city = || scene.contact("shop", "ana@example.pt").unwrap()["city"].as_str().unwrap().to_owned();
    let before = city();
    let edit =
        Edit::Update { collection: "customers".into(), id: id.clone(), fields: json!({ "city": "Tavira" }) };
    scene.pair("shop").moloni.human(edit).unwrap();
    let said = scene.says(&["sync-one", &format!("moloni:{id}")]).await;
    assert!(said.code == Some(0) && city() == "Tavira", "{}", said.text);

    let runs = scene.says(&["undo"]).await.text;
    let run = runs.split_whitespace().next().unwrap().to_owned();
    let said = scene.says(&["undo", &run]).await.text;
    assert!(said.contains("Tavira") && said.contains(&before), "{runs}{said}");
    assert!(said.contains("~ HighLevel record "), "{said}");
    assert_eq!(city(), "Tavira", "it is only shown");
    let said = scene.says(&["undo", &run, "--yes"]).await;
    assert!(said.code == Some(0) && city() == before, "{}", said.text);
    for arguments in [&["completions", "bash"][..], &["man"], &["--help"]] {
        let said = scene.says(arguments).await;
        assert!(said.code == Some(0) && said.text.contains("sync-service"), "{arguments:?}");
    }
}

#[tokio::test]
async fn what_fails_for_one_record_makes_apply_fail_and_is_done_the_next_time() {
    let mut scene = Scene::new("failed", &[("shop", 0)]).await;
    let unasked = scene.pairs[0].2.replace("two_way = true", "two_way = true\nask_first = false");
    // What became of the create is found out after that.
    scene.pairs[0].2 = unasked.replace("request_timeout = \"5s\"", "request_timeout = \"1s\"");
    scene.write();
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.pair("shop").ghl.fault(Fault::status(500, "").on("contacts.create"));
    let said = scene.says(&["apply"]).await;
    assert!(said.code == Some(1) && said.text.contains("not all of it could be done"), "{}", said.text);
    scene.pair("shop").ghl.clear_faults();
    for _ in 0..60 {
        scene.says(&["apply"]).await;
        if scene.contact("shop", "ana@example.pt").is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(scene.says(&["apply"]).await.code, Some(0));
    assert_eq!(scene.contacts_of_moloni("shop"), 1);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    let mut scene = Scene::new("wrong", &[("shop", 0)]).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    scene.service = format!("listen = \"{}\"", taken.local_addr().unwrap());
    scene.write();
    let said = scene.says(&["run"]).await;
    assert!(said.code == Some(1) && said.text.contains("is taken by another program"), "{}", said.text);

    let said = scene.says(&["plan", "--pair", "office"]).await;
    assert!(said.text.contains("there is no pair office: the file has shop"), "{}", said.text);

    std::fs::remove_file(scene.directory.join("shop.password")).unwrap();
    let said = scene.says(&["check"]).await;
    assert!(said.code == Some(1) && said.text.contains("FAILED  Moloni login"), "{}", said.text);

    std::fs::write(scene.directory.join("shop.password"), "wrong").unwrap();
    let said = scene.says(&["check"]).await;
    assert!(said.code == Some(1) && said.text.contains("refuses the login"), "{}", said.text);

    scene.write_text("[service]\nlisten = 5\n");
    let said = scene.says(&["plan"]).await;
    assert!(said.code == Some(1) && said.text.contains("sync.toml:2: invalid type"), "{}", said.text);
    std::fs::remove_file(scene.directory.join("sync.toml")).unwrap();
    let said = scene.says(&["plan"]).await;
    assert!(said.code == Some(1) && said.text.contains("`sync-service init` writes one"), "{}", said.text);
    let said = scene.says(&["init", "--location", "loc_1", "--company", "5"]).await;
    assert!(said.code == Some(0) && scene.directory.join("sync.key").exists(), "{}", said.text);
    let said = scene.says(&["init", "--location", "loc_1", "--company", "5"]).await;
    assert!(said.code == Some(1) && said.text.contains("is there already"), "{}", said.text);
}

#[tokio::test]
async fn a_pair_that_cannot_go_on_leaves_the_other_one_alone_and_somebody_is_told() {
    let mut scene = Scene::new("two", &[("shop", 0), ("office", 0)]).await;
    let (inbox, url) = Inbox::start().await;
    let port = free_port();
    std::fs::write(scene.directory.join("alerts"), url).unwrap();
    scene.service = format!("listen = \"127.0.0.1:{port}\"\nalerts = \"file:alerts\"");
    scene.write();
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    std::fs::write(scene.directory.join("office.password"), "wrong").unwrap();
    let said = scene.says(&["plan"]).await;
    assert!(said.code == Some(1) && said.text.contains("it failed for office"), "{}", said.text);
    assert!(said.text.contains("shop: Plan "), "the other one is planned: {}", said.text);

    let child = scene.started();
    until("an alert of the office", || inbox.has("pair_stopped", "office")).await;
    let logins =
        || scene.pair("office").moloni.calls().iter().filter(|call| call.path.contains("grant")).count();
    let refused = logins();
    let bruno = json!({
        "name": "Bruno Dias", "vat": "502757191", "email": "bruno@example.pt", "address": "Rua Nova, 2",
        "city": "Faro", "zip_code": "8000-100", "country_id": 1,
    });
    scene.pair("shop").moloni.add_customer(bruno).unwrap();
    until("the shop's contact", || scene.contact("shop", "bruno@example.pt").is_some()).await;

    let address = format!("http://127.0.0.1:{port}");
    assert_eq!(get(&format!("{address}/health")).await.0, 200);
    let (status, ready) = get(&format!("{address}/ready")).await;
    assert!(status == 503 && ready.contains(r#""pair":"shop","state":"in_sync""#), "{ready}");
    let (_, metrics) = get(&format!("{address}/metrics")).await;
    for line in
        ["sync_up{pair=\"shop\"} 1", "sync_up{pair=\"office\"} 0", "sync_requests_total{pair=\"shop\""]
    {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert!(!inbox.has("pair_stopped", "shop"));
    // Two more attempts, if they were made, would lock the login.
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    assert_eq!(logins(), refused, "a wrong password is sent once");
    let (_, ready) = get(&format!("{address}/ready")).await;
    assert!(ready.contains("it is not tried again before"), "{ready}");

    // Mended while it runs.
    let password = &scene.pair("office").moloni.credentials().password;
    std::fs::write(scene.directory.join("office.password"), password).unwrap();
    until("an alert of the first plan", || inbox.has("guard_tripped", "office")).await;
    scene.approved("office").await;
    for _ in 0..300 {
        if get(&format!("{address}/ready")).await.0 == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(get(&format!("{address}/ready")).await.0, 200);
    let said = terminated(child).await;
    assert!(said.code == Some(0) && said.text.contains("Stopped."), "{}", said.text);
}

#[tokio::test]
async fn a_question_is_told_listed_and_answered() {
    let mut scene = Scene::new("review", &[("shop", 0)]).await;
    let (inbox, url) = Inbox::start().await;
    scene.service = format!("listen = \"\"\nalerts = \"{url}\"");
    scene.write();
    let id = scene.pair("shop").moloni.add_customer(ana()).unwrap();
    let invoice = json!({
        "customer_id": id, "document_type_id": 1, "net_value": "123.00", "date": "2026-11-02",
        "expiration_date": "2099-12-31",
    });
    scene.pair("shop").moloni.add_document(invoice).unwrap();
    scene.approved("shop").await;
    let child = scene.started();

    // The address stands on an invoice.
    let contact = scene.contact("shop", "ana@example.pt").unwrap()["id"].as_str().unwrap().to_owned();
    let fields = json!({ "address1": "Rua Velha, 2" });
    let edit = Edit::Update { collection: "contacts".into(), id: contact.clone(), fields };
    scene.pair("shop").ghl.human(edit).unwrap();
    until("an alert of a question", || inbox.has("review_opened", "shop")).await;

    let list = scene.json(&["review", "list"]).await;
    let number = list["number"].as_str().unwrap().to_owned();
    let shown = scene.json(&["review", "show", &number]).await;
    assert_eq!(shown["values"], json!({ "moloni": "Rua Nova, 1", "ghl": "Rua Velha, 2" }));
    assert_eq!(shown["answers"], json!(["moloni", "ghl", "value=TEXT", "leave"]));
    assert_eq!(scene.says(&["status"]).await.code, Some(2));
    let said = scene.says(&["review", "resolve", &number, "rubbish"]).await;
    assert!(said.code == Some(1) && said.text.contains("is no answer"), "{}", said.text);
    let said = scene.says(&["review", "resolve", &number, "moloni"]).await;
    assert!(said.code == Some(0), "{}", said.text);
    let is_back = || scene.contact("shop", "ana@example.pt").unwrap()["address1"] == "Rua Nova, 1";
    until("the books' address", is_back).await;
    terminated(child).await;
    assert_eq!(scene.says(&["status"]).await.code, Some(0));

    let story = scene.says(&["explain", &format!("ghl:{contact}")]).await;
    assert!(story.text.contains("Rua Nova, 1"), "{}", story.text);
    assert!(story.text.starts_with(&format!("The HighLevel record {contact}\n")), "{}", story.text);
    assert!(story.text.contains("a person answered take Moloni"), "{}", story.text);
    for nameless in ["the left", "the right", "left \"", "right \""] {
        assert!(!story.text.contains(nameless), "{nameless}: {}", story.text);
    }
    let export = scene.json(&["export"]).await;
    assert_eq!((&export["ghl"], &export["moloni"]), (&json!(contact), &json!(id.to_string())));
    let said = scene.json(&["forget", &format!("ghl:{contact}")]).await;
    assert_eq!(said["links"], 1);
    assert_eq!(scene.says(&["export"]).await.text, "");
}

#[tokio::test]
async fn a_service_that_is_stopped_at_work_goes_on_and_creates_nothing_twice() {
    let mut scene = Scene::new("stop", &[("shop", 60)]).await;
    // Slowly, so that it is at work when it is stopped.
    let slow = scene.pairs[0].2.replace("two_way = true", "two_way = true\nask_first = false");
    scene.pairs[0].2 = slow.replace("[pair.ghl]", "[pair.ghl]\nrequests_per_ten_seconds = 150");
    scene.write();
    let expected = scene.pair("shop").expected;
    let child = scene.started();
    until("the first contacts", || scene.contacts_of_moloni("shop") > 3).await;
    assert!(scene.contacts_of_moloni("shop") < expected.created, "it was too fast to be stopped at work");
    assert_eq!(terminated(child).await.code, Some(0));
    assert!(scene.contacts_of_moloni("shop") < expected.created, "it was stopped at work");

    let child = scene.started();
    until("all contacts", || scene.contacts_of_moloni("shop") >= expected.created).await;
    assert_eq!(terminated(child).await.code, Some(0));
    assert_eq!(scene.says(&["apply"]).await.code, Some(2), "there are questions");
    assert_eq!(scene.contacts_of_moloni("shop"), expected.created);
}

#[tokio::test]
async fn an_app_is_connected_by_a_pasted_address_and_its_tokens_are_kept_sealed() {
    let mut scene = Scene::new("connect", &[("shop", 0)]).await;
    scene.uses_an_app("shop");
    scene.write();
    let plan = scene.says(&["plan"]).await;
    assert!(plan.code == Some(1) && plan.text.contains("is not connected"), "{}", plan.text);

    scene.connects("shop").await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    assert!(scene.contact("shop", "ana@example.pt").is_some());
    let kept = std::fs::read(scene.directory.join("sync.db")).unwrap();
    assert!(!kept.windows(6).any(|part| part == b"s3cr3t"), "a token is in the file as it is");
}
