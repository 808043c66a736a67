//! Forms with a file in them, as `multipart/form-data`.

/// A file of a form. The names are this crate's own: nothing in them needs an escape.
pub(crate) struct File<'a> {
    pub(crate) field: &'static str,
    pub(crate) name: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'a [u8],
}

/// The content type and the body of a form of `fields`, whose names have brackets at most, and `file`.
pub(crate) fn body(fields: &[(String, String)], file: &File<'_>) -> (String, Vec<u8>) {
    let boundary = boundary(fields, file.bytes);
    let mut body = Vec::with_capacity(file.bytes.len() + 128 * (fields.len() + 2));
    let mut part = |head: &str, content: &[u8]| {
        body.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (name, value) in fields {
        part(&format!("name=\"{name}\""), value.as_bytes());
    }
    let File { field, name, content_type, bytes } = file;
    part(&format!("name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {content_type}"), bytes);
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A line that is nowhere in what it parts. No chance is involved: it is looked for.
fn boundary(fields: &[(String, String)], file: &[u8]) -> String {
    let is_in = |content: &[u8], line: &[u8]| content.windows(line.len()).any(|window| window == line);
    let mut number = 0_u64;
    loop {
        let line = format!("form-part-{number:016}");
        let taken = fields.iter().any(|(_, value)| value.contains(&line)) || is_in(file, line.as_bytes());
        if !taken {
            return line;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(value: &str, bytes: &[u8]) -> (String, String) {
        let fields = [("taxes[0][value]".to_owned(), value.to_owned())];
        let file = File { field: "image", name: "image.png", content_type: "image/png", bytes };
        let (content_type, body) = body(&fields, &file);
        (content_type, String::from_utf8(body).unwrap())
    }

    #[test]
    fn a_form_has_a_part_for_each_field_and_the_file() {
        let (content_type, body) = form("23", b"\x01\r\n\x02");
        assert_eq!(content_type, "multipart/form-data; boundary=form-part-0000000000000000");
        let expected = "--form-part-0000000000000000\r\n\
            Content-Disposition: form-data; name=\"taxes[0][value]\"\r\n\r\n23\r\n\
            --form-part-0000000000000000\r\n\
            Content-Disposition: form-data; name=\"image\"; filename=\"image.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x01\r\n\x02\r\n\
            --form-part-0000000000000000--\r\n";
        assert_eq!(body, expected);
    }

    #[test]
    fn what_parts_the_form_is_in_none_of_its_parts() {
        let (content_type, _) = form("form-part-0000000000000000", b"\r\n--form-part-0000000000000001--");
        assert_eq!(content_type, "multipart/form-data; boundary=form-part-0000000000000002");
    }
}
