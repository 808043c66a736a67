use std::error::Error;
use std::fmt;

use serde_json::json;

type Cause = Box<dyn Error + Send + Sync>;

/// What went wrong with one pair.
#[derive(Debug)]
pub(crate) struct PairError {
    pair: String,
    why: Cause,
}

impl PairError {
    /// An error of this pair, unless it says already of which one it is.
    pub(crate) fn of(pair: &str, why: impl Into<Cause>) -> Cause {
        let why = why.into();
        if why.is::<Self>() { why } else { Box::new(Self { pair: pair.to_owned(), why }) }
    }
}

impl fmt::Display for PairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pair, self.why)
    }
}

impl Error for PairError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.why.source()
    }
}

/// Tells of an error where errors are told: as a line, or as one of JSON with the pair, if it is one pair's.
pub(crate) fn tell(error: &(dyn Error + Send + Sync + 'static), json: bool) {
    if !json {
        eprintln!("error: {error}");
        return;
    }
    let (why, pair) = match error.downcast_ref::<PairError>() {
        Some(PairError { pair, why }) => (why.to_string(), Some(pair)),
        None => (error.to_string(), None),
    };
    eprintln!("{}", json!({ "error": why, "pair": pair }));
}
