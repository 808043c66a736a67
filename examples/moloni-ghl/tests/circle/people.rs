//! People who edit customers, contacts, documents, notes, tasks and tags.

use std::collections::BTreeMap;

use fastrand::Rng;
use moloni_ghl::sandbox::SandboxPair;
use serde_json::json;
use sync_core::sandbox_kit::Edit;

/// People, and what they will want to find again.
pub(crate) struct People<'a> {
    pair: &'a SandboxPair,
    random: Rng,
    number: u32,
    customers: Vec<u64>,
    /// The contacts that people know of; they look again now and then.
    contacts: Vec<String>,
    looked_at: u32,
    /// Invoices that nobody has paid: document, customer, amount.
    unpaid: Vec<(u64, u64, String)>,
    kinds: BTreeMap<&'static str, usize>,
    /// The tags that people gave, by contact.
    pub(crate) tags: BTreeMap<String, Vec<String>>,
    /// The texts of notes and the titles of tasks that people wrote, each with its contact.
    pub(crate) notes: Vec<(String, String)>,
    pub(crate) tasks: Vec<(String, String)>,
}

impl<'a> People<'a> {
    pub(crate) fn new(pair: &'a SandboxPair, random: Rng) -> Self {
        let customers = pair.moloni.state()["customers"].as_array().unwrap().clone();
        let customers = customers.iter().map(|c| c["customer_id"].as_u64().unwrap()).collect();
        Self {
            pair,
            random,
            number: 0,
            customers,
            contacts: Vec::new(),
            looked_at: 0,
            unpaid: Vec::new(),
            kinds: BTreeMap::new(),
            tags: BTreeMap::new(),
            notes: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// How many edits of each kind there were.
    pub(crate) fn kinds(&self) -> &BTreeMap<&'static str, usize> {
        &self.kinds
    }

    fn next(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    fn customer(&mut self) -> u64 {
        self.customers[self.random.usize(..self.customers.len())]
    }

    fn contact(&mut self) -> String {
        if self.contacts.is_empty() || self.number >= self.looked_at + 100 {
            let all = self.pair.ghl.state()["contacts"].as_array().unwrap().clone();
            self.contacts = all.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
            self.looked_at = self.number;
        }
        self.contacts[self.random.usize(..self.contacts.len())].clone()
    }

    /// Adds documents until there are so many.
    pub(crate) fn add_documents(&mut self, wanted: usize) {
        let there = self.pair.moloni.state()["documents"].as_array().unwrap().len();
        for _ in there..wanted {
            self.issue();
        }
    }

    fn issue(&mut self) {
        let customer = self.customer();
        let kind = [1, 1, 1, 20, 27, 3][self.random.usize(..6)];
        let euros = self.random.u32(5..2500);
        let mut document = json!({
            "customer_id": customer, "document_type_id": kind, "status": 1, "net_value": format!("{euros}.00"),
            "date": format!("2026-{:02}-15", self.random.u32(1..=11)),
        });
        if kind == 1 {
            document["expiration_date"] = json!(format!("2027-{:02}-28", self.random.u32(1..=12)));
        }
        let id = self.pair.moloni.add_document(document).unwrap();
        if kind == 1 {
            self.unpaid.push((id, customer, format!("{euros}.00")));
        }
    }

    /// Pays an invoice that is still unpaid.
    fn pay(&mut self) {
        if self.unpaid.is_empty() {
            return;
        }
        let (invoice, customer, value) = self.unpaid.swap_remove(self.random.usize(..self.unpaid.len()));
        let receipt = json!({
            "customer_id": customer, "document_type_id": 2,
            "associated_documents": [{ "associated_id": invoice, "value": value }],
        });
        self.pair.moloni.add_document(receipt).unwrap();
    }

    /// Notes and tasks of people's own, half of each.
    pub(crate) fn write_notes_and_tasks(&mut self, wanted: usize) {
        for number in 0..wanted {
            let contact = self.contact();
            let text = format!("Written by hand, number {number}");
            let (collection, fields) = if number % 2 == 0 {
                self.notes.push((contact.clone(), text.clone()));
                ("notes", json!({ "contactId": contact, "body": text }))
            } else {
                self.tasks.push((contact.clone(), text.clone()));
                let due = "2027-01-31T12:00:00Z";
                ("tasks", json!({ "contactId": contact, "title": text, "dueDate": due, "completed": false }))
            };
            self.pair.ghl.human(Edit::Create { collection: collection.to_owned(), fields }).unwrap();
        }
    }

    /// One edit, of any kind, on either side.
    pub(crate) fn edit(&mut self) {
        let kind = match self.random.u32(..100) {
            0..40 => self.edit_contact(),
            40..50 => self.tag(),
            50..85 => self.edit_customer(),
            85..93 => {
                self.issue();
                "a document is issued"
            }
            93..97 => {
                self.pay();
                "an invoice is paid"
            }
            _ => self.new_customer(),
        };
        *self.kinds.entry(kind).or_default() += 1;
    }

    fn edit_contact(&mut self) -> &'static str {
        let (id, n) = (self.contact(), self.next());
        let (kind, fields) = match self.random.u32(..5) {
            0 => ("e-mail in HighLevel", json!({ "email": format!("crm.{n}@example.pt") })),
            1 => ("phone in HighLevel", json!({ "phone": format!("+3519{:08}", 60_000_000 + n) })),
            2 => ("website in HighLevel", json!({ "website": format!("https://crm-{n}.example.pt") })),
            3 => ("city in HighLevel", json!({ "city": format!("Vila {n}") })),
            _ => ("address in HighLevel", json!({ "address1": format!("Rua do CRM, {n}") })),
        };
        self.pair.ghl.human(Edit::Update { collection: "contacts".into(), id, fields }).unwrap();
        kind
    }

    fn tag(&mut self) -> &'static str {
        let (id, n) = (self.contact(), self.next());
        let all = self.pair.ghl.state()["contacts"].as_array().unwrap().clone();
        let contact = all.into_iter().find(|contact| contact["id"] == id.as_str()).unwrap();
        let tag = format!("people-{n}");
        let mut tags = contact["tags"].as_array().cloned().unwrap_or_default();
        tags.push(json!(tag));
        let fields = json!({ "tags": tags });
        self.pair.ghl.human(Edit::Update { collection: "contacts".into(), id: id.clone(), fields }).unwrap();
        self.tags.entry(id).or_default().push(tag);
        "tag in HighLevel"
    }

    fn edit_customer(&mut self) -> &'static str {
        let (id, n) = (self.customer().to_string(), self.next());
        let (kind, fields) = match self.random.u32(..6) {
            0 => ("e-mail in Moloni", json!({ "email": format!("books.{n}@example.pt") })),
            1 => ("phone in Moloni", json!({ "phone": format!("9{:08}", 30_000_000 + n) })),
            2 => ("website in Moloni", json!({ "website": format!("https://books-{n}.example.pt") })),
            3 => ("city in Moloni", json!({ "city": format!("Cidade {n}") })),
            4 => ("notes in Moloni", json!({ "notes": format!("Nota {n}") })),
            _ => ("address in Moloni", json!({ "address": format!("Rua dos Livros, {n}") })),
        };
        self.pair.moloni.human(Edit::Update { collection: "customers".into(), id, fields }).unwrap();
        kind
    }

    fn new_customer(&mut self) -> &'static str {
        let n = self.next();
        let customer = json!({
            "name": format!("Cliente Novo {n}"), "email": format!("novo.{n}@example.pt"),
            "phone": format!("9{:08}", 40_000_000 + n),
        });
        let id = self.pair.moloni.add_customer(customer).unwrap();
        self.customers.push(id);
        "a new customer"
    }
}
