use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;

/// A remote service as a state machine.
///
/// [`Server`](super::Server) calls [`answer`](Self::answer) once per request, one request at a time.
/// `Clone` is what a reset returns to.
pub trait Backend: Clone + Send + fmt::Debug + 'static {
    /// The name of the operation that `request` asks for, such as `contacts.create`; `None` for unknown paths.
    /// Faults and the call log go by it.
    fn operation(&self, request: &Request) -> Option<String>;

    /// Handles one request at time `now`.
    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer;

    /// Everything it holds, for inspection. No token or secret.
    fn state(&self) -> Value;

    /// Changes a record as a person in the service's own web application would: no authorisation, no rate
    /// limit, but the service's own rules for what is stored.
    ///
    /// Returns the record as it is afterwards, `null` after a delete.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the edit.
    fn human(&mut self, edit: Edit, now: Timestamp) -> Result<Value, String>;
}

/// One edit by a person, see [`Backend::human`].
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A new record.
    Create {
        /// Which collection, such as `contacts`.
        collection: String,
        /// Its fields, in the service's own names.
        fields: Value,
    },
    /// New values for some fields of a record.
    Update {
        /// Which collection.
        collection: String,
        /// Which record.
        id: String,
        /// The fields to replace.
        fields: Value,
    },
    /// A deletion.
    Delete {
        /// Which collection.
        collection: String,
        /// Which record.
        id: String,
    },
}

/// A request as the sandbox received it.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-encoding untouched, without the query.
    pub path: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// Shows neither query, headers nor body: tokens go in each of them.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header as text, `None` if it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON, `None` if it is not.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as form fields, decoded, in order.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// The path's segments between slashes, percent-decoded. A last slash yields a last, empty segment.
    pub fn segments(&self) -> Vec<String> {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        path.split('/').map(|s| decode(s.as_bytes(), false)).collect()
    }
}

/// `a=1&b=2` as pairs, with `+` as a space and percent-encoding undone.
pub(super) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    text.split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let (key, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            (decode(key, true), decode(value, true))
        })
        .collect()
}

fn decode(text: &[u8], plus_is_space: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
        match (first, hex(tail.first()), hex(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _, _) if plus_is_space => out.push(b' '),
            (byte, _, _) => out.push(*byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What a sandbox answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beyond content type and length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Whether the request changed the state.
    pub effect: bool,
}

impl Answer {
    /// An answer with a JSON body and no effect.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body), effect: false }
    }

    /// An answer with a body of another kind and no effect.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let body = Body::Text { content_type: content_type.to_owned(), text: body.into() };
        Self { status, headers: Vec::new(), body, effect: false }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Says that the request changed the state.
    #[must_use]
    pub fn with_effect(mut self) -> Self {
        self.effect = true;
        self
    }
}

/// The body of an [`Answer`].
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Sent as `application/json; charset=utf-8`.
    Json(Value),
    /// Sent as it is.
    Text {
        /// The `Content-Type`.
        content_type: String,
        /// The text.
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let got = pairs(b"phone=%2B351+910&a=&b&c=%zz");
        let want = [("phone", "+351 910"), ("a", ""), ("b", ""), ("c", "%zz")];
        assert_eq!(got, want.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_plus_in_a_path_stays_a_plus() {
        let request = Request {
            method: Method::GET,
            path: "/a+b/c%20d/".to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        assert_eq!(request.segments(), ["a+b", "c d", ""]);
    }
}
