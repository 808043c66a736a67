use std::fmt;

use crate::multipart::File;

/// A picture of a product, to upload.
#[derive(Clone, PartialEq, Eq)]
pub struct ProductImage {
    bytes: Vec<u8>,
    kind: &'static Kind,
}

/// A file's name, its content type and its first bytes.
type Kind = (&'static str, &'static str, &'static [u8]);

const KINDS: &[Kind] = &[
    ("image.jpg", "image/jpeg", b"\xff\xd8\xff"),
    ("image.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("image.gif", "image/gif", b"GIF8"),
];

impl ProductImage {
    /// The whole content of a file. `None` if its first bytes are not those of a JPEG, a PNG or a GIF.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        let kind = KINDS.iter().find(|(_, _, first)| bytes.starts_with(first))?;
        Some(Self { bytes, kind })
    }

    /// It as a file of a form.
    pub(crate) fn file(&self) -> File<'_> {
        let (name, content_type, _) = *self.kind;
        File { field: "image", name, content_type, bytes: &self.bytes }
    }
}

impl fmt::Debug for ProductImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProductImage").field(&self.kind.1).field(&self.bytes.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_first_bytes() {
        let table: [(&[u8], _); 5] = [
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n\0", Some("image/png")),
            (b"GIF89a", Some("image/gif")),
            (b"<svg", None),
            (b"", None),
        ];
        for (bytes, kind) in table {
            let image = ProductImage::new(bytes);
            assert_eq!(image.as_ref().map(|image| image.file().content_type), kind, "{bytes:?}");
        }
        let shown = format!("{:?}", ProductImage::new(*b"GIF89a"));
        assert_eq!(shown, r#"Some(ProductImage("image/gif", 6))"#);
    }
}
