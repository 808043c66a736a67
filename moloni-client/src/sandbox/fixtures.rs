use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::customers::{Customer, IDS, TEXTS, blank};
use super::documents::{Document, detail_alone};
use super::row::{Row, id, row, text};
use super::world::{DEMONSTRATION, LONG_AGO, World};
use super::{document_types, lisbon, settings};

/// Recorded answers, sorted by what the sandbox does with them.
#[derive(Debug, Default)]
pub(super) struct Fixtures {
    pub(super) company: Option<Row>,
    pub(super) user: Option<Row>,
    pub(super) settings: BTreeMap<&'static str, Vec<Row>>,
    pub(super) customers: Vec<Row>,
    pub(super) documents: Vec<Row>,
    pub(super) recorded: BTreeMap<String, Value>,
}

impl Fixtures {
    /// Reads every `{entity}.{method}.json` in `folder`. Other endings are left alone.
    pub(super) fn load(folder: &Path) -> Result<Self, String> {
        let failed = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let entries = fs::read_dir(folder).map_err(|why| failed(folder, &why))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|why| failed(folder, &why))?.path());
        }
        paths.sort();
        let mut fixtures = Self::default();
        for path in paths.iter().filter(|p| p.is_file() && p.extension().is_some_and(|e| e == "json")) {
            let bytes = fs::read(path).map_err(|why| failed(path, &why))?;
            let answer =
                serde_json::from_slice(&bytes).map_err(|why| failed(path, &format!("not JSON: {why}")))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let known = name.split_once('.').filter(|(_, method)| !method.contains('.'));
            let (entity, method) = known.ok_or_else(|| failed(path, &"not named {entity}.{method}.json"))?;
            fixtures.add(entity, method, answer).map_err(|why| failed(path, &why))?;
        }
        Ok(fixtures)
    }

    fn add(&mut self, entity: &str, method: &str, answer: Value) -> Result<(), String> {
        let is_document = entity == "documents" || document_types::by_entity(entity).is_some();
        match (entity, method) {
            ("companies", "getAll" | "getOne") => {
                let rows = rows(answer, "company_id")?;
                self.company = rows.into_iter().find(|r| id(r, "company_id") != DEMONSTRATION);
            }
            ("users", "getMe") => self.user = rows(answer, "user_id")?.pop(),
            // What the sandbox counts is what it holds.
            (_, method) if method.starts_with("count") => {
                let form = answer.get("count").is_some_and(|n| n.is_string() || n.is_number());
                return if form { Ok(()) } else { Err("not of the form {\"count\": …}".to_owned()) };
            }
            ("customers", "getNextNumber" | "getLastNumber") => {}
            ("customers", _) => self.customers.extend(rows(answer, "customer_id")?),
            ("documents", "getAllDocumentTypes") => {
                rows(answer, "document_type_id")?;
            }
            _ if is_document => {
                let rows = rows(answer, "document_id")?;
                if rows.iter().any(|r| document_types::by_id(id(r, "document_type_id")).is_none()) {
                    return Err("a row with an unknown document_type_id".to_owned());
                }
                self.documents.extend(rows);
            }
            (_, "getAll") => match settings::find(entity) {
                Some(setting) => {
                    self.settings.insert(setting.entity, rows(answer, setting.key)?);
                }
                None => self.keep(entity, method, answer)?,
            },
            _ => self.keep(entity, method, answer)?,
        }
        Ok(())
    }

    fn keep(&mut self, entity: &str, method: &str, answer: Value) -> Result<(), String> {
        if !answer.is_array() && !answer.is_object() {
            return Err("neither a list nor an object".to_owned());
        }
        self.recorded.insert(format!("{entity}.{method}"), answer);
        Ok(())
    }
}

/// The rows of a recorded list, or the one row of a recorded object; each has an id under `key`, if there is one.
fn rows(answer: Value, key: &str) -> Result<Vec<Row>, String> {
    let rows = match answer {
        Value::Array(rows) => rows,
        object => vec![object],
    };
    let with_id = |value: Value| match value {
        Value::Object(fields) if key.is_empty() || id(&fields, key) > 0 => Ok(fields),
        _ => Err(format!("a row without {key}")),
    };
    rows.into_iter().map(with_id).collect()
}

impl World {
    /// Takes in recorded customers and documents, and makes the customers that only documents name.
    pub(super) fn load(&mut self, customers: Vec<Row>, documents: Vec<Row>) {
        for fields in documents {
            let written = lisbon::instant(text(&fields, "lastmodified"));
            let (key, modified) = (id(&fields, "document_id"), written.unwrap_or(LONG_AGO));
            self.skip_id(key);
            let recorded = split(fields, modified);
            match self.documents.get_mut(&key) {
                Some(known) => known.extra.extend(recorded.extra),
                None => drop(self.documents.insert(key, recorded)),
            }
        }
        for fields in customers {
            let key = id(&fields, "customer_id");
            let named = self.documents.values().filter(|d| id(&d.row, "customer_id") == key);
            let modified = named.map(|d| d.modified).max().unwrap_or(LONG_AGO);
            self.skip_id(key);
            self.customers.insert(key, Customer { row: fields, modified });
        }
        for document in self.documents.values().rev().cloned().collect::<Vec<_>>() {
            let key = id(&document.row, "customer_id");
            if key > 0 && !self.customers.contains_key(&key) {
                self.skip_id(key);
                let row = self.named_by(&document.row);
                self.customers.insert(key, Customer { row, modified: document.modified });
            }
        }
        let ids: Vec<u64> = settings::SETTINGS
            .iter()
            .flat_map(|s| self.settings(s.entity).iter().map(|r| id(r, s.key)))
            .chain([self.company_id()])
            .collect();
        for taken in ids {
            self.skip_id(taken);
        }
    }

    /// The customer as far as a document tells.
    fn named_by(&self, document: &Row) -> Row {
        let mut customer = blank(id(document, "customer_id"));
        customer.extend(TEXTS.iter().map(|key| ((*key).to_owned(), json!(""))));
        customer.extend(IDS.iter().map(|key| ((*key).to_owned(), json!(0))));
        customer.extend(row(json!({ "language_id": 1, "discount": 0, "credit_limit": 0 })));
        for key in ["number", "name", "vat", "address", "city", "zip_code", "country_id"] {
            let remembered = document.get(&format!("entity_{key}"));
            customer.extend(remembered.map(|value| (key.to_owned(), value.clone())));
        }
        let (country, shown) = (id(&customer, "country_id"), ["iso_3166_1", "country_id", "name"]);
        let listed = self.excerpt("countries", "country_id", country, &shown);
        let named = || {
            let name = document.get("entity_country");
            json!({ "iso_3166_1": "", "country_id": country, "name": name })
        };
        customer.insert("country".to_owned(), listed.unwrap_or_else(named));
        customer
    }
}

/// Parts a recorded document into what lists show and what only `getOne` shows.
fn split(fields: Row, modified: Timestamp) -> Document {
    let alone = detail_alone();
    let (mut extra, mut row): (Row, Row) =
        fields.into_iter().partition(|(key, _)| alone.contains_key(key) || key == "salesman");
    if let Some(Value::Array(links)) = row.get_mut("associated_documents") {
        if links.iter().any(|link| link.get("value").is_some()) {
            extra.insert("associated_documents".to_owned(), links.clone().into());
            for link in links.iter_mut().filter_map(Value::as_object_mut) {
                link.remove("value");
            }
        }
    }
    Document { row, extra, modified, sent: Row::new() }
}
