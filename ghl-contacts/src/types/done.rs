use serde::Deserialize;

/// An answer that only says whether it was done.
///
/// Contacts and locations spell it `succeded`, calendars and v3 `succeeded`, businesses and bulk calls `success`.
#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    // Not as aliases: v3 answers with two of them at once.
    #[serde(default)]
    succeded: Option<bool>,
    #[serde(default)]
    succeeded: Option<bool>,
    #[serde(default)]
    success: Option<bool>,
}

impl Done {
    /// Whether the service says that it was not done. An answer without a flag is one of success.
    pub(crate) fn is_refused(&self) -> bool {
        [self.succeded, self.succeeded, self.success].contains(&Some(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read_and_only_a_plain_no_is_a_refusal() {
        let table = [
            (r#"{"succeded":true}"#, false),
            (r#"{"succeeded":true,"succeded":true}"#, false),
            (r#"{"success":true}"#, false),
            ("{}", false),
            (r#"{"succeded":false}"#, true),
            (r#"{"succeeded":false,"succeded":false}"#, true),
            (r#"{"success":false}"#, true),
        ];
        for (body, refused) in table {
            assert_eq!(serde_json::from_str::<Done>(body).unwrap().is_refused(), refused, "{body}");
        }
    }
}
