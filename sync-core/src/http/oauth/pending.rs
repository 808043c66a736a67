use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::RecordError;

/// How long a person has to say yes.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// How much of a service's own words is kept.
const WORDS: usize = 300;

/// A person is to be sent to `url`; `pending` is for when they come back.
///
/// `Debug` shows scheme, host and path of the address: its query holds the state.
#[non_exhaustive]
pub struct Authorization {
    /// Where to send the person.
    pub url: Url,
    /// What tells their return from anybody else's: keep it in their session.
    pub pending: Pending,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bare = self.url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        // Fails for an address without a host, which has neither.
        let _ = bare.set_username("").and_then(|()| bare.set_password(None));
        f.debug_struct("Authorization").field("url", &bare.as_str()).field("pending", &self.pending).finish()
    }
}

/// An authorisation that somebody was sent off to give. Good for one callback, for 15 minutes.
///
/// It belongs into the session of the person who was sent: whoever arrives without one was not sent by this program,
/// and their code may be another's. That matters most where a service does not send the `state` back, as Moloni does
/// not: there, the session is all that tells. Take it out of the session when the callback comes, whatever becomes of
/// it.
///
/// ```
/// # use sync_core::{Env, ManualEnv, http::oauth::{OAuthApp, Pending}, jiff::Timestamp};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = ManualEnv::new(1).now();
/// # let app = OAuthApp::new("id", "s3cr3t").redirect("https://app.example.pt/callback".parse()?);
/// let sent = app.authorize(&"https://crm.example.com/authorize".parse()?, &["contacts.readonly"], true, now)?;
/// let session = sent.pending.to_secret_json();
/// // Redirect the person to `sent.url`. They come back to `/callback?code=...&state=...`, this much later:
/// # let state = sent.url.query_pairs().find(|(n, _)| n == "state").unwrap().1.into_owned();
/// # let query = format!("code=s3cr3t-code&state={state}");
/// let code = Pending::from_secret_json(&session)?.accept(&query, now)?;
/// # use sync_core::secrecy::ExposeSecret;
/// # assert_eq!(code.expose_secret(), "s3cr3t-code");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Pending {
    state: SecretString,
    echoed: bool,
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Record {
    state: String,
    echoed: bool,
    until: Timestamp,
}

impl Pending {
    pub(super) fn new(state: SecretString, echoed: bool, now: Timestamp) -> Self {
        Self { state, echoed, until: now.checked_add(LIFE).unwrap_or(now) }
    }

    /// Takes the code out of a callback. `callback` is its query, or an address with one.
    ///
    /// # Errors
    ///
    /// [`CallbackError`]: the person refused, it is too late, or the callback belongs to something else.
    pub fn accept(self, callback: &str, now: Timestamp) -> Result<SecretString, CallbackError> {
        self.check(callback, now)
    }

    pub(super) fn check(&self, callback: &str, now: Timestamp) -> Result<SecretString, CallbackError> {
        let query = callback.split_once('?').map_or(callback, |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let field = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.into_owned())
                .filter(|value| !value.is_empty())
        };
        // First of all: what belongs to somebody else is none of ours, whatever it says.
        match field("state") {
            Some(state) if !same(&state, self.state.expose_secret()) => {
                return Err(CallbackError::OtherState);
            }
            None if self.echoed => return Err(CallbackError::OtherState),
            _ => {}
        }
        if now > self.until {
            return Err(CallbackError::Late);
        }
        if let Some(code) = field("error") {
            let description = field("error_description").unwrap_or_default();
            return Err(CallbackError::Refused { code: plain(&code), description: plain(&description) });
        }
        field("code").map(SecretString::from).ok_or(CallbackError::NoCode)
    }

    /// How much time the person has left.
    #[cfg(feature = "loopback")]
    pub(super) fn left(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.until.duration_since(now)).unwrap_or_default()
    }

    /// The record as one line of JSON, for a session. Whoever knows it can finish the authorisation: keep it on the
    /// server, or in an encrypted cookie.
    pub fn to_secret_json(&self) -> SecretString {
        let state = self.state.expose_secret().to_owned();
        let record = Record { state, echoed: self.echoed, until: self.until };
        serde_json::to_string(&record).unwrap_or_default().into()
    }

    /// Reads what [`to_secret_json`](Self::to_secret_json) wrote.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if it is something else.
    pub fn from_secret_json(json: &SecretString) -> Result<Self, RecordError> {
        let record = serde_json::from_str(json.expose_secret());
        let Record { state, echoed, until } = record.map_err(|_| RecordError::Malformed)?;
        Ok(Self { state: state.into(), echoed, until })
    }
}

