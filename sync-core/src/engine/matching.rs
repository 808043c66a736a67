use std::collections::BTreeSet;

use super::mapping::{Fields, Mapper};
use super::record::RecordRef;

/// A record of the other side that might be the other half.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) at: RecordRef,
    pub(super) fields: Fields,
    /// Whether it is in a link already.
    pub(super) linked: bool,
}

/// What becomes of a record without a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Birth {
    Create,
    Link(RecordRef),
    Review(String),
}

/// Decides a birth. Pure, and never a guess: what is not certain goes to a person.
///
/// `shared` tells whether several left records have the value of this record's field. `unique` are the positions
/// of fields of which the right side takes each value once. `candidates` are the right records that share at
/// least one value of a matcher or a unique field.
pub(super) fn birth(
    mapper: &dyn Mapper,
    left: &Fields,
    shared: impl Fn(usize) -> bool,
    unique: &[usize],
    candidates: &[Candidate],
) -> Birth {
    let usable: Vec<_> =
        mapper.matchers().iter().filter(|m| m.iter().all(|i| left.get(*i).text().is_some())).collect();
    if usable.is_empty() {
        return Birth::Review(format!("it has none of {}: fill in one of them", all_matchers(mapper)));
    }
    let mut found = BTreeSet::new();
    let mut certain = false;
    for matcher in usable {
        let agrees = |c: &&Candidate| !c.linked && matcher.iter().all(|i| c.fields.get(*i) == left.get(*i));
        let hits: Vec<_> = candidates.iter().filter(agrees).collect();
        if hits.len() > 1 {
            let name = matcher_name(mapper, matcher);
            let ids: Vec<_> = hits.iter().map(|hit| hit.at.id.as_str()).collect();
            let (count, ids) = (ids.len(), ids.join(", "));
            return Birth::Review(format!(
                "{count} records have its {name}, {ids}: merge them, or say which it is"
            ));
        }
        if let Some(hit) = hits.first() {
            found.insert(&hit.at);
            certain |= !matcher.iter().all(|i| shared(*i));
        }
    }
    match found.into_iter().collect::<Vec<_>>().as_slice() {
        [] => without_match(mapper, left, shared, unique, candidates),
        [only] => {
            if !certain {
                return Birth::Review(format!(
                    "record {} matches, but is matched by others as well: give each a key of its own",
                    only.id
                ));
            }
            match contradiction(mapper, left, candidates, only) {
                Some(name) => Birth::Review(format!(
                    "record {} matches, but has another {name}: correct the one that is wrong",
                    only.id
                )),
                None => Birth::Link((*only).clone()),
            }
        }
        several => {
            let ids: Vec<_> = several.iter().map(|at| at.id.as_str()).collect();
            Birth::Review(format!(
                "its keys point at different records, {}: merge them, or correct the key that is wrong",
                ids.join(", ")
            ))
        }
    }
}

/// The strongest matcher is a field such as a tax number: two that differ are two parties, whatever else agrees.
fn contradiction<'a>(
    mapper: &'a dyn Mapper,
    left: &Fields,
    candidates: &[Candidate],
    at: &RecordRef,
) -> Option<&'a str> {
    let right = &candidates.iter().find(|c| c.at == *at)?.fields;
    let strongest = mapper.matchers().first()?;
    let differs = |i: &&usize| {
        let (l, r) = (left.get(**i).text(), right.get(**i).text());
        l.zip(r).is_some_and(|(l, r)| l != r)
    };
    strongest.iter().find(differs).map(|i| mapper.name(*i))
}

/// Nothing matches: creates, unless the right side would refuse it.
fn without_match(
    mapper: &dyn Mapper,
    left: &Fields,
    shared: impl Fn(usize) -> bool,
    unique: &[usize],
    candidates: &[Candidate],
) -> Birth {
    for position in unique {
        if left.get(*position).text().is_none() {
            continue;
        }
        let name = mapper.name(*position);
        if shared(*position) {
            return Birth::Review(format!(
                "others have the same {name}, and only one record can: change it in all but one"
            ));
        }
        if let Some(taken) = candidates.iter().find(|c| c.fields.get(*position) == left.get(*position)) {
            return Birth::Review(format!(
                "record {} has its {name}, and nothing else agrees: correct the one that is wrong",
                taken.at.id
            ));
        }
    }
    Birth::Create
}

fn matcher_name(mapper: &dyn Mapper, matcher: &[usize]) -> String {
    matcher.iter().map(|i| mapper.name(*i)).collect::<Vec<_>>().join(" and ")
}

