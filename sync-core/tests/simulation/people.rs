//! What people do at the two services, aimed at what the engine has just written.

use sync_core::engine::Side;

use crate::service::{Contents, Record};
use crate::world::State;

fn side(state: &mut State) -> Side {
    if state.rng.half() { Side::Left } else { Side::Right }
}

fn tell(state: &mut State, side: Side, id: &str, what: &str) {
    if state.trace {
        eprintln!("{:>7} PERSON {side:?} {id}: {what}", state.time);
    }
    state.told.push((side, id.to_owned()));
}

/// A new person, known at one side.
pub(crate) fn create(state: &mut State, side: Side) -> String {
    let email = format!("u{}@x.pt", state.ledger.fresh());
    insert(state, side, &email)
}

fn insert(state: &mut State, side: Side, email: &str) -> String {
    let mut contents = Contents::default();
    contents.fields.insert("email", email.to_owned());
    for field in ["name", "city", "vat"] {
        if state.rng.permille(700) {
            let value = format!("u{}.{field}", state.ledger.fresh());
            let value = state.services[side].stored(field, &value);
            contents.fields.insert(field, value);
        }
    }
    if state.rng.half() {
        contents.tags.insert(format!("u{}", state.ledger.fresh()));
    }
    let now = state.time;
    let id = state.services[side].insert(contents.clone(), None, now);
    state.ledger.created_by_person(side, &id, &contents, now);
    tell(state, side, &id, &format!("created {contents:?}"));
    id
}

/// Somebody known at both sides already.
pub(crate) fn create_both(state: &mut State) {
    let email = format!("u{}@x.pt", state.ledger.fresh());
    insert(state, Side::Left, &email);
    insert(state, Side::Right, &email);
}

/// A record, most often one that was written a moment ago.
fn target(state: &mut State) -> Option<(Side, String)> {
    if state.rng.permille(600) {
        if let Some((side, id)) = state.touched.last().cloned() {
            if state.services[side].records.get(&id).is_some_and(Record::is_there) {
                return Some((side, id));
            }
        }
    }
    let side = side(state);
    let alive = state.services[side].alive();
    state.rng.pick(&alive).map(|id| (side, id.clone()))
}

fn edit(state: &mut State) {
    let Some((side, id)) = target(state) else { return };
    let field = *state.rng.pick(&["name", "name", "city", "city", "vat", "email"]).unwrap();
    let record = &state.services[side].records[&id];
    if field == "city" && record.frozen {
        return;
    }
    // Now and then what was there before.
    let earlier: Vec<String> =
        record.history.iter().filter_map(|(_, c)| c.fields.get(field).cloned()).collect();
    let value = if field != "email" && state.rng.permille(50) && !earlier.is_empty() {
        state.rng.pick(&earlier).cloned().unwrap_or_default()
    } else if field == "email" {
        format!("u{}@x.pt", state.ledger.fresh())
    } else {
        format!("u{}.{field}", state.ledger.fresh())
    };
    let value = state.services[side].stored(field, &value);
    if record_value(state, side, &id, field) == value {
        return;
    }
    let now = state.time;
    state.services[side].change(&id, now, |contents| {
        contents.fields.insert(field, value.clone());
    });
    // What was there before is what the engine takes for unchanged, until it has agreed on something else.
    state.ledger.set_back = earlier.contains(&value);
    state.ledger.person_set(side, &id, field, &value, now);
    state.ledger.set_back = false;
    tell(state, side, &id, &format!("{field} = {value}"));
}

fn record_value(state: &State, side: Side, id: &str, field: &str) -> String {
    state.services[side].records[id].now().fields.get(field).cloned().unwrap_or_default()
}

fn tag(state: &mut State) {
    let Some((side, id)) = target(state) else { return };
    let tags: Vec<String> = state.services[side].records[&id].now().tags.iter().cloned().collect();
    let now = state.time;
    if state.rng.half() || tags.is_empty() {
        let tag = format!("u{}", state.ledger.fresh());
        state.services[side].change(&id, now, |contents| {
            contents.tags.insert(tag.clone());
        });
        state.ledger.added.insert(tag.clone(), (side, id.clone(), now));
        tell(state, side, &id, &format!("tagged {tag}"));
    } else {
        let tag = state.rng.pick(&tags).unwrap().clone();
        state.services[side].change(&id, now, |contents| {
            contents.tags.remove(&tag);
        });
        state.ledger.person_removed(side, &id, &tag, now);
        tell(state, side, &id, &format!("untagged {tag}"));
    }
}

fn delete(state: &mut State) {
    let Some((side, id)) = target(state) else { return };
    let now = state.time;
    state.services[side].change(&id, now, |contents| contents.there = false);
    tell(state, side, &id, "deleted");
}

fn merge(state: &mut State) {
    let side = side(state);
    let alive = state.services[side].alive();
    let (Some(loser), Some(survivor)) = (state.rng.pick(&alive).cloned(), state.rng.pick(&alive).cloned())
    else {
        return;
    };
    if loser == survivor {
        return;
    }
    let now = state.time;
    state.services[side].change(&loser, now, |contents| {
        contents.there = false;
        contents.moved_to = Some(survivor.clone());
    });
    // The survivor changes as well: it is shown as changed.
    state.services[side].change(&survivor, now, |_| {});
    crate::notes::moved(state, side, &loser, &survivor);
    tell(state, side, &loser, &format!("merged into {survivor}"));
}

fn freeze(state: &mut State) {
    let Some((side, id)) = target(state) else { return };
    if state.settings.services[side].freezes {
        state.services[side].records.get_mut(&id).unwrap().frozen = true;
        tell(state, side, &id, "frozen");
    }
}

/// One thing that a person does.
pub(crate) fn act(state: &mut State) {
    match state.rng.below(100) {
        0..=7 => {
            let side = side(state);
            create(state, side);
        }
        8..=19 => tag(state),
        20..=23 if state.settings.deletes => delete(state),
        24..=26 if state.settings.merges => merge(state),
        27..=29 => freeze(state),
        30..=44 if state.settings.notes => crate::notes::act(state),
        _ => edit(state),
    }
}
