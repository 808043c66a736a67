use moloni_ghl::rules::{
    CollectTask, DeliveryAppointment, DraftTask, English, EstimateTask, EventType, Events, Portuguese,
};
use serde::{Deserialize, Deserializer};
use sync_core::jiff::SignedDuration;

use super::value::filled;

/// What is told in HighLevel of documents and of customers' texts. A type that takes settings has them in a table of its name.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EventsConfig {
    language: Language,
    /// The types that are not told.
    #[serde(deserialize_with = "known")]
    off: Vec<EventType>,
    invoice: Invoice,
    estimate: Estimate,
    delivery: Delivery,
    draft: Draft,
}

#[derive(Deserialize, Default, Clone, Copy)]
enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "pt")]
    Portuguese,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Invoice {
    unpaid: Unpaid,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Unpaid {
    /// On which days after it was due a task says so.
    overdue_on: Option<Vec<u16>>,
    assigned_to: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Estimate {
    follow_up: FollowUp,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FollowUp {
    /// How many days before the estimate expires the task is due.
    days_before: Option<u16>,
    /// For how many days after it has expired it is still asked about.
    grace: Option<u16>,
    assigned_to: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Delivery {
    scheduled: Option<Scheduled>,
}

/// Without a calendar nothing can be entered, so this is off unless it is there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scheduled {
    #[serde(deserialize_with = "filled")]
    calendar: String,
    #[serde(default = "an_hour", deserialize_with = "some_time")]
    duration: SignedDuration,
    /// The codes of the types of document that are looked at.
    #[serde(default, deserialize_with = "codes")]
    types: Option<Vec<String>>,
    assigned_to: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Draft {
    pending: Option<Pending>,
}

/// Off unless it is there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    /// After how many days without an edit.
    days: u16,
    assigned_to: Option<String>,
}

impl EventsConfig {
    pub(crate) fn events(&self) -> Events {
        let mut events = match self.language {
            Language::English => Events::standard(English),
            Language::Portuguese => Events::standard(Portuguese),
        };
        let (unpaid, follow_up) = (&self.invoice.unpaid, &self.estimate.follow_up);

        let mut rule = CollectTask::new();
        if let Some(days) = &unpaid.overdue_on {
            rule = rule.overdue_on(days.iter().copied());
        }
        events = events.with(match &unpaid.assigned_to {
            Some(user) => rule.assigned_to(user),
            None => rule,
        });

        let mut rule = EstimateTask::new();
        if let Some(days) = follow_up.days_before {
            rule = rule.days_before(days);
        }
        if let Some(days) = follow_up.grace {
            rule = rule.grace(days);
        }
        events = events.with(match &follow_up.assigned_to {
            Some(user) => rule.assigned_to(user),
            None => rule,
        });

        if let Some(scheduled) = &self.delivery.scheduled {
            let mut rule = DeliveryAppointment::new(&scheduled.calendar, scheduled.duration);
            if let Some(types) = &scheduled.types {
                rule = rule.types(types);
            }
            events = events.with(match &scheduled.assigned_to {
                Some(user) => rule.assigned_to(user),
                None => rule,
            });
        }
        if let Some(pending) = &self.draft.pending {
            let rule = DraftTask::after(pending.days);
            events = events.with(match &pending.assigned_to {
                Some(user) => rule.assigned_to(user),
                None => rule,
            });
        }
        self.off.iter().fold(events, |events, off| events.without(off.clone()))
    }
}

fn an_hour() -> SignedDuration {
    SignedDuration::from_hours(1)
}

fn some_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    let time = SignedDuration::deserialize(deserializer)?;
    if time < SignedDuration::from_mins(1) {
        return Err(serde::de::Error::custom("`duration` is at least \"1m\""));
    }
    Ok(time)
}

/// A text that is no code would be of no document. Moloni publishes no list of them.
fn codes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let codes = Vec::<String>::deserialize(deserializer)?;
    let is_code =
        |code: &&String| matches!(code.len(), 2..=3) && code.chars().all(|c| c.is_ascii_uppercase());
    match codes.iter().find(|code| !is_code(code)) {
        None => Ok(Some(codes)),
        Some(unknown) => Err(serde::de::Error::custom(format!(
            "`types`: {unknown:?} is no type of document: write the codes that Moloni shows, such as \"FT\" or \"GT\""
        ))),
    }
}

/// A name that is misspelt would switch nothing off.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EventType>, D::Error> {
    let types = Vec::<EventType>::deserialize(deserializer)?;
    match types.iter().find(|named| EventType::known().all(|known| known != **named)) {
        None => Ok(types),
        Some(unknown) => {
            let known: Vec<_> = EventType::known().map(|known| format!("`{known}`")).collect();
            let known = known.join(", ");
            let why = format!("`off`: `{unknown}` is no type of event: there are {known}");
            Err(serde::de::Error::custom(why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let events: EventsConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(events.events().types().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_a_word_it_is_the_standard_set() {
        let standard: Vec<_> = Events::default().types().iter().map(ToString::to_string).collect();
        let mut all = read("").unwrap();
        all.sort();
        let mut known = standard.clone();
        known.sort();
        assert_eq!(all, known);
        assert_eq!(all.len(), 6);
    }

    #[test]
    fn a_type_is_switched_off_and_on_by_its_name() {
        let off = read("off = [\"invoice.issued\", \"customer.notes\"]").unwrap();
        assert!(off.len() == 4 && !off.iter().any(|name| name == "invoice.issued"), "{off:?}");
        let on = read("[draft.pending]\ndays = 7\n[delivery.scheduled]\ncalendar = \"cal\"").unwrap();
        assert!(["draft.pending", "delivery.scheduled"].iter().all(|name| on.iter().any(|on| on == name)));
        // For a while, with what it takes left where it is.
        let off = "off = [\"delivery.scheduled\"]\n[delivery.scheduled]\ncalendar = \"cal\"";
        assert_eq!(read(off).unwrap().len(), 6);
    }

    #[test]
    fn what_a_rule_takes_reaches_it() {
        let text = r#"
            invoice.unpaid = { overdue_on = [3], assigned_to = "u1" }
            estimate.follow_up = { days_before = 2, grace = 5, assigned_to = "u2" }
            delivery.scheduled = { calendar = "cal", duration = "45m", types = ["GT"], assigned_to = "u3" }
            draft.pending = { days = 9, assigned_to = "u4" }
        "#;
        let events: EventsConfig = toml::from_str(text).unwrap();
        let rules = format!("{:?}", events.events());
        for part in [
            "overdue: [3], assigned_to: Some(\"u1\")",
            "days_before: 2, grace: 5, assigned_to: Some(\"u2\")",
            "calendar: \"cal\", duration: 45m, codes: [\"GT\"], assigned_to: Some(\"u3\")",
            "days: 9, assigned_to: Some(\"u4\")",
        ] {
            assert!(rules.contains(part), "{part}: {rules}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_there_is() {
        for (text, says) in [
            ("off = [\"delivery\"]", "`delivery` is no type of event: there are `invoice.issued`"),
            ("language = \"fr\"", "expected `en` or `pt`"),
            ("[invoice.issued]", "unknown field `issued`, expected `unpaid`"),
            ("[delivery.scheduled]", "missing field `calendar`"),
            ("[delivery.scheduled]\ncalendar = \" \"", "is empty"),
            ("[delivery.scheduled]\ncalendar = \"c\"\nduration = \"0s\"", "at least \"1m\""),
            ("[delivery.scheduled]\ncalendar = \"c\"\ntypes = [\"gt\"]", "\"gt\" is no type of document"),
            ("invoice.unpaid.overdue_on = [-1]", "invalid value"),
            ("[draft.pending]\ndays = 1\nday = 2", "unknown field `day`"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(says) && why.contains("at line"), "{text}: {why}");
        }
    }
}
