use std::borrow::Cow;

use super::record::Side;
use super::value::Pair;
use crate::queue::WorkKey;

/// What people call the two sides, in the forms that sentences need: see [`EngineBuilder::sides`].
///
/// | | without names | with names |
/// |---|---|---|
/// | [`word`](Self::word) | `left` | `Moloni` |
/// | [`side`](Self::side) | `the left side` | `Moloni` |
/// | [`at`](Self::at) | `on the left side` | `in Moloni` |
/// | [`record`](Self::record) | `left record` | `Moloni record` |
///
/// ```
/// use sync_core::engine::{Side, SideNames};
///
/// let names = SideNames::new("Moloni", "HighLevel");
/// assert_eq!(format!("{} does not list it", names.side(Side::Left)), "Moloni does not list it");
/// assert_eq!(format!("the {} 7", names.record(Side::Right)), "the HighLevel record 7");
/// assert_eq!(SideNames::default().at(Side::Right), "on the right side");
/// ```
///
/// [`EngineBuilder::sides`]: super::EngineBuilder::sides
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SideNames {
    given: Option<Pair<String>>,
}

impl SideNames {
    /// Names both sides.
    pub fn new(left: impl Into<String>, right: impl Into<String>) -> Self {
        Self { given: Some(Pair::new(left.into(), right.into())) }
    }

    /// A side in one word, as before a value: `left`, or `Moloni`.
    pub fn word(&self, side: Side) -> &str {
        match (&self.given, side) {
            (Some(names), side) => &names[side],
            (None, Side::Left) => "left",
            (None, Side::Right) => "right",
        }
    }

    /// A side that does something, or that something is done to: `the left side`, or `Moloni`.
    pub fn side(&self, side: Side) -> Cow<'_, str> {
        match &self.given {
            Some(names) => names[side].as_str().into(),
            None => format!("the {side} side").into(),
        }
    }

    /// Where something is: `on the left side`, or `in Moloni`.
    pub fn at(&self, side: Side) -> String {
        self.after("on", side)
    }

    /// Whose field it is: `of the left side`, or `in Moloni`, whose own name "the name of Moloni" would be.
    pub(super) fn of(&self, side: Side) -> String {
        self.after("of", side)
    }

    fn after(&self, preposition: &str, side: Side) -> String {
        match &self.given {
            Some(names) => format!("in {}", names[side]),
            None => format!("{preposition} the {side} side"),
        }
    }

    /// A record, without an article: `left record`, or `Moloni record`.
    pub fn record(&self, side: Side) -> String {
        format!("{} record", self.word(side))
    }

    /// What something is about: as the key says it, but for a record of a side, which is a `Moloni record 7` then.
    pub fn about(&self, key: &WorkKey) -> String {
        match key {
            WorkKey::Birth(side, at) => format!("{} {}", self.record(*side), at.id),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{RecordId, RecordRef};
    use super::*;

    #[test]
    fn what_has_no_name_is_called_as_its_key_calls_it() {
        for side in Side::BOTH {
            let key = WorkKey::Birth(side, RecordRef::top(RecordId::new("7")));
            assert_eq!(SideNames::default().about(&key), key.to_string());
            assert_eq!(SideNames::default().word(side), side.to_string());
        }
        assert_eq!(SideNames::new("A", "B").about(&WorkKey::Sync), WorkKey::Sync.to_string());
    }

    #[test]
    fn each_form_stands_in_a_sentence() {
        let told = |names: &SideNames| {
            [Side::Left, Side::Right].map(|side| {
                let (says, at, of) = (names.side(side), names.at(side), names.of(side));
                format!("{says}; the {} 7 {at}; a field {of}; {}", names.record(side), names.word(side))
            })
        };
        assert_eq!(
            told(&SideNames::default()),
            [
                "the left side; the left record 7 on the left side; a field of the left side; left",
                "the right side; the right record 7 on the right side; a field of the right side; right",
            ]
        );
        assert_eq!(
            told(&SideNames::new("Moloni", "HighLevel")),
            [
                "Moloni; the Moloni record 7 in Moloni; a field in Moloni; Moloni",
                "HighLevel; the HighLevel record 7 in HighLevel; a field in HighLevel; HighLevel",
            ]
        );
    }
}
