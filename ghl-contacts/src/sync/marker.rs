use sync_core::engine::{Fault, Marker};

use super::fault::broken;

/// How markers are kept in texts that people read: in the last line.
///
/// A last line counts as a marker if it starts with the prefix, goes on, and has no space in it. Anything else is
/// what somebody wrote.
#[derive(Debug, Clone)]
pub(super) struct LastLine {
    prefix: String,
}

impl LastLine {
    pub(super) fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    fn is_marker(&self, line: &str) -> bool {
        line.strip_prefix(&self.prefix).is_some_and(|rest| !rest.is_empty())
            && !line.contains(char::is_whitespace)
    }

    /// The text with the marker below it.
    ///
    /// One that would not be recognised again is refused: the record would be created a second time.
    pub(super) fn write(&self, text: &str, marker: &Marker) -> Result<String, Fault> {
        if !self.is_marker(marker.as_str()) {
            let Self { prefix } = self;
            return Err(broken(format!(
                "the marker {marker} does not start with {prefix:?}: give the collection the prefix of the markers \
                 that it is to find"
            )));
        }
        let text = text.trim_end();
        Ok(if text.is_empty() { marker.to_string() } else { format!("{text}\n\n{marker}") })
    }

    /// The text without its marker, and the marker. A last line that is none belongs to the text.
    pub(super) fn read(&self, text: &str) -> (String, Option<Marker>) {
        let (rest, last) = text.trim_end().rsplit_once('\n').unwrap_or(("", text.trim_end()));
        if self.is_marker(last) {
            (rest.trim_end().to_owned(), Some(Marker::new(last)))
        } else {
            (text.to_owned(), None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> LastLine {
        LastLine::new("erp:")
    }

    #[test]
    fn a_marker_comes_back_from_the_last_line() {
        let marker = Marker::new("erp:5:doc:42:issued");
        for text in ["Two\nlines", "One", ""] {
            let written = lines().write(text, &marker).unwrap();
            assert_eq!(lines().read(&written), (text.to_owned(), Some(marker.clone())), "{text}");
        }
    }

    #[test]
    fn what_people_write_is_no_marker() {
        for body in
            ["", "one line", "two\nlines", "see\nerp: the books", "erp:", "see\nerp:", "erp:5\nof them"]
        {
            assert_eq!(lines().read(body), (body.to_owned(), None), "{body}");
        }
    }

    #[test]
    fn a_marker_that_would_not_be_found_again_is_not_written() {
        for marker in ["shop:5", "erp:", "erp:5 of them", ""] {
            assert!(lines().write("Text", &Marker::new(marker)).is_err(), "{marker}");
        }
    }
}
