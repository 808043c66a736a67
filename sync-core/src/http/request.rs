use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use url::{ParseError, Position, Url};

use super::Operation;
use super::client::check_scheme;

/// What a call sends, before the token: everything that stays the same from attempt to attempt.
///
/// Setters never fail; what they were given wrong comes out of [`HttpClient::send`](super::HttpClient::send),
/// before anything is sent.
pub struct Request {
    pub(super) operation: Operation,
    pub(super) anonymous: bool,
    address: Option<Url>,
    args: Vec<(&'static str, String)>,
    query: Vec<(Cow<'static, str>, String)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    wrong: Option<String>,
}

/// The characters of RFC 3986 that need no escape in a path segment and no second thought either.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Request {
    /// Starts a request for `operation`.
    pub fn new(operation: &Operation) -> Self {
        Self {
            operation: operation.clone(),
            anonymous: false,
            address: None,
            args: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            wrong: None,
        }
    }

    /// Fills the placeholder `{name}` of the path. The value is escaped; an empty one is an error, because the
    /// path would then mean something else.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl fmt::Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Adds a query parameter if there is a value.
    #[must_use]
    pub fn query_opt(self, name: &'static str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sets a header. A value that is written in the code is not copied.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<Cow<'static, str>>) -> Self {
        let value = match value.into() {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => text.into(),
        };
        match HeaderValue::from_maybe_shared(value) {
            Ok(value) => self.headers.push((name, value)),
            Err(_) => self.fail(format!("header {name}: has characters that no header may have")),
        }
        self
    }

    /// Sets the body to `value` as JSON.
    #[must_use]
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.set_body("application/json", body.into()),
            Err(error) => self.fail(format!("body: {error}")),
        }
        self
    }

    /// Sets the body to form fields.
    #[must_use]
    pub fn form<'a>(mut self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.set_body("application/x-www-form-urlencoded", text.into());
        self
    }

    /// Sets the body to bytes of a content type, such as a form with a file in it.
    #[must_use]
    pub fn body(self, content_type: impl Into<Cow<'static, str>>, bytes: impl Into<Bytes>) -> Self {
        let mut request = self.header(CONTENT_TYPE, content_type);
        request.body = bytes.into();
        request
    }

    /// Sends no token with this request.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Sends to `address`, query included, in place of the operation's path below the base URL, and without a token.
    /// It must be `https`, or `http` to a loopback address. Nothing shows it: it may be a secret, such as a link that
    /// opens a file for whoever has it.
    #[must_use]
    pub fn to(mut self, address: Url) -> Self {
        self.address = Some(address);
        self.anonymous()
    }

    fn set_body(&mut self, content_type: &'static str, body: Bytes) {
        self.headers.push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        self.body = body;
    }

    fn fail(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }

    /// The request on the wire, still without a token. Pure.
    pub(super) fn build(&self, base: &Url) -> Result<Outgoing, String> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let mut url = match &self.address {
            Some(address) => {
                check_scheme(address)?;
                address.clone()
            }
            None => below(base, &self.path(base)?).map_err(|error| format!("URL: {error}"))?,
        };
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        // With room for the token and what the client adds.
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 3);
        // Of two values for one name the later counts.
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        Ok(Outgoing { method: self.operation.method().clone(), url, headers, body: self.body.clone() })
    }

    /// The path of `base`, and below it the operation's with its arguments.
    fn path(&self, base: &Url) -> Result<String, String> {
        let above = base.path().trim_end_matches('/');
        let mut rest = self.operation.template();
        let values = self.args.iter().map(|(_, value)| value.len()).sum::<usize>();
        let mut path = String::with_capacity(above.len() + rest.len() + values);
        path.push_str(above);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').ok_or_else(|| format!("path {rest}: unclosed brace"))?;
            let (_, value) =
                self.args.iter().find(|(n, _)| *n == name).ok_or_else(|| format!("{name}: missing"))?;
            if value.is_empty() {
                return Err(format!("{name}: empty"));
            }
            // A dot segment would climb out of its place, escaped or not.
            if matches!(value.as_str(), "." | "..") {
                return Err(format!("{name}: {value:?} is no id"));
            }
            path.push_str(before);
            path.extend(utf8_percent_encode(value, SEGMENT));
            rest = tail;
        }
        path.push_str(rest);
        Ok(path)
    }
}

