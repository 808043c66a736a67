//! Which keys a body may have and what they may hold.
//!
//! The service names everything that is wrong at once, in a list of sentences.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::normal;
use super::refuse::Refusal;

/// What a key may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// Text of at most so many characters.
    Short(usize),
    OneOf(&'static [&'static str]),
    Email,
    Phone,
    Country,
    Color,
    /// A date and time with an offset.
    Instant,
    BirthDate,
    Bool,
    Number,
    /// A whole number within bounds.
    Within(i64, i64),
    Texts,
    /// At most so many texts.
    FewTexts(usize),
    List,
    /// At most so many items.
    FewItems(usize),
    Dnd,
    InboundDnd,
    CustomFields,
}

/// One key of a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
    nullable: bool,
}

impl Field {
    pub(super) const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false, nullable: false }
    }

    pub(super) const fn text(name: &'static str) -> Self {
        Self::new(name, Kind::Text)
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// All keys of a body, in groups so that bodies can share them.
pub(super) type Schema = &'static [&'static [Field]];

pub(super) fn unknown(name: &str) -> String {
    format!("property {name} should not exist")
}

/// Refuses unknown keys, missing ones and wrong values.
pub(super) fn check(body: &Map<String, Value>, schema: Schema) -> Result<(), Refusal> {
    let fields = || schema.iter().flat_map(|group| group.iter());
    let strangers = body.keys().filter(|key| !fields().any(|f| f.name == key.as_str()));
    let mut problems: Vec<String> = strangers.map(|key| unknown(key)).collect();
    for field in fields() {
        match body.get(field.name) {
            None if field.required => problems.push(format!("{} should not be empty", field.name)),
            None => {}
            Some(Value::Null) if field.nullable => {}
            Some(value) => inspect(field, value, &mut problems),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Refusal::unprocessable(problems)) }
}

fn inspect(field: &Field, value: &Value, problems: &mut Vec<String>) {
    let name = field.name;
    let text = value.as_str();
    let mut expect = |good: bool, what: &str| {
        if !good {
            problems.push(format!("{name} {what}"));
        }
    };
    match field.kind {
        Kind::Text => expect(text.is_some(), "must be a string"),
        Kind::Short(most) => {
            expect(
                text.is_some_and(|t| t.chars().count() <= most),
                &format!("must be shorter than or equal to {most} characters"),
            );
        }
        Kind::OneOf(options) => expect(
            text.is_some_and(|t| options.contains(&t)),
            &format!("must be one of the following values: {}", options.join(", ")),
        ),
        Kind::Email => expect(text.is_some_and(normal::is_email), "must be an email"),
        Kind::Phone => expect(text.and_then(normal::phone).is_some(), "must be a valid phone number"),
        Kind::Country => expect(
            text.is_some_and(|t| t.len() == 2 && t.chars().all(|c| c.is_ascii_uppercase())),
            "must be a valid enum value",
        ),
        Kind::Color => expect(text.is_some_and(is_color), "must be a hexadecimal color"),
        Kind::Instant => {
            expect(
                text.is_some_and(|t| t.parse::<Timestamp>().is_ok()),
                "must be a valid ISO 8601 date string",
            );
        }
        Kind::BirthDate => expect(text.and_then(normal::birth_date).is_some(), "must be a valid date"),
        Kind::Bool => expect(value.is_boolean(), "must be a boolean value"),
        Kind::Number => expect(value.is_number(), "must be a number conforming to the specified constraints"),
        Kind::Within(least, most) => {
            let number = value.as_i64();
            expect(number.is_some(), "must be an integer number");
            expect(number.is_none_or(|n| n >= least), &format!("must not be less than {least}"));
            expect(number.is_none_or(|n| n <= most), &format!("must not be greater than {most}"));
        }
        Kind::Texts => texts(name, value, usize::MAX, problems),
        Kind::FewTexts(most) => texts(name, value, most, problems),
        Kind::List => expect(value.is_array(), "must be an array"),
        Kind::FewItems(most) => expect(
            value.as_array().is_some_and(|items| items.len() <= most),
            &format!("must contain no more than {most} elements"),
        ),
        Kind::Dnd => settings(name, value, CHANNELS, &["active", "inactive", "permanent"], problems),
        Kind::InboundDnd => settings(name, value, &["all"], &["active", "inactive"], problems),
        Kind::CustomFields => custom_fields(name, value, problems),
    }
}

/// The channels of `dndSettings`, each with its name in v3.
pub(super) const CHANNEL_NAMES: [(&str, &str); 7] = [
    ("Call", "call"),
    ("Email", "email"),
    ("SMS", "sms"),
    ("WhatsApp", "whatsApp"),
    ("GMB", "gmb"),
    ("FB", "fb"),
    ("RCS", "rcs"),
];
const CHANNELS: &[&str] = &["Call", "Email", "SMS", "WhatsApp", "GMB", "FB", "RCS"];

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

fn texts(name: &str, value: &Value, most: usize, problems: &mut Vec<String>) {
    let Some(items) = value.as_array() else {
        problems.push(format!("{name} must be an array"));
        return;
    };
    if items.len() > most {
        problems.push(format!("{name} must contain no more than {most} elements"));
    }
    if !items.iter().all(Value::is_string) {
        problems.push(format!("each value in {name} must be a string"));
    }
}

fn settings(name: &str, value: &Value, channels: &[&str], statuses: &[&str], problems: &mut Vec<String>) {
    let Some(entries) = value.as_object() else {
        problems.push(format!("{name} must be an object"));
        return;
    };
    for (channel, setting) in entries {
        if !channels.contains(&channel.as_str()) {
            problems.push(format!("{name}.{}", unknown(channel)));
        }
        let status = setting.get("status").and_then(Value::as_str);
        if !status.is_some_and(|s| statuses.contains(&s)) {
            let options = statuses.join(", ");
            problems.push(format!("{name}.{channel}.status must be one of the following values: {options}"));
        }
    }
}

fn custom_fields(name: &str, value: &Value, problems: &mut Vec<String>) {
    let Some(items) = value.as_array() else {
        problems.push(format!("{name} must be an array"));
        return;
    };
    for (at, item) in items.iter().enumerate() {
        let Some(item) = item.as_object() else {
            problems.push(format!("{name}.{at} must be an object"));
            continue;
        };
        let strangers =
            item.keys().filter(|k| !["id", "key", "field_value", "fieldValue"].contains(&k.as_str()));
        problems.extend(strangers.map(|key| format!("{name}.{at}.{}", unknown(key))));
        if !["id", "key"].iter().any(|k| item.get(*k).is_some_and(Value::is_string)) {
            problems.push(format!("{name}.{at}.id should not be empty"));
        }
    }
}
