use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use super::{RateInfo, Verdict};

/// A whole answer of the service, and how its [`Service`](super::Service) judged it.
///
/// `Debug` shows neither headers nor body.
#[derive(Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. If it is no success, the request's own token is taken out of it.
    pub body: Bytes,
    /// What it means for the call.
    pub verdict: Verdict,
    /// The rate limit that it reported.
    pub rate: Option<RateInfo>,
    /// How long the service asks to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// How many requests the call made.
    pub attempts: u32,
    /// Whether an attempt before the last one may have taken effect: it was lost, or answered with 5xx, and the
    /// operation is one that may be repeated. Never for an operation that is safe.
    pub in_doubt: bool,
}

impl Reply {
    /// The body as `T`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the path to the value that does not fit.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        decode(&self.body)
    }

    /// The start of the body as text, for an error.
    pub fn excerpt(&self) -> Excerpt {
        Excerpt::of(&self.body)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("verdict", &self.verdict)
            .field("attempts", &self.attempts)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Reads JSON and tells where it does not fit.
///
/// # Errors
///
/// [`DecodeError`] with the path to the value that does not fit, never with the value itself.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    // To know the place costs time at every value, so it is looked for only when something does not fit.
    serde_json::from_slice(body).or_else(|_| decode_and_locate(body))
}

fn decode_and_locate<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        DecodeError { path, message: without_values(&error.inner().to_string()) }
    })?;
    match json.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(DecodeError { path: ".".to_owned(), message: error.to_string() }),
    }
}

/// An answer that is not what its operation promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {message}")]
#[non_exhaustive]
pub struct DecodeError {
    /// Where, such as `contacts[3].dateAdded`.
    pub path: String,
    /// What is wrong. Values are left out: they are people's data.
    pub message: String,
}

/// Removes the values that serde quotes in its messages; names of fields stay.
fn without_values(message: &str) -> String {
    let names_only =
        ["missing field", "unknown field", "duplicate field"].iter().any(|s| message.starts_with(s));
    let mut out = String::with_capacity(message.len());
    let mut chars = message.chars();
    while let Some(c) = chars.next() {
        out.push(c);
        if c == '"' || (c == '`' && !names_only) {
            let mut escaped = false;
            for inner in chars.by_ref() {
                if inner == c && !escaped {
                    break;
                }
                escaped = inner == '\\' && !escaped;
            }
            out.push('…');
            out.push(c);
        }
    }
    out
}

/// The start of an answer's body, for a person who looks into an error.
///
/// At most 4 KiB. It may hold personal data, so `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    const LIMIT: usize = 4096;

    /// The start of `body`; bytes that are not UTF-8 are replaced.
    pub fn of(body: &[u8]) -> Self {
        let start = body.get(..Self::LIMIT).unwrap_or(body);
        Self(String::from_utf8_lossy(start).into_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Excerpt({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "only decoding is of interest")]
    struct Outer {
        list: Vec<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "only decoding is of interest")]
    struct Inner {
        n: u32,
    }

    #[test]
    fn errors_tell_the_place_and_not_the_value() {
        let table = [
            (
                r#"{"list":[{"n":1},{"n":"Ana \"x\" Sá"}]}"#,
                "list[1].n",
                "invalid type: string \"…\", expected u32",
            ),
            (r#"{"list":[{"n":-5}]}"#, "list[0].n", "invalid value: integer `…`, expected u32"),
            (r#"{"list":[{}]}"#, "list[0]", "missing field `n`"),
            ("<html>s3cr3t</html>", ".", "expected value"),
            ("", ".", "EOF while parsing a value"),
            (r#"{"list":[]} x"#, ".", "trailing characters"),
        ];
        for (body, path, message) in table {
            let error = decode::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(error.path, path, "{body}");
            assert!(error.message.starts_with(message), "{body}: {}", error.message);
        }
    }

    #[test]
    fn an_excerpt_is_cut_and_not_shown_by_debug() {
        let excerpt = Excerpt::of("é".repeat(4000).as_bytes());
        assert_eq!(excerpt.as_str().chars().count(), 2048);
        assert_eq!(format!("{:?}", Excerpt::of(b"s3cr3t")), "Excerpt(6 bytes)");
    }
}
