//! How many ids are stored in little room: each as its distance from the one before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::fingerprint::Fingerprint;

/// Ids of records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ids(pub(super) BTreeSet<u64>);

impl Serialize for Ids {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        serializer.collect_seq(self.0.iter().map(|id| id - std::mem::replace(&mut last, *id)))
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let steps = deserializer.deserialize_seq(Numbers)?;
        let mut last = 0;
        let ids = steps.into_iter().map(|step| after(&mut last, step));
        Ok(Self(ids.collect::<Result<_, _>>()?))
    }
}

/// What was seen of each record. Written as one list of numbers: distance, fingerprint, distance, fingerprint …
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known(pub(super) BTreeMap<u64, Fingerprint>);

impl Serialize for Known {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        let pairs = self.0.iter().flat_map(|(id, seen)| [id - std::mem::replace(&mut last, *id), seen.0]);
        let numbers: Vec<u64> = pairs.collect();
        serializer.collect_seq(numbers)
    }
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers = deserializer.deserialize_seq(Numbers)?;
        let mut last = 0;
        let pairs = numbers.chunks(2).map(|pair| match pair {
            [step, seen] => Ok((after(&mut last, *step)?, Fingerprint(*seen))),
            _ => Err(D::Error::custom("an id without its fingerprint")),
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }
}

fn after<E: Error>(last: &mut u64, step: u64) -> Result<u64, E> {
    *last = last.checked_add(step).ok_or_else(|| E::custom("ids beyond all numbers"))?;
    Ok(*last)
}

struct Numbers;

impl<'de> Visitor<'de> for Numbers {
    type Value = Vec<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Vec<u64>, A::Error> {
        // The length that the data claims is not trusted.
        let mut all = Vec::new();
        while let Some(number) = numbers.next_element()? {
            all.push(number);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn ids_come_back_as_they_went() {
        let ids = Ids([3, 5, 900_000_000, u64::MAX].into());
        let written = serde_json::to_string(&ids).unwrap();
        assert!(written.starts_with("[3,2,899999995,"), "{written}");
        assert_eq!(serde_json::from_str::<Ids>(&written).unwrap(), ids);
        let known = Known([(3, Fingerprint(9)), (5, Fingerprint(0))].into());
        assert_eq!(serde_json::to_value(&known).unwrap(), json!([3, 9, 2, 0]));
        assert_eq!(serde_json::from_value::<Known>(json!([3, 9, 2, 0])).unwrap(), known);
    }

    #[test]
    fn nonsense_is_an_error() {
        for value in [json!([3, 9, 2]), json!("x"), json!([-1, 0]), json!([u64::MAX, 0, 1, 0])] {
            assert!(serde_json::from_value::<Known>(value.clone()).is_err(), "{value}");
        }
        assert!(serde_json::from_value::<Ids>(json!([u64::MAX, 1])).is_err());
        assert!(serde_json::from_value::<Ids>(Value::Null).is_err());
    }
}
