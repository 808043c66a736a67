/// Takes secrets out of text that the service or a proxy wrote, which may repeat the URL with its token.
///
/// What follows `access_token` and its like is replaced, and so is every run of digits that looks like a token.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, name)) = next_secret(rest) {
        let (before, found) = rest.split_at(at + name.len());
        out.push_str(before);
        // `=`, `%3D` and `":"` lead to the value; a name in running text leads to none.
        let (lead, value) = split_lead(found);
        out.push_str(lead);
        rest = if lead.is_empty() {
            found
        } else {
            let end = value_end(lead, value);
            if end > 0 {
                out.push('…');
            }
            value.get(end..).unwrap_or_default()
        };
    }
    out.push_str(rest);
    without_tokens(&out)
}

const SECRETS: [&str; 5] = ["access_token", "refresh_token", "client_secret", "password", "code="];

fn next_secret(text: &str) -> Option<(usize, &'static str)> {
    SECRETS.iter().filter_map(|name| Some((text.find(name)?, name.trim_end_matches('=')))).min()
}

fn split_lead(text: &str) -> (&str, &str) {
    let lead = ["=", "%3D", "&#61;"].into_iter().find(|lead| text.starts_with(lead)).map_or_else(
        || {
            let end = text.find(|c: char| !"\"\\: ".contains(c)).unwrap_or(0);
            // A name in JSON: the colon tells it from a word in a sentence.
            if text.get(..end).is_some_and(|lead| lead.contains(':')) { end } else { 0 }
        },
        str::len,
    );
    text.split_at(lead)
}

/// Where the value ends: a quoted one at its quote, whatever characters it has, any other where no token goes on.
fn value_end(lead: &str, value: &str) -> usize {
    if lead.ends_with("\\\"") {
        return value.find("\\\"").unwrap_or(value.len());
    }
    if lead.ends_with('"') {
        let mut escaped = false;
        let end = value.find(|c: char| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        return end.unwrap_or(value.len());
    }
    value.find(|c: char| !is_token_char(c)).unwrap_or(value.len())
}

fn is_token_char(c: char) -> bool {
    c.is_alphanumeric() || "-._~%+/*!".contains(c)
}

/// Replaces runs of 32 and more hexadecimal digits: the service's tokens have 40.
fn without_tokens(text: &str) -> String {
    const SHORTEST: usize = 32;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, run) = rest.split_at(start);
        let end = run.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(run.len());
        let (digits, after) = run.split_at(end);
        out.push_str(before);
        out.push_str(if end >= SHORTEST { "…" } else { digits });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_and_the_rest_stays() {
        let table = [
            ("GET /v1/?access_token=s3cr3t-a&json=true", "GET /v1/?access_token=…&json=true"),
            ("<a href=\"?json=true&amp;access_token=s3cr3t\">", "<a href=\"?json=true&amp;access_token=…\">"),
            (
                "?client_secret=s3cr3t&refresh_token=s3cr3t&password=s3cr3t%26d&x=1",
                "?client_secret=…&refresh_token=…&password=…&x=1",
            ),
            ("?access_token%3Ds3cr3t", "?access_token%3D…"),
            (r#"{"access_token":"s3cr3t","n":1}"#, r#"{"access_token":"…","n":1}"#),
            (r#"{"refresh_token" : "s3cr3t"}"#, r#"{"refresh_token" : "…"}"#),
            (
                "Missing parameter: \"refresh_token\" is required",
                "Missing parameter: \"refresh_token\" is required",
            ),
            ("the code=s3cr3t&x", "the code=…&x"),
            ("token 5ec2e70123456789abcdef0123456789abcdef01!", "token …!"),
            ("Rua da Fábrica 12, 4000-123", "Rua da Fábrica 12, 4000-123"),
            (r#"{"password":"s3cr3t & $1 x","n":1}"#, r#"{"password":"…","n":1}"#),
            (r#"{"password":"a\"b s3cr3t","n":1}"#, r#"{"password":"…","n":1}"#),
            (r#""{\"password\":\"a s3cr3t\",\"n\":1}""#, r#""{\"password\":\"…\",\"n\":1}""#),
            (r#"{"password":"cut s3cr3t"#, r#"{"password":"…"#),
            ("access_token", "access_token"),
            ("access_token=", "access_token="),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text), expected);
        }
    }
}
