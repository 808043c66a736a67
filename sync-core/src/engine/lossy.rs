//! What services make of a value that is written to them, for [`Field::lossy`](super::Field::lossy).

/// The first `most` characters.
pub fn truncate(most: usize) -> impl Fn(&str) -> String + Send + Sync + 'static {
    move |text| text.chars().take(most).collect()
}

/// All in upper case.
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// All in lower case.
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}
