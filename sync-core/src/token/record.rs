//! The explicit form in which a pair is written down.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::TokenSet;

/// The version of the form. A reader refuses a newer one.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    format: u32,
    #[serde(borrow)]
    access: Cow<'a, str>,
    access_expires_at: Option<Timestamp>,
    refresh: Option<Cow<'a, str>>,
    refresh_expires_at: Option<Timestamp>,
    obtained_at: Timestamp,
    details: Cow<'a, BTreeMap<String, String>>,
}

/// Text that is no token pair as [`TokenSet::to_secret_json`] writes it. Shows nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is cut, damaged, or something else altogether.
    #[error("this is no token record, or a damaged one")]
    Malformed,
    /// A newer version of this crate wrote it.
    #[error("this token record has format {0}, and this program knows format {FORMAT}: update the program")]
    Newer(u32),
}

impl TokenSet {
    /// The pair as one line of JSON, for a store to keep. It holds the tokens in the clear: seal it, or keep it where
    /// only this program reads it.
    pub fn to_secret_json(&self) -> SecretString {
        let record = Record {
            format: FORMAT,
            access: self.access.expose_secret().into(),
            access_expires_at: self.access_expires_at,
            refresh: self.refresh.as_ref().map(|r| r.expose_secret().into()),
            refresh_expires_at: self.refresh_expires_at,
            obtained_at: self.obtained_at,
            details: Cow::Borrowed(&self.details),
        };
        // Measured first: a buffer that grows leaves copies behind, which nobody wipes.
        let mut length = Length(0);
        let measured = serde_json::to_writer(&mut length, &record);
        let mut json = Vec::with_capacity(length.0);
        let written = serde_json::to_writer(&mut json, &record);
        debug_assert!(measured.is_ok() && written.is_ok(), "a map with text keys always serialises");
        String::from_utf8(json).unwrap_or_default().into()
    }

    /// Reads what [`to_secret_json`](Self::to_secret_json) wrote.
    ///
    /// # Errors
    ///
    /// [`RecordError`]; it shows nothing of the text.
    pub fn from_secret_json(json: &SecretString) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let json = json.expose_secret();
        // The parser's own error may quote the text.
        let Format { format } = serde_json::from_str(json).map_err(|_| RecordError::Malformed)?;
        if format > FORMAT {
            return Err(RecordError::Newer(format));
        }
        let record: Record<'_> = serde_json::from_str(json).map_err(|_| RecordError::Malformed)?;
        Ok(Self {
            access: record.access.into_owned().into(),
            access_expires_at: record.access_expires_at,
            refresh: record.refresh.map(|r| r.into_owned().into()),
            refresh_expires_at: record.refresh_expires_at,
            obtained_at: record.obtained_at,
            details: record.details.into_owned(),
        })
    }
}

struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.0 += part.len();
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn set() -> TokenSet {
        let day = Duration::from_secs(24 * 3600);
        TokenSet::new("s3cr3t-access \"quoted\"\n".into(), Timestamp::UNIX_EPOCH)
            .expires_in(day)
            .refresh_token("s3cr3t-refresh".into())
            .refresh_expires_in(day * 14)
            .detail("scope", "contacts.readonly contacts.write")
    }

    fn clear(set: &TokenSet) -> String {
        set.to_secret_json().expose_secret().to_owned()
    }

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let (full, bare) = (set(), TokenSet::new("s3cr3t".into(), Timestamp::UNIX_EPOCH));
        for set in [full, bare] {
            let again = TokenSet::from_secret_json(&set.to_secret_json()).unwrap();
            assert_eq!(clear(&again), clear(&set));
        }
        let again = TokenSet::from_secret_json(&set().to_secret_json()).unwrap();
        assert_eq!(again.refresh.unwrap().expose_secret(), "s3cr3t-refresh");
        assert_eq!(again.access.expose_secret(), "s3cr3t-access \"quoted\"\n");
        assert_eq!(again.details["scope"], "contacts.readonly contacts.write");
    }

    #[test]
    fn a_cut_record_is_malformed_and_a_newer_one_is_said_to_be_newer() {
        let json = clear(&set());
        for end in 0..json.len() {
            let cut = json.get(..end).unwrap_or_default();
            assert_eq!(TokenSet::from_secret_json(&cut.into()).unwrap_err(), RecordError::Malformed, "{end}");
        }
        let newer = r#"{"format":2,"anything":true}"#;
        assert_eq!(TokenSet::from_secret_json(&newer.into()).unwrap_err(), RecordError::Newer(2));
    }
}