fn all_matchers(mapper: &dyn Mapper) -> String {
    mapper.matchers().iter().map(|m| matcher_name(mapper, m)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Mapping, RecordId, RecordRef, Side, Snapshot};
    use serde_json::{Value, json};

    fn mapping() -> Mapping {
        Mapping::builder()
            .field("vat", |f| f.left("vat").right("vat"))
            .field("email", |f| f.left("email").right("email"))
            .field("phone", |f| f.left("phone").right("phone"))
            .field("name", |f| f.left("name").right("name"))
            .matched_by(["vat"])
            .matched_by(["email"])
            .matched_by(["phone", "name"])
            .build()
            .unwrap()
    }

    fn fields(side: Side, value: &Value) -> Fields {
        let at = RecordRef::top(RecordId::new("x"));
        mapping().read(side, &Snapshot::new(at, value.as_object().cloned().unwrap()))
    }

    /// Left record, names of its fields that are shared, right records (`linked` marks a linked one), result.
    type Row = (&'static str, Value, &'static [&'static str], Value, &'static str);

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn births_follow_their_table() {
        let table: Vec<Row> = vec![
            (
                "no key",
                json!({ "name": "Ana" }),
                &[],
                json!([]),
                "review: it has none of vat, email, phone and name",
            ),
            ("nothing there", json!({ "vat": "1" }), &[], json!([]), "create"),
            ("one by vat", json!({ "vat": "1" }), &[], json!([{ "vat": "1" }]), "link 0"),
            ("one by mail", json!({ "vat": "1", "email": "a" }), &[], json!([{ "email": "a" }]), "link 0"),
            ("phone alone is no key", json!({ "phone": "9" }), &[], json!([]), "review: it has none"),
            (
                "phone and name",
                json!({ "phone": "9", "name": "Ana" }),
                &[],
                json!([{ "phone": "9", "name": "Ana" }]),
                "link 0",
            ),
            (
                "phone of somebody else",
                json!({ "phone": "9", "name": "Ana" }),
                &[],
                json!([{ "phone": "9", "name": "Rui" }]),
                "review: record 0 has its phone",
            ),
            (
                "two by vat",
                json!({ "vat": "1" }),
                &[],
                json!([{ "vat": "1" }, { "vat": "1" }]),
                "review: 2 records",
            ),
            (
                "two keys, two records",
                json!({ "vat": "1", "email": "a" }),
                &[],
                json!([{ "vat": "1" }, { "email": "a" }]),
                "review: its keys point at different records, 0, 1: merge",
            ),
            (
                "two keys, one record",
                json!({ "vat": "1", "email": "a" }),
                &[],
                json!([{ "vat": "1", "email": "a" }]),
                "link 0",
            ),
            (
                "same mail, other vat",
                json!({ "vat": "1", "email": "a" }),
                &[],
                json!([{ "vat": "2", "email": "a" }]),
                "review: record 0 matches, but has another vat",
            ),
            (
                "shared vat",
                json!({ "vat": "1" }),
                &["vat"],
                json!([{ "vat": "1" }]),
                "review: record 0 matches, but",
            ),
            (
                "shared vat, own mail",
                json!({ "vat": "1", "email": "a" }),
                &["vat"],
                json!([{ "vat": "1", "email": "a" }]),
                "link 0",
            ),
            ("shared vat, nothing there", json!({ "vat": "1" }), &["vat"], json!([]), "create"),
            ("shared mail", json!({ "email": "a" }), &["email"], json!([]), "review: others have the same"),
            (
                "linked to another",
                json!({ "vat": "1" }),
                &[],
                json!([{ "vat": "1", "linked": "yes" }]),
                "create",
            ),
            (
                "mail linked to another",
                json!({ "email": "a" }),
                &[],
                json!([{ "email": "a", "linked": "yes" }]),
                "review: record 0 has its email",
            ),
        ];
        let mapping = mapping();
        for (name, left, shared, right, want) in table {
            let candidates = (0..).zip(right.as_array().unwrap()).map(|(i, value)| Candidate {
                at: RecordRef::top(RecordId::new(i)),
                fields: fields(Side::Right, value),
                linked: value.get("linked").is_some(),
            });
            let candidates: Vec<_> = candidates.collect();
            let is_shared = |i| shared.contains(&mapping.name(i));
            let got = match birth(&mapping, &fields(Side::Left, &left), is_shared, &[1, 2], &candidates) {
                Birth::Create => "create".to_owned(),
                Birth::Link(at) => format!("link {}", at.id),
                Birth::Review(why) => format!("review: {why}"),
            };
            assert!(got.starts_with(want), "{name}: {got}");
        }
    }
}
