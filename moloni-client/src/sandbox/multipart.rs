//! Forms with files in them, as PHP reads them.

use serde_json::{Value, json};

/// The fields of a form, in order. A file has its name, and how long it is.
pub(super) fn fields(content_type: &str, body: &[u8]) -> Vec<(String, Value)> {
    let Some((_, boundary)) = content_type.split_once("boundary=") else { return Vec::new() };
    let line = format!("--{}", boundary.trim_matches('"'));
    split(body, line.as_bytes()).into_iter().filter_map(field).collect()
}

/// One part, from the end of the line before it on.
fn field(part: &[u8]) -> Option<(String, Value)> {
    let part = part.strip_prefix(b"\r\n")?.strip_suffix(b"\r\n")?;
    let end = part.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, content) = (part.get(..end)?, part.get(end + 4..)?);
    let head = String::from_utf8_lossy(head);
    let named = |name: &str| Some(head.split_once(&format!(" {name}=\""))?.1.split_once('"')?.0.to_owned());
    let value = match named("filename") {
        Some(file) => json!({ "file": file, "length": content.len() }),
        None => String::from_utf8_lossy(content).into(),
    };
    Some((named("name")?, value))
}

fn split<'a>(mut body: &'a [u8], line: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = body.windows(line.len()).position(|window| window == line) {
        parts.extend(body.get(..at));
        body = body.get(at + line.len()..).unwrap_or_default();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_no_text() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"t[0][v]\"\r\n\r\n2\r\n3\r\n\
            --x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\xff\0\r\n--x--\r\n";
        let expected = [
            ("t[0][v]".to_owned(), json!("2\r\n3")),
            ("image".to_owned(), json!({ "file": "a.png", "length": 2 })),
        ];
        assert_eq!(fields("multipart/form-data; boundary=x", body), expected);
        assert_eq!(fields("multipart/form-data", body), []);
    }
}
