//! Reading `OpenAPI` descriptions: what is described, what fits, and an object that fits.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use wiremock::Request;

/// The descriptions that the client is written for.
#[derive(Clone)]
pub(crate) struct Description(Arc<Vec<Value>>);

/// What the dated versions are described by. Businesses and users are not among them.
pub(crate) const DATED: [&str; 4] = ["contacts.json", "calendars.json", "locations.json", "oauth.json"];
/// What v3 is described by: contacts alone.
pub(crate) const V3: [&str; 1] = ["contacts-v3.json"];

impl Description {
    pub(crate) fn read(folder: &Path, files: &[&str]) -> Self {
        let read = |name: &&str| {
            let path = folder.join(name);
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
        };
        Self(Arc::new(files.iter().map(read).collect()))
    }

    /// Every operation whose path begins with `prefix`, as method and path.
    pub(crate) fn operations(&self, prefix: &str) -> Vec<(String, String)> {
        let paths = self.0.iter().flat_map(|file| file["paths"].as_object().unwrap());
        let paths = paths.filter(|(path, _)| path.starts_with(prefix));
        let each = paths.flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
        });
        each.collect()
    }

    /// The operation that is described under exactly this method and path.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        self.0.iter().find_map(|file| {
            let (path, item) = file["paths"].as_object()?.get_key_value(path)?;
            let described = item.get(method.to_lowercase())?;
            Some(Operation { file, method: method.to_owned(), path, described })
        })
    }

    /// The operation that a request is for. A literal path comes before one with placeholders.
    pub(crate) fn find(&self, request: &Request) -> Option<Operation<'_>> {
        let (method, path) = (request.method.as_str(), request.url.path());
        self.operation(method, path).or_else(|| {
            let paths = self.0.iter().flat_map(|file| file["paths"].as_object().unwrap().keys());
            paths.filter(|open| fits(open, path)).find_map(|open| self.operation(method, open))
        })
    }
}

/// Whether `path` is one of those that `open` has placeholders for.
pub(crate) fn fits(open: &str, path: &str) -> bool {
    let (open, path): (Vec<_>, Vec<_>) = (open.split('/').collect(), path.split('/').collect());
    let same = |(open, given): (&&str, &&str)| open == given || (open.starts_with('{') && !given.is_empty());
    open.len() == path.len() && open.iter().zip(&path).all(same)
}

/// The fields of a request's body.
pub(crate) fn body_of(request: &Request) -> Map<String, Value> {
    let kind = request.headers.get("content-type").map(|kind| kind.to_str().unwrap());
    match kind {
        None => Map::new(),
        Some("application/json") => request.body_json().unwrap(),
        Some(_) => {
            let fields = url::form_urlencoded::parse(&request.body).into_owned();
            fields.map(|(name, value)| (name, Value::String(value))).collect()
        }
    }
}

fn variants(schema: &Value) -> Option<&Vec<Value>> {
    schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array())
}

pub(crate) struct Operation<'a> {
    file: &'a Value,
    method: String,
    path: &'a str,
    described: &'a Value,
}

