//! The answer of a token endpoint that says yes.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::TokenSet;

const ACCESS: [&str; 2] = ["access_token", "accessToken"];
const REFRESH: [&str; 2] = ["refresh_token", "refreshToken"];
const LIFE: [&str; 2] = ["expires_in", "expiresIn"];
const KIND: [&str; 2] = ["token_type", "tokenType"];
const SCOPE: &str = "scope";

/// Reads the tokens of `body`, granted at `now`; `None` if it holds no access token.
pub(super) fn granted(body: &[u8], now: Timestamp) -> Option<TokenSet> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return None };
    let mut set = TokenSet::new(text(&fields, ACCESS)?.into(), now);
    if let Some(life) = LIFE.iter().find_map(|name| life(fields.get(*name)?)) {
        set = set.expires_in(life);
    }
    set.refresh = text(&fields, REFRESH).map(Into::into);
    let known = |name: &str| [ACCESS, REFRESH, LIFE, KIND].as_flattened().contains(&name);
    for (name, value) in fields.iter().filter(|(name, _)| !known(name) && !may_be_secret(name)) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Array(scopes) if name == SCOPE => {
                scopes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
            }
            _ => continue,
        };
        set.details.insert(name.clone(), text);
    }
    Some(set)
}

/// A text that is there and not empty.
fn text<'a>(fields: &'a Map<String, Value>, names: [&str; 2]) -> Option<&'a str> {
    let texts = names.iter().filter_map(|name| fields.get(*name)?.as_str());
    texts.into_iter().find(|text| !text.trim().is_empty())
}

/// A number of seconds, in whatever form. None, or less, says nothing about a token that was just granted.
fn life(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    Duration::try_from_secs_f64(seconds?).ok().filter(|life| !life.is_zero())
}

/// Whether a field may be a secret, by its name. A token's id is none.
pub(super) fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let speaks = ["token", "secret", "password", "assertion"].iter().any(|word| name.contains(word));
    speaks && !name.ends_with("id")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    /// Access token, refresh token, seconds to live.
    type Read = Option<(String, Option<String>, Option<i64>)>;

    fn read(body: &str) -> Read {
        let now = Timestamp::UNIX_EPOCH;
        let set = granted(body.as_bytes(), now)?;
        let life = set.access_expires_at.map(|at| at.duration_since(now).as_secs());
        let clear = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
        Some((clear(&set.access), set.refresh.as_ref().map(clear), life))
    }

    #[test]
    fn a_pair_is_read_in_whatever_form_it_comes() {
        let full = (Some("s3cr3t-r"), Some(3600));
        let table = [
            (r#""token_type":"Bearer","expires_in":3600,"refresh_token":"s3cr3t-r","scope":null"#, full),
            (r#""expires_in":"3600","refresh_token":"s3cr3t-r""#, full),
            (r#""expires_in":" 3600.0 ","refresh_token":"s3cr3t-r""#, full),
            (r#""expires_in":3600.0,"refresh_token":"s3cr3t-r","scope":["x"],"other":{"a":[]}"#, full),
            (r#""token_type":7,"expires_in":3600,"refresh_token":"s3cr3t-r","id_token":"s3cr3t-i""#, full),
            (r#""tokenType":"Bearer","expiresIn":3600,"refreshToken":"s3cr3t-r""#, full),
            (r#""expires_in":null,"expiresIn":3600,"refresh_token":"","refreshToken":"s3cr3t-r""#, full),
            (r#""expires_in":3600,"refresh_token":"""#, (None, Some(3600))),
            (r#""expires_in":3600,"refresh_token":null"#, (None, Some(3600))),
            (r#""expires_in":0,"refresh_token":"s3cr3t-r""#, (Some("s3cr3t-r"), None)),
            (r#""expires_in":-3600,"refresh_token":"s3cr3t-r""#, (Some("s3cr3t-r"), None)),
            (r#""expires_in":"soon","refresh_token":"s3cr3t-r""#, (Some("s3cr3t-r"), None)),
            (r#""expires_in":1e300,"refresh_token":"s3cr3t-r""#, (Some("s3cr3t-r"), None)),
            (r#""expires_in":18446744073709551615,"refresh_token":"s3cr3t-r""#, (Some("s3cr3t-r"), None)),
        ];
        for (rest, (refresh, life)) in table {
            let expected = Some(("s3cr3t-a".to_owned(), refresh.map(str::to_owned), life));
            for access in ["access_token", "accessToken"] {
                let body = format!(r#"{{"{access}":"s3cr3t-a",{rest}}}"#);
                assert_eq!(read(&body), expected, "{body}");
            }
        }
    }

    #[test]
    fn without_an_access_token_there_is_nothing() {
        for body in [
            r#"{"access_token":"","expires_in":3600,"refresh_token":"s3cr3t-r"}"#,
            r#"{"access_token":" ","refresh_token":"s3cr3t-r"}"#,
            r#"{"access_token":null}"#,
            r#"{"access_token":5}"#,
            r#"["s3cr3t-a"]"#,
            "{}",
            "",
            "<html>",
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }

    #[test]
    fn what_else_it_says_is_kept_unless_it_may_be_secret() {
        let body = r#"{"access_token":"s3cr3t-a","token_type":"Bearer","expires_in":1,"scope":["a","b"],"userId":7,
            "isBulk":true,"refreshTokenId":"x","id_token":"s3cr3t-i","clientSecret":"s3cr3t-c","nested":{},"none":null}"#;
        let details = granted(body.as_bytes(), Timestamp::UNIX_EPOCH).unwrap().details;
        let details: Vec<_> = details.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(details, [("isBulk", "true"), ("refreshTokenId", "x"), ("scope", "a b"), ("userId", "7")]);
        let text = granted(br#"{"access_token":"s3cr3t-a","scope":"a b"}"#, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(text.details["scope"], "a b");
    }
}
