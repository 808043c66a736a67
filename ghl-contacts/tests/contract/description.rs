//! Reading `OpenAPI` descriptions: what is described, what fits, and an object that fits.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use wiremock::Request;

/// The descriptions that the client is written for.
#[derive(Clone)]
pub(crate) struct Description(Arc<Vec<Value>>);

const FILES: [&str; 3] = ["contacts.json", "locations.json", "oauth.json"];

impl Description {
    pub(crate) fn read(folder: &Path) -> Self {
        let read = |name| {
            let path = folder.join(name);
            let text =
                std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
        };
        Self(Arc::new(FILES.map(read).into()))
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

fn fits(open: &str, path: &str) -> bool {
    let (open, path): (Vec<_>, Vec<_>) = (open.split('/').collect(), path.split('/').collect());
    let same = |(open, given): (&&str, &&str)| open == given || (open.starts_with('{') && !given.is_empty());
    open.len() == path.len() && open.iter().zip(&path).all(same)
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

    pub(crate) fn takes_query(&self, name: &str) -> bool {
        let parameters = self.described["parameters"].as_array();
        parameters.into_iter().flatten().any(|p| p["in"] == "query" && p["name"] == name)
    }

    /// The status of a success, and the schema of its answer.
    pub(crate) fn success(&self) -> (u16, Option<&Value>) {
        let responses = self.described["responses"].as_object().unwrap();
        let (status, response) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        (status.parse().unwrap(), response.pointer("/content/application~1json/schema"))
    }

    /// Where a request's body is not as described: the place and what is wrong there.
    pub(crate) fn problems_of_body(&self, request: &Request) -> Vec<(String, &'static str)> {
        let content = self.described.pointer("/requestBody/content").and_then(Value::as_object);
        let Some((kind, content)) = content.and_then(|content| content.iter().next()) else {
            return if request.body.is_empty() { Vec::new() } else { vec![(String::new(), "unknown")] };
        };
        assert_eq!(request.headers.get("content-type").unwrap(), kind, "{}", self.name());
        let body = if kind == "application/json" {
            request.body_json().unwrap()
        } else {
            let fields = url::form_urlencoded::parse(&request.body).into_owned();
            fields.map(|(name, value)| (name, Value::String(value))).collect()
        };
        self.problems(&content["schema"], &body, "")
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
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
        if let Some(variants) = schema["anyOf"].as_array() {
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

    /// A value that has everything the schema has: the first of each choice, one item in each list.
    pub(crate) fn sample(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(variants) = schema["anyOf"].as_array() {
            return self.sample(&variants[0]);
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
            "array" => Value::Array(vec![self.sample(&schema["items"])]),
            "object" => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                fields.map(|(name, property)| (name.clone(), self.sample(property))).collect()
            }
            other => panic!("{}: no sample for the type {other}", self.name()),
        }
    }
}
