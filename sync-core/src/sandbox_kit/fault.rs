use serde::{Deserialize, Serialize};

/// Something that goes wrong on purpose.
///
/// ```
/// use sync_core::sandbox_kit::{Fault, FaultKind};
/// // The third contact to be created is stored, but its answer never arrives.
/// let fault = Fault::new(FaultKind::LoseReply).on("contacts.create").after(2).times(1);
/// ```
///
/// As JSON for `POST /__sandbox/faults`:
/// `{"kind": "lose_reply", "operation": "contacts.create", "after": 2, "times": 1}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form")]
pub struct Fault {
    /// What happens.
    #[serde(flatten)]
    kind: FaultKind,
    /// The operation it hits; a last `*` stands for any ending. Every operation if absent.
    operation: Option<String>,
    /// How many matching calls pass first.
    after: u64,
    /// How many calls it hits before it is used up. No end if absent.
    times: Option<u64>,
    /// The share of matching calls that it hits, `0.0 ..= 1.0`.
    rate: f64,
}

/// The JSON of a [`Fault`]. Serde cannot refuse unknown fields next to a flattened enum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    kind: String,
    status: Option<u16>,
    body: Option<String>,
    headers: Option<Vec<(String, String)>>,
    millis: Option<u64>,
    operation: Option<String>,
    #[serde(default)]
    after: u64,
    times: Option<u64>,
    rate: Option<f64>,
}

impl TryFrom<Form> for Fault {
    type Error = &'static str;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        let Form { kind, status, body, headers, millis, operation, after, times, rate } = form;
        let of_status = status.is_some() || body.is_some() || headers.is_some();
        let kind = match kind.as_str() {
            "status" if millis.is_none() => FaultKind::Status {
                status: status.ok_or("missing field `status`")?,
                body: body.unwrap_or_default(),
                headers: headers.unwrap_or_default(),
            },
            "delay" if !of_status => FaultKind::Delay { millis: millis.ok_or("missing field `millis`")? },
            "cut_body" | "lose_reply" | "drop" | "status" | "delay" if of_status || millis.is_some() => {
                return Err("a field of another kind of fault");
            }
            "cut_body" => FaultKind::CutBody,
            "lose_reply" => FaultKind::LoseReply,
            "drop" => FaultKind::Drop,
            _ => return Err("unknown kind of fault: expected status, delay, cut_body, lose_reply or drop"),
        };
        Ok(Self { kind, operation, after, times, rate: rate.unwrap_or(1.0) })
    }
}

/// The kinds of fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// Answers with this status instead of handling the request.
    Status {
        /// The HTTP status.
        status: u16,
        /// The body; sent as JSON if it is JSON, as HTML otherwise.
        body: String,
        /// Further headers, such as `retry-after`.
        headers: Vec<(String, String)>,
    },
    /// Handles the request after a pause.
    Delay {
        /// How long, in milliseconds.
        millis: u64,
    },
    /// Handles the request, then breaks the connection in the middle of the body.
    CutBody,
    /// Handles the request, then breaks the connection before the first byte of the answer.
    LoseReply,
    /// Breaks the connection before the request is handled.
    Drop,
}

impl FaultKind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Delay { .. } => "delay",
            Self::CutBody => "cut_body",
            Self::LoseReply => "lose_reply",
            Self::Drop => "drop",
        }
    }
}

impl Fault {
    /// A fault that hits every call.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, operation: None, after: 0, times: None, rate: 1.0 }
    }

    /// Answers `status` with `body` instead of handling the request.
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self::new(FaultKind::Status { status, body: body.into(), headers: Vec::new() })
    }

    /// Hits only this operation; a last `*` stands for any ending.
    #[must_use]
    pub fn on(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Lets this many matching calls pass first.
    #[must_use]
    pub fn after(mut self, calls: u64) -> Self {
        self.after = calls;
        self
    }

    /// Hits at most this many calls.
    #[must_use]
    pub fn times(mut self, calls: u64) -> Self {
        self.times = Some(calls);
        self
    }

    /// Hits only this share of the matching calls, chosen by the sandbox's seed.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    fn matches(&self, operation: Option<&str>) -> bool {
        match (self.operation.as_deref(), operation) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(pattern), Some(name)) => match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            },
        }
    }
}

/// The faults in force.
#[derive(Debug, Clone)]
pub(super) struct Faults {
    active: Vec<Fault>,
    random: fastrand::Rng,
}

impl Faults {
    pub(super) fn new(seed: u64) -> Self {
        Self { active: Vec::new(), random: fastrand::Rng::with_seed(seed) }
    }

    pub(super) fn add(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.active.extend(faults);
    }

    pub(super) fn clear(&mut self) {
        self.active.clear();
    }

    /// What happens to this call: the first active fault that matches and is due.
    pub(super) fn next(&mut self, operation: Option<&str>) -> Option<FaultKind> {
        let random = &mut self.random;
        for fault in self.active.iter_mut().filter(|f| f.matches(operation)) {
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            if fault.times == Some(0) || (fault.rate < 1.0 && random.f64() >= fault.rate) {
                continue;
            }
            if let Some(left) = &mut fault.times {
                *left -= 1;
            }
            return Some(fault.kind.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(fault: Fault, calls: &[&str]) -> Vec<bool> {
        let mut faults = Faults::new(1);
        faults.add([fault]);
        calls.iter().map(|c| faults.next(Some(c)).is_some()).collect()
    }

    #[test]
    fn after_and_times_count_matching_calls_only() {
        let fault = Fault::new(FaultKind::Drop).on("a").after(1).times(1);
        assert_eq!(hits(fault, &["a", "b", "a", "a"]), [false, false, true, false]);
    }

    #[test]
    fn a_star_stands_for_any_ending() {
        assert_eq!(hits(Fault::new(FaultKind::Drop).on("a.*"), &["a.x", "ab", "a.y"]), [true, false, true]);
    }

    #[test]
    fn rate_follows_from_the_seed() {
        let calls = ["a"; 1000];
        let first = hits(Fault::new(FaultKind::Drop).rate(0.2), &calls);
        assert_eq!(first, hits(Fault::new(FaultKind::Drop).rate(0.2), &calls));
        let count = first.iter().filter(|hit| **hit).count();
        assert!((150..250).contains(&count), "{count} of 1000 at a rate of 0.2");
    }

    #[test]
    fn faults_are_read_from_json() {
        let fault: Fault =
            serde_json::from_str(r#"{"kind":"status","status":503,"operation":"notes.*","times":2}"#)
                .unwrap();
        assert_eq!(fault, Fault::status(503, "").on("notes.*").times(2));
        for wrong in [
            r#"{"kind":"drop","tims":1}"#,
            r#"{"kind":"drop","status":503}"#,
            r#"{"kind":"status"}"#,
            r#"{"kind":"explode"}"#,
        ] {
            assert!(serde_json::from_str::<Fault>(wrong).is_err(), "{wrong}");
        }
        for fault in
            [fault, Fault::new(FaultKind::Delay { millis: 5 }).rate(0.5), Fault::new(FaultKind::Drop)]
        {
            let text = serde_json::to_string(&fault).unwrap();
            assert_eq!(serde_json::from_str::<Fault>(&text).unwrap(), fault, "{text}");
        }
    }
}