impl Operation<'_> {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The names in the query.
    pub(crate) fn query(&self) -> Vec<&str> {
        let parameters = self.described["parameters"].as_array().into_iter().flatten();
        parameters.filter(|p| p["in"] == "query").map(|p| p["name"].as_str().unwrap()).collect()
    }

    /// The names in the body.
    pub(crate) fn body(&self) -> Vec<&str> {
        let content = self.described.pointer("/requestBody/content").and_then(Value::as_object);
        let content = content.and_then(|content| content.values().next());
        let schema = content.map(|content| self.resolve(&content["schema"]));
        let fields = schema.and_then(|schema| schema["properties"].as_object());
        fields.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// The scopes that it says it needs.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        let ways = self.described["security"].as_array().into_iter().flatten();
        let lists = ways.flat_map(|way| way.as_object().unwrap().values());
        lists.flat_map(|list| list.as_array().unwrap()).map(|scope| scope.as_str().unwrap()).collect()
    }

    /// The status of a success, and the schema of its answer.
    pub(crate) fn success(&self) -> (u16, Option<&Value>) {
        let responses = self.described["responses"].as_object().unwrap();
        let (status, response) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        (status.parse().unwrap(), response.pointer("/content/application~1json/schema"))
    }

    /// An answer that has all its records, and of each everything that the schema has or only what it requires.
    pub(crate) fn sample_of_success(&self, whole: bool) -> Option<Value> {
        let schema = self.resolve(self.success().1?);
        let fields = schema["properties"].as_object().into_iter().flatten();
        Some(fields.map(|(name, property)| (name.clone(), self.sample(property, whole))).collect())
    }

    pub(crate) fn has_schema(&self, name: &str) -> bool {
        self.file["components"]["schemas"].get(name).is_some()
    }

    /// Where a request's body is not as described: the place and what is wrong there.
    pub(crate) fn problems_of_body(&self, request: &Request) -> Vec<(String, &'static str)> {
        let content = self.described.pointer("/requestBody/content").and_then(Value::as_object);
        let Some((kind, content)) = content.and_then(|content| content.iter().next()) else {
            return if request.body.is_empty() { Vec::new() } else { vec![(String::new(), "unknown")] };
        };
        assert_eq!(request.headers.get("content-type").unwrap(), kind, "{}", self.name());
        self.problems(&content["schema"], &Value::Object(body_of(request)), "")
    }

    /// What it says its `Version` header must be.
    pub(crate) fn version(&self) -> Option<&str> {
        let parameters = self.described["parameters"].as_array().into_iter().flatten();
        let mut headers = parameters.filter(|p| p["in"] == "header");
        let version = headers.find(|p| p["name"] == "Version")?;
        let schema = self.resolve(&version["schema"]);
        schema["enum"].get(0).or_else(|| version.get("example")).and_then(Value::as_str)
    }

    /// The schema that a reference leads to, in one of the ways to write a reference.
    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
            return self.resolve(only);
        }
        match schema["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').unwrap();
                self.file.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
            }
            None => schema,
        }
    }

    fn problems(&self, schema: &Value, value: &Value, place: &str) -> Vec<(String, &'static str)> {
        let schema = self.resolve(schema);
        if let Some(variants) = variants(schema) {
            let each = variants.iter().map(|variant| self.problems(variant, value, place));
            return each.min_by_key(Vec::len).unwrap();
        }
        let here = |problem| vec![(place.to_owned(), problem)];
        let kind = schema["type"].as_str().unwrap();
        if value.is_null() {
            return if schema["nullable"] == true { Vec::new() } else { here("null") };
        }
        if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
            return here("not one of the values");
        }
        match (kind, value) {
            ("object", Value::Object(fields)) => self.problems_of_fields(schema, fields, place),
            ("array", Value::Array(items)) => {
                let each = items.iter().enumerate();
                each.flat_map(|(n, item)| self.problems(&schema["items"], item, &format!("{place}/{n}")))
                    .collect()
            }
            ("string", Value::String(_)) | ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => {
                Vec::new()
            }
            _ => here("type"),
        }
    }

    fn problems_of_fields(
        &self,
        schema: &Value,
        fields: &Map<String, Value>,
        place: &str,
    ) -> Vec<(String, &'static str)> {
        let mut problems = Vec::new();
        for (name, value) in fields {
            let place = format!("{place}/{name}");
            match schema["properties"].get(name) {
                Some(property) => problems.extend(self.problems(property, value, &place)),
                None => problems.push((place, "unknown")),
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing = required.filter(|name| !fields.contains_key(*name));
        problems.extend(missing.map(|name| (format!("{place}/{name}"), "missing")));
        problems
    }

    /// A value that has everything the schema has, or only what the schema requires: the first of each choice, one item
    /// in each list.
    pub(crate) fn sample(&self, schema: &Value, whole: bool) -> Value {
        let schema = self.resolve(schema);
        if let Some(variants) = variants(schema) {
            return self.sample(&variants[0], whole);
        }
        if let Some(allowed) = schema["enum"].as_array() {
            return allowed[0].clone();
        }
        let example = &schema["example"];
        match schema["type"].as_str().unwrap() {
            "string" if example.is_string() => example.clone(),
            "string" => json!("text"),
            "number" if example.is_number() => example.clone(),
            "number" => json!(1),
            "boolean" => json!(true),
            "array" if schema["items"].is_null() => json!([]),
            "array" => Value::Array(vec![self.sample(&schema["items"], whole)]),
            "object" => {
                let required = schema["required"].as_array();
                // Nothing is a record without its id, whatever the description requires.
                let kept = |name: &str| {
                    whole || name == "id" || required.is_some_and(|names| names.iter().any(|n| n == name))
                };
                let fields = schema["properties"].as_object().into_iter().flatten();
                let fields = fields.filter(|(name, _)| kept(name));
                fields.map(|(name, property)| (name.clone(), self.sample(property, whole))).collect()
            }
            other => panic!("{}: no sample for the type {other}", self.name()),
        }
    }
}