/// `path`, query included, at the host of `base`.
fn below(base: &Url, path: &str) -> Result<Url, ParseError> {
    match path.as_bytes() {
        // Nothing but a path can begin so; the host need not be read anew for it, which costs more than all else here.
        [b'/', next, ..] if next.is_ascii_alphanumeric() => base.join(path),
        _ => Url::parse(&[&base[..Position::BeforePath], path].concat()),
    }
}

impl fmt::Debug for Request {
    /// Shows the operation only: arguments, query and body may hold personal data and secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("operation", &self.operation.name()).finish_non_exhaustive()
    }
}

/// One attempt as it leaves: rebuilt each time, so that it carries a fresh token.
///
/// `Debug` shows the method only. The URL is a secret: one service has its token in the query.
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("method", &self.method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Idempotency;

    const OP: Operation = Operation::new("x.get", Method::GET, "/x/{id}/y/", Idempotency::Safe);

    fn url(request: &Request) -> Result<String, String> {
        let base = Url::parse("https://api.example.com/v1/").unwrap();
        request.build(&base).map(|o| o.url.to_string())
    }

    #[test]
    fn the_path_is_kept_byte_for_byte_and_arguments_are_escaped() {
        let request = Request::new(&OP).arg("id", "a/b ?#%").query("phone", "+351 9");
        assert_eq!(
            url(&request).unwrap(),
            "https://api.example.com/v1/x/a%2Fb%20%3F%23%25/y/?phone=%2B351+9"
        );
    }

    #[test]
    fn a_path_stays_at_the_host_of_its_base_whatever_it_begins_with() {
        let table = [
            ("https://api.example.com", "/x/?a=b%20c&d", "https://api.example.com/x/?a=b%20c&d"),
            ("https://api.example.com:8443/v1//", "/x y", "https://api.example.com:8443/v1/x%20y"),
            (
                "https://api.example.com",
                "//files.example.com/x",
                "https://api.example.com//files.example.com/x",
            ),
            ("https://api.example.com", "/\\files.example.com", "https://api.example.com//files.example.com"),
            (
                "https://api.example.com",
                "/\t/files.example.com",
                "https://api.example.com//files.example.com",
            ),
            ("https://api.example.com", "/", "https://api.example.com/"),
            ("https://api.example.com/v1", "", "https://api.example.com/v1"),
        ];
        for (base, template, want) in table {
            let operation = Operation::new("x", Method::GET, template, Idempotency::Safe);
            let built = Request::new(&operation).build(&Url::parse(base).unwrap()).unwrap();
            assert_eq!(built.url.as_str(), want, "{base} {template:?}");
        }
    }

    #[test]
    fn arguments_that_would_change_the_path_are_refused() {
        for (bad, why) in [("", "id: empty"), ("..", "id: \"..\" is no id"), (".", "id: \".\" is no id")] {
            assert_eq!(url(&Request::new(&OP).arg("id", bad)).unwrap_err(), why);
        }
        assert_eq!(url(&Request::new(&OP)).unwrap_err(), "id: missing");
    }

    #[test]
    fn an_address_of_its_own_is_sent_to_without_a_token() {
        let to = |address: &str| Request::new(&OP).to(address.parse().unwrap());
        let page = to("https://files.example.com/a%20b/?key=1&x");
        assert!(page.anonymous);
        assert_eq!(url(&page).unwrap(), "https://files.example.com/a%20b/?key=1&x");
        let error = url(&to("http://files.example.com/?key=s3cr3t")).unwrap_err();
        assert_eq!(error, "must be https: plain http is for loopback addresses");
    }

    #[test]
    fn a_bad_header_is_named_without_its_value() {
        let request = Request::new(&OP).arg("id", 1).header(HeaderName::from_static("x-a"), "s3cr3t\n");
        assert_eq!(url(&request).unwrap_err(), "header x-a: has characters that no header may have");
    }

    #[test]
    fn debug_shows_no_argument() {
        let request = Request::new(&OP).arg("id", "s3cr3t").query("q", "s3cr3t").json("s3cr3t");
        assert!(!format!("{request:?}").contains("s3cr3t"));
        let base = Url::parse("https://api.example.com").unwrap();
        assert!(!format!("{:?}", request.build(&base).unwrap()).contains("s3cr3t"));
    }
}