/// Compares without telling by the time it takes how much is right.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

/// A stranger's words, fit for a log.
fn plain(text: &str) -> String {
    text.chars().take(WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Why a callback gives no code. Shows neither the code nor the state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The person, or the service on their behalf, said no.
    #[error("access was refused: {code}: {description}")]
    #[non_exhaustive]
    Refused {
        /// The OAuth error code, such as `access_denied`.
        code: String,
        /// The service's own words, or empty.
        description: String,
    },
    /// It belongs to another authorisation, or to none: somebody else's, or one that was begun again since.
    #[error("the callback does not belong to this authorisation (its state is another): begin again")]
    OtherState,
    /// It came more than 15 minutes after the person was sent off.
    #[error("the callback came too late: begin again, and say yes within 15 minutes")]
    Late,
    /// It holds neither a code nor an error.
    #[error("the callback holds no code: is the redirect address the one that is registered?")]
    NoCode,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn pending(echoed: bool) -> Pending {
        crate::trace::on();
        Pending::new("s3cr3t-state".into(), echoed, NOW)
    }

    #[test]
    fn callbacks_are_told_apart() {
        let refused = |code: &str, description: &str| {
            Err(CallbackError::Refused { code: code.into(), description: description.into() })
        };
        let (other, none) = (Err(CallbackError::OtherState), Err(CallbackError::NoCode));
        let table = [
            (true, "code=s3cr3t-c&state=s3cr3t-state", Ok("s3cr3t-c")),
            (true, "https://app.pt/cb?code=s3cr3t-c%20d&state=s3cr3t-state#top", Ok("s3cr3t-c d")),
            (true, "state=s3cr3t-state&code=s3cr3t-c&locationId=l", Ok("s3cr3t-c")),
            (true, "code=s3cr3t-c", other.clone()),
            (true, "code=s3cr3t-c&state=", other.clone()),
            (true, "code=s3cr3t-c&state=s3cr3t-stat", other.clone()),
            (true, "code=s3cr3t-c&state=s3cr3t-statf", other.clone()),
            (true, "error=access_denied&state=another", other.clone()),
            (true, "error=access_denied&state=s3cr3t-state", refused("access_denied", "")),
            (
                true,
                "error=access_denied&error_description=no%0Athanks&state=s3cr3t-state",
                refused("access_denied", "no thanks"),
            ),
            (true, "state=s3cr3t-state", none.clone()),
            (true, "code=&state=s3cr3t-state", none.clone()),
            (false, "code=s3cr3t-c", Ok("s3cr3t-c")),
            (false, "code=s3cr3t-c&state=s3cr3t-state", Ok("s3cr3t-c")),
            (false, "code=s3cr3t-c&state=another", other),
            (false, "error=access_denied", refused("access_denied", "")),
            (false, "", none),
        ];
        for (echoed, callback, expected) in table {
            let found = pending(echoed).accept(callback, NOW);
            let found = found.as_ref().map(ExposeSecret::expose_secret).map_err(Clone::clone);
            assert_eq!(found, expected, "{echoed} {callback}");
        }
    }

    #[test]
    fn a_callback_comes_within_a_quarter_of_an_hour_or_too_late() {
        let query = "code=s3cr3t-c&state=s3cr3t-state";
        assert!(pending(true).accept(query, NOW + LIFE).is_ok());
        let late = pending(true).accept(query, NOW + LIFE + Duration::from_secs(1));
        assert_eq!(late.unwrap_err(), CallbackError::Late);
    }

    #[test]
    fn a_record_survives_a_session_and_shows_nothing() {
        let pending = pending(true);
        let again = Pending::from_secret_json(&pending.to_secret_json()).unwrap();
        assert!(again.accept("code=s3cr3t-c&state=s3cr3t-state", NOW).is_ok());
        assert!(!format!("{pending:?}").contains("s3cr3t"));
        assert_eq!(Pending::from_secret_json(&"{}".into()).unwrap_err(), RecordError::Malformed);
    }
}
