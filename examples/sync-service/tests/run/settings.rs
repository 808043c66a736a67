//! What the settings file can say of a pair, seen at both services.

use serde_json::{Value, json};

use super::ana;
use super::scene::Scene;

/// All records of a collection of HighLevel's.
fn records(scene: &Scene, collection: &str) -> Vec<Value> {
    match &scene.pair("shop").ghl.state()[collection] {
        Value::Array(list) => list.clone(),
        Value::Object(map) => map.values().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The pair's settings with more at their end.
fn add(scene: &mut Scene, settings: &str) {
    scene.pairs[0].2.push_str(settings);
    scene.write();
}

#[tokio::test]
async fn what_is_told_and_in_which_language_is_said_in_the_file() {
    let mut scene = Scene::new("events", &[("shop", 0)]).await;
    let mut customer = ana();
    customer["notes"] = json!("Liga de manh\u{e3}.");
    let id = scene.pair("shop").moloni.add_customer(customer).unwrap();
    let invoice = json!({
        "customer_id": id, "document_type_id": 1, "net_value": "1230.00", "date": "2026-11-02",
        "expiration_date": "2099-12-31",
    });
    scene.pair("shop").moloni.add_document(invoice).unwrap();
    let bill = json!({
        "customer_id": id, "document_type_id": 15, "date": "2026-11-02",
        "delivery_datetime": "2099-12-31 09:00:00",
    });
    let calendar = scene.pair("shop").ghl.credentials().calendar_id.clone();
    let settings = format!(
        "[pair.events]\nlanguage = \"pt\"\noff = [\"customer.notes\"]\n\
         [pair.events.invoice.unpaid]\nassigned_to = \"ve9EPM428h8vShlRW1KT\"\n\
         [pair.events.delivery.scheduled]\ncalendar = \"{calendar}\"\nduration = \"30m\"\n"
    );
    scene.pair("shop").moloni.add_document(bill).unwrap();
    add(&mut scene, &settings);
    scene.approved("shop").await;

    let notes = records(&scene, "notes");
    assert!(notes.len() == 1 && notes[0]["body"].as_str().unwrap().contains("a pagar at\u{e9}"), "{notes:?}");
    let tasks = records(&scene, "tasks");
    assert!(tasks.len() == 1 && tasks[0]["title"].as_str().unwrap().starts_with("Cobrar "), "{tasks:?}");
    assert_eq!(tasks[0]["assignedTo"], "ve9EPM428h8vShlRW1KT");
    let appointments = records(&scene, "appointments");
    assert!(appointments.len() == 1, "{appointments:?}");
    assert!(appointments[0]["title"].as_str().unwrap().starts_with("Entrega "), "{appointments:?}");
    let minutes =
        ["startTime", "endTime"].map(|time| appointments[0][time].as_str().unwrap()[14..16].to_owned());
    assert_eq!(minutes, ["00", "30"]);

    let wrong = scene.pairs[0].2.replace("customer.notes", "customer.note");
    scene.write_text(&wrong);
    let said = scene.says(&["plan"]).await;
    let line = wrong.lines().position(|line| line.starts_with("off")).unwrap() + 1;
    assert!(
        said.text.contains(&format!("sync.toml:{line}: `off`: `customer.note` is no type")),
        "{}",
        said.text
    );
}

#[tokio::test]
async fn tags_and_custom_fields_follow_from_what_the_file_says_of_a_customer() {
    let mut scene = Scene::new("attributes", &[("shop", 0)]).await;
    let mut customer = ana();
    customer["name"] = json!("Padaria Lopes");
    let id = scene.pair("shop").moloni.add_customer(customer).unwrap();
    let invoice = json!({
        "customer_id": id, "document_type_id": 27, "net_value": "7380.00", "gross_value": "6000.00",
        "date": "2026-11-02",
    });
    scene.pair("shop").moloni.add_document(invoice).unwrap();
    let settings = r#"
[pair.tags]
customer = "cliente"
invoiced = ""
[pair.turnover]
field = "Volume"
[pair.custom_fields]
nif = "Contribuinte"
[[pair.attributes]]
name = "tier"
turnover = { bronze = 0, silver = 5000, gold = 50000 }
[[pair.attributes]]
name = "industry"
field = "Industry"
cases = [
    { value = "bakery", name = "padaria|pastelaria" },
    { value = "pharmacy", name = "farm\u00e1cia" },
]
"#;
    add(&mut scene, settings);
    scene.approved("shop").await;
    let contact = scene.contact("shop", "ana@example.pt").unwrap();
    let mut tags: Vec<_> =
        contact["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["cliente", "industry-bakery", "tier-silver"]);
    let crm = scene.pair("shop").crm().unwrap();
    let seen = crm.whole(&contact["id"].as_str().unwrap().into()).await.unwrap();
    let fields = ["Industry", "Volume", "Contribuinte"].map(|name| seen.field(name));
    assert_eq!(fields, ["bakery", "6000", "123456789"]);
    assert_eq!(scene.says(&["apply"]).await.code, Some(0), "nothing is left to do");
}

#[tokio::test]
async fn customers_who_share_a_tax_number_become_a_business_where_the_file_says_so() {
    let mut scene = Scene::new("businesses", &[("shop", 0)]).await;
    for (name, email) in [("Sousa, Lda", "sede@example.pt"), ("Sousa Porto", "porto@example.pt")] {
        let customer = json!({ "name": name, "vat": "501964843", "email": email, "country_id": 1 });
        scene.pair("shop").moloni.add_customer(customer).unwrap();
    }
    let settings = scene.pairs[0].2.replace("two_way = true", "businesses = true");
    // What became of a create is looked at after a multiple of that.
    scene.pairs[0].2 = settings.replace("request_timeout = \"5s\"", "request_timeout = \"1s\"");
    scene.write();
    let ours = |scene: &Scene| {
        let mut all = records(scene, "businesses");
        all.retain(|business| {
            business["description"].as_str().is_some_and(|text| text.contains("501964843"))
        });
        all
    };
    assert_eq!(scene.says(&["apply"]).await.code, Some(2));
    assert!(ours(&scene).is_empty(), "nothing is approved yet");
    scene.approved("shop").await;
    let place = |email: &str| scene.contact("shop", email).map(|contact| contact["businessId"].clone());
    for _ in 0..20 {
        let business = ours(&scene).pop().map(|business| business["id"].clone());
        if business.is_some()
            && ["sede@example.pt", "porto@example.pt"].iter().all(|email| place(email) == business)
        {
            break;
        }
        scene.says(&["apply"]).await;
    }
    let businesses = ours(&scene);
    assert!(businesses.len() == 1 && businesses[0]["name"] == "Sousa, Lda", "{businesses:?}");
    for email in ["sede@example.pt", "porto@example.pt"] {
        assert_eq!(place(email), Some(businesses[0]["id"].clone()), "{email}");
    }
    assert!(scene.directory.join("sync-shop-businesses.db").exists());
    assert_eq!(scene.says(&["apply"]).await.code, Some(0));
    assert_eq!(ours(&scene).len(), 1, "a second run makes no second one");

    let contact = scene.contact("shop", "porto@example.pt").unwrap()["id"].as_str().unwrap().to_owned();
    let said = scene.says(&["forget", &format!("ghl:{contact}")]).await;
    assert!(said.text.contains("with --nif"), "{}", said.text);
    let said = scene.json(&["forget", &format!("ghl:{contact}"), "--nif", "501964843"]).await;
    assert_eq!((&said["links"], &said["businesses"]["links"]), (&json!(0), &json!(1)), "{said}");
    let kept = std::fs::read(scene.directory.join("sync-shop-businesses.db")).unwrap();
    assert!(!kept.windows(9).any(|part| part == b"501964843"), "the tax number is still there");
}

#[tokio::test]
async fn an_error_is_one_object_where_json_is_wanted() {
    let mut scene = Scene::new("json", &[("shop", 0), ("office", 0)]).await;
    let error = async |scene: &Scene, arguments: &[&str]| {
        let out = scene.program(arguments).arg("--json").output().await.unwrap();
        assert_eq!(out.status.code(), Some(1), "{arguments:?}");
        let text = String::from_utf8(out.stderr).unwrap();
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    std::fs::write(scene.directory.join("office.password"), "wrong").unwrap();
    for arguments in [&["plan"][..], &["review", "show", "1", "--pair", "office"]] {
        let told = error(&scene, arguments).await;
        assert_eq!(told["pair"], "office");
        assert!(told["error"].as_str().unwrap().starts_with("Moloni refuses the login"), "{told}");
    }
    let said = scene.says(&["plan", "--pair", "office"]).await;
    assert!(said.text.contains("error: office: Moloni"), "the pair is named once: {}", said.text);

    let told = error(&scene, &["sync-one", "moloni:1"]).await;
    assert_eq!(told, json!({ "error": "the file has several pairs: name one by --pair", "pair": null }));
    let told = error(&scene, &["sync-one", "1"]).await;
    assert!(told["error"].as_str().unwrap().contains("write moloni:ID"), "{told}");
    assert_eq!(scene.says(&["sync-one", "1"]).await.code, Some(1), "2 would say that something waits");
    scene.pairs[1].2 = scene.pairs[1].2.replace("two_way", "to_way");
    scene.write();
    let told = error(&scene, &["status"]).await;
    assert!(told["error"].as_str().unwrap().contains("unknown field `to_way`"), "{told}");
    for arguments in [&["--help"][..], &["--version"]] {
        assert_eq!(scene.says(arguments).await.code, Some(0));
    }
}

#[tokio::test]
async fn what_init_writes_by_its_flags_is_understood_by_the_other_commands() {
    let scene = Scene::new("init", &[]).await;
    std::fs::remove_file(scene.directory.join("sync.toml")).unwrap();
    let said = scene.says(&["init", "--name", "My shop", "--location", "loc_1", "--company", "5"]).await;
    assert!(said.code == Some(1) && said.text.contains("lower-case letters"), "{}", said.text);
    let said = scene.says(&["init", "--company", "5"]).await;
    assert!(said.code == Some(1) && said.text.contains("say --location: nobody is here"), "{}", said.text);
    assert!(!scene.directory.join("sync.toml").exists(), "nothing is written of wrong answers");
    let flags = ["init", "--name", "office", "--location", "loc_1", "--company", "5", "--two-way"];
    let said = scene.says(&flags).await;
    assert!(said.code == Some(0) && said.text.contains("sync-service check"), "{}", said.text);
    let text = std::fs::read_to_string(scene.directory.join("sync.toml")).unwrap();
    assert!(text.contains("name = \"office\"") && text.contains("two_way = true"), "{text}");
    let said = scene.says(&["plan"]).await;
    assert!(said.text.contains("office.ghl.token: set the environment variable GHL_TOKEN"), "{}", said.text);
    assert_eq!(scene.says(&["status"]).await.code, Some(0));
}
