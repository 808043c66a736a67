//! The invariants, checked against what really happened.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::engine::{
    Answer, Entry, FieldValue, Fields, Happening, Link, Mapper, Mapping, ProjectionKey, Review, Side,
};
use sync_core::queue::WorkKey;

use crate::ledger::token;
use crate::service::Record;
use crate::world::{World, base};

/// What a history came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict {
    /// What went wrong; empty if nothing did.
    pub(crate) problems: Vec<String>,
    /// Edits within a round trip, or hidden by lagging reads.
    pub(crate) unseen: u64,
    /// Edits undone before they were seen.
    pub(crate) undone: u64,
    pub(crate) edits: u64,
    pub(crate) writes: u64,
    pub(crate) faults: u64,
    pub(crate) conflicts: u64,
    /// Tells two journals apart.
    pub(crate) digest: u64,
    /// The journal without the values of fields.
    pub(crate) story: Vec<String>,
    pub(crate) yields: u64,
}

impl Verdict {
    pub(crate) fn add(&mut self, other: &Self) {
        self.edits += other.edits;
        self.writes += other.writes;
        self.faults += other.faults;
        self.unseen += other.unseen;
        self.undone += other.undone;
        self.conflicts += other.conflicts;
        self.yields += other.yields;
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { edits, writes, faults, conflicts, unseen, undone, .. } = self;
        write!(
            f,
            "{edits} edits, {writes} writes, {faults} faults, {conflicts} conflicts decided by a policy; \
             {unseen} edits within a round trip, {undone} undone before they were seen"
        )
    }
}

/// What is left of a history: what happened at the services, and what the engine has kept of it.
pub(crate) struct Evidence {
    pub(crate) world: World,
    pub(crate) mapping: Mapping,
    pub(crate) journal: Vec<Entry>,
    pub(crate) links: Vec<Link>,
    /// What a person is asked about.
    pub(crate) reviews: Vec<Review>,
}

impl Evidence {
    fn is_asked(&self, about: &WorkKey) -> bool {
        self.reviews.iter().any(|review| review.about == *about)
    }

    /// The canonical fields of a record as it is now.
    fn fields(&self, side: Side, id: &str) -> Fields {
        let state = self.world.lock();
        let record = &state.services[side].records[id];
        let snapshot = state.services[side].snapshot(id, record, record.now(), 0, base());
        self.mapping.read(side, &snapshot)
    }
}

/// I14: what is stored in privacy mode holds nothing that a person typed, but in a write that is still to be found out.
fn secrecy(history: &Evidence, links: &[Link], journal: &[Entry], verdict: &mut Verdict) {
    let state = history.world.lock();
    let is_there = |link: &Link, side: Side| {
        let at = link.ends[side].as_ref()?;
        state.services[side].records.get(at.id.as_str()).filter(|record| record.is_there())
    };
    let mut links = links.to_vec();
    for link in &mut links {
        link.pending = None;
        // Nobody sees back what was written to a record that is gone.
        let both = is_there(link, Side::Left).and(is_there(link, Side::Right)).is_some();
        link.fields.iter_mut().filter(|_| !both).for_each(|field| field.state.unsettled = None);
    }
    let stored = serde_json::to_string(&(links, journal)).unwrap();
    let typed = state.ledger.edits.iter().filter_map(|edit| token(&edit.value));
    let tags = state.ledger.added.keys().map(String::as_str);
    for text in typed.chain(tags) {
        if [".", "@", "\""].iter().any(|end| stored.contains(&format!("\"{text}{end}"))) {
            verdict.problems.push(format!("I14: {text} is stored"));
        }
    }
}

/// Everything that a person is told of: values that lost by a policy, that wait, or that were refused.
fn named(journal: &[Entry]) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    let mut name = |value: &FieldValue| match value {
        FieldValue::Text(text) => {
            named.insert(token(text).unwrap_or(text).to_owned());
        }
        FieldValue::Set(members) => named.extend(members.iter().cloned()),
        FieldValue::Empty | FieldValue::Unknown => {}
    };
    for entry in journal {
        match &entry.what {
            Happening::Overrode { value, .. } => name(value),
            Happening::Parked { left, right, .. } => {
                name(left);
                name(right);
            }
            Happening::Refused { sent, .. } => name(sent),
            _ => {}
        }
    }
    named
}

pub(crate) fn invariants(history: &Evidence, verdict: &mut Verdict) {
    let Evidence { journal, links, .. } = history;
    verdict.conflicts =
        journal.iter().filter(|e| matches!(e.what, Happening::Overrode { .. })).count() as u64;
    let named = named(journal);
    let live: Vec<_> = links.iter().filter(|link| link.is_live()).collect();
    one_link_each(&live, verdict);
    ended_for_a_reason(history, links, verdict);
    verdict.problems.extend(history.world.lock().ledger.restored.iter().cloned());
    no_duplicates(history, links, verdict);
    for link in &live {
        agreement(history, link, links, journal, &named, verdict);
    }
    overwritten(history, &live, journal, &named, verdict);
    effort(history, verdict);
    used(history, verdict);
    if history.world.lock().settings.privacy {
        // Nothing is named. That the same is done as with values shows that it would be.
        verdict.problems.retain(|problem| !problem.starts_with("I4"));
        secrecy(history, links, journal, verdict);
    }
    if history.world.lock().settings.notes {
        derived(history, &live, journal, verdict);
    }
    let state = history.world.lock();
    let mut unasked = state.ledger.removals.iter().filter(|gone| !state.ledger.to_delete.contains(*gone));
    if let Some((side, id)) = unasked.next() {
        verdict.problems.push(format!("I8: {side:?} {id} was deleted, and nothing allows it"));
    }
}

/// I7.
pub(crate) fn one_link_each(live: &[&Link], verdict: &mut Verdict) {
    let mut seen = BTreeSet::new();
    for link in live {
        for side in [Side::Left, Side::Right] {
            if let Some(at) = &link.ends[side] {
                if !seen.insert((side, at.clone())) {
                    verdict.problems.push(format!("I7: {side:?} {} is in two live links", at.id));
                }
            }
        }
    }
}

/// A pair ends only when a record of it is gone.
fn ended_for_a_reason(history: &Evidence, links: &[Link], verdict: &mut Verdict) {
    let state = history.world.lock();
    for link in links.iter().filter(|link| !link.is_live()) {
        let there = |side: Side| {
            let at = link.ends[side].as_ref()?;
            state.services[side].records.get(at.id.as_str()).filter(|record| record.is_there())
        };
        if there(Side::Left).is_some() && there(Side::Right).is_some() {
            verdict.problems.push(format!("I8: {} has ended, and both its records are there", link.id));
        }
    }
}

/// I3.
fn no_duplicates(history: &Evidence, links: &[Link], verdict: &mut Verdict) {
    let state = history.world.lock();
    let mut made: BTreeMap<(Side, &str), Vec<String>> = BTreeMap::new();
    for side in [Side::Left, Side::Right] {
        for (id, record) in state.services[side].records.iter().filter(|(_, r)| r.is_there()) {
            if let Some(link) = &record.created_for {
                made.entry((side, link)).or_default().push(id.clone());
            }
        }
    }
    for ((_, link), ids) in made {
        if ids.len() > 1 {
            verdict.problems.push(format!("I3: {} were created for {link}", ids.join(", ")));
        }
        // The founder of this link, if it was itself created for another record that is still there.
        let name = link.trim_start_matches("sim:").split('#').next().unwrap_or_default();
        let (side, founder) = match name.strip_prefix('~') {
            Some(id) => (Side::Right, id),
            None => (Side::Left, name),
        };
        let Some(founder) = state.services[side].records.get(founder) else { continue };
        let Some(first) = &founder.created_for else { continue };
        let origin = first.trim_start_matches("sim:").split('#').next().unwrap_or_default();
        let (side, origin) = match origin.strip_prefix('~') {
            Some(id) => (Side::Right, id),
            None => (Side::Left, origin),
        };
        let ended = links.iter().any(|l| l.id.as_str() == first && !l.is_live());
        let is_there = state.services[side].records.get(origin).is_some_and(Record::is_there);
        if is_there && !ended {
            verdict.problems.push(format!("I3: {link} was founded by a record that was created for {first}"));
        }
    }
}

/// I1, and of I4 what is in place in the end.
fn agreement(
    history: &Evidence,
    link: &Link,
    links: &[Link],
    journal: &[Entry],
    named: &BTreeSet<String>,
    verdict: &mut Verdict,
) {
    let (Some(left), Some(right)) = (&link.ends.left, &link.ends.right) else {
        let founder = link.ends.left.as_ref().or(link.ends.right.as_ref());
        let asked = journal.iter().any(|entry| {
            entry.about == WorkKey::Link(link.id.clone())
                && matches!(entry.what, Happening::Asked(_) | Happening::Answered { .. })
        });
        if !asked && !history.is_asked(&WorkKey::Link(link.id.clone())) {
            verdict.problems.push(format!("I1: {} has no partner: {founder:?}", link.id));
        }
        return;
    };
    {
        let state = history.world.lock();
        let there = |side: Side, id: &str| state.services[side].records.get(id).is_some_and(Record::is_there);
        if !there(Side::Left, left.id.as_str()) || !there(Side::Right, right.id.as_str()) {
            // Edited and deleted: a person was asked.
            drop(state);
            let key = WorkKey::Link(link.id.clone());
            // A side that lists nothing at all has tripped a guard: nothing is taken for deleted.
            let empty = [Side::Left, Side::Right]
                .iter()
                .any(|side| history.world.lock().services[*side].alive().is_empty());
            if !empty && !history.is_asked(&key) {
                verdict.problems.push(format!("I1: {} has lost a record, and nobody is asked", link.id));
            }
            return;
        }
    }
    let (l, r) =
        (history.fields(Side::Left, left.id.as_str()), history.fields(Side::Right, right.id.as_str()));
    for (position, rules) in history.mapping.rules().fields.iter().enumerate() {
        let (lv, rv) = (l.get(position), r.get(position));
        let equal = lv == rv || rules.stored(Side::Right, lv) == *rv || rules.stored(Side::Left, rv) == *lv;
        let field = link.fields.iter().find(|field| field.name == rules.name);
        let parked = field.and_then(|f| f.state.parked.as_ref());
        // In privacy mode nobody can see at which values.
        let is_hidden = history.world.lock().settings.privacy;
        let is_parked = parked.is_some_and(|p| is_hidden || (p.values.left == *lv && p.values.right == *rv));
        let refused = journal.iter().any(|entry| {
            entry.about == WorkKey::Link(link.id.clone())
                && matches!(&entry.what, Happening::Refused { field, .. } if *field == rules.name)
        });
        let one_way = rules.name == "vat";
        // They differ on purpose.
        let is_left = journal.iter().any(|entry| {
            matches!(&entry.what, Happening::Answered { review, answer }
                if answer == "leave" && review.starts_with(&format!("pair {}, {}:", link.id, rules.name)))
        });
        let is_agreed = |side, value| {
            let agreed = field.and_then(|field| field.state.agreed[side].as_ref());
            agreed.is_some_and(|agreed| is_hidden || agreed.is(value))
        };
        let is_left = is_left && is_agreed(Side::Left, lv) && is_agreed(Side::Right, rv);
        // Which values survive a merge of two records, its person has decided.
        let was_moved = |link: &Link| {
            journal.iter().any(|entry| {
                entry.about == WorkKey::Link(link.id.clone()) && matches!(entry.what, Happening::Moved(..))
            })
        };
        let moved = was_moved(link);
        if !equal && !is_parked && !refused && !one_way && !is_left {
            verdict.problems.push(format!("I1: {} {}: {lv:?} and {rv:?}", link.id, rules.name));
        }
        if moved {
            continue;
        }
        // What was removed from a record that a person had created again went with it.
        let is_again = journal.iter().any(|entry| {
            matches!(&entry.what, Happening::Answered { review, answer }
                if answer == "recreate" && review.starts_with(&format!("pair {}:", link.id)))
        });
        if rules.name == "tags" && is_again {
            continue;
        }
        if rules.name == "tags" {
            members(history, link, lv, rv, named, verdict);
        } else {
            let explained = is_parked || refused || is_left;
            let earlier: Vec<&Link> = links.iter().filter(|l| !l.is_live() && !was_moved(l)).collect();
            let field =
                Field { name: &rules.name, left: lv, right: rv, explained, former: former(link, journal) };
            last_edit(history, link, &earlier, &field, named, verdict);
        }
    }
}

/// One field of a pair as it is in the end.
struct Field<'a> {
    name: &'a str,
    left: &'a FieldValue,
    right: &'a FieldValue,
    /// Whether a person was asked about it.
    explained: bool,
    /// Records that were in the pair before others were created in their place.
    former: Vec<(Side, String)>,
}

/// Records that were in a pair, and are not any more.
fn former(link: &Link, journal: &[Entry]) -> Vec<(Side, String)> {
    let about = sync_core::queue::WorkKey::Link(link.id.clone());
    let been = journal.iter().filter(|entry| entry.about == about).filter_map(|entry| match &entry.what {
        Happening::Founded(side, at) | Happening::Linked(side, at) | Happening::Created(side, at, _) => {
            Some((*side, at))
        }
        _ => None,
    });
    been.filter(|(side, at)| link.ends[*side].as_ref() != Some(*at))
        .map(|(side, at)| (side, at.id.to_string()))
        .collect()
}

/// The last edit of a field must be in place at both sides, or named, or not to be seen.
fn last_edit(
    history: &Evidence,
    link: &Link,
    earlier: &[&Link],
    field: &Field<'_>,
    named: &BTreeSet<String>,
    verdict: &mut Verdict,
) {
    let Field { name: field, left: lv, right: rv, explained, ref former } = *field;
    let state = history.world.lock();
    let ledger = &state.ledger;
    let last = |side: Side| {
        let at = link.ends[side].as_ref()?;
        let before = earlier.iter().filter(|l| l.ends[side].as_ref() == Some(at));
        // What came to the record from an earlier partner, which is gone, is later than its own edits before that.
        let from_before = before.filter_map(|l| {
            let partner = l.ends[side.other()].as_ref()?;
            let edit = ledger.last(side.other(), partner.id.as_str(), field)?;
            ledger.is_delivered(&ledger.edits[edit]).then_some(edit)
        });
        ledger
            .last(side, at.id.as_str(), field)
            .into_iter()
            .chain(from_before)
            .max_by_key(|e| ledger.edits[*e].at)
    };
    let (left, right) = (last(Side::Left), last(Side::Right));
    // Of a one-way field, edits against the way go nowhere.
    let right = right.filter(|_| field != "vat");
    // What the pair got from a record that is not in it any more.
    let one_way = field == "vat";
    let gone = former.iter().filter(|_| !one_way).filter_map(|(side, id)| ledger.last(*side, id, field));
    let gone = gone.filter(|edit| ledger.is_delivered(&ledger.edits[*edit]));
    let all = left.into_iter().chain(right).chain(gone);
    let Some(latest) = all.max_by_key(|edit| ledger.edits[*edit].at) else { return };
    let edit = &ledger.edits[latest];
    let same_moment =
        [left, right].into_iter().flatten().any(|e| e != latest && ledger.edits[e].at == edit.at);
    let is = |value: &FieldValue| match value {
        FieldValue::Text(text) => token(text) == token(&edit.value) && !edit.value.is_empty(),
        FieldValue::Empty => edit.value.is_empty(),
        FieldValue::Set(_) | FieldValue::Unknown => false,
    };
    if (is(lv) && is(rv)) || explained || same_moment || (field == "vat" && is(lv)) {
        return;
    }
    if named.contains(token(&edit.value).unwrap_or(&edit.value)) {
        return;
    }
    let overwritten = ledger.overwritten.iter().any(|over| over.edit == latest && over.unseen);
    if overwritten || ledger.is_within_a_round_trip(edit) {
        verdict.unseen += 1;
    } else if edit.undone {
        verdict.undone += 1;
    } else {
        verdict.problems.push(format!(
            "I4: {} {field}: {:?} by {:?} at {} is lost: {lv:?} and {rv:?}",
            link.id, edit.value, edit.side, edit.at
        ));
    }
}

/// Members that people added are there, and those that they removed are not.
fn members(
    history: &Evidence,
    link: &Link,
    lv: &FieldValue,
    rv: &FieldValue,
    named: &BTreeSet<String>,
    verdict: &mut Verdict,
) {
    let state = history.world.lock();
    let ids: BTreeSet<(Side, &str)> = [Side::Left, Side::Right]
        .into_iter()
        .filter_map(|side| Some((side, link.ends[side].as_ref()?.id.as_str())))
        .collect();
    for (tag, (side, id, _)) in &state.ledger.added {
        if !ids.contains(&(*side, id.as_str())) || named.contains(tag) {
            continue;
        }
        let (wanted, what) = match state.ledger.removed.get(tag) {
            Some(_) => (false, "removed"),
            None => (true, "added"),
        };
        let is = lv.members().contains(tag) == wanted && rv.members().contains(tag) == wanted;
        if is {
            continue;
        }
        let (on, when) = match state.ledger.removed.get(tag) {
            Some((on, at)) => (*on, *at),
            None => (*side, state.ledger.added[tag].2),
        };
        let record = link.ends[on].as_ref().map(|at| (on, at.id.to_string()));
        let within = record.is_some_and(|record| {
            state.ledger.adopted.get(&record).is_some_and(|at| when <= *at)
                || state.ledger.is_in_a_round_trip(record.0, &record.1, when)
        });
        if within || state.ledger.unseen_members.contains(tag) {
            verdict.unseen += 1;
            continue;
        }
        if state.ledger.undone_members.contains(tag) {
            verdict.undone += 1;
            continue;
        }
        verdict.problems.push(format!("I4: {} tag {tag}, which was {what}: {lv:?} and {rv:?}", link.id));
    }
}

/// What the engine wrote over before the other side had it.
fn overwritten(
    history: &Evidence,
    live: &[&Link],
    journal: &[Entry],
    named: &BTreeSet<String>,
    verdict: &mut Verdict,
) {
    let state = history.world.lock();
    let is_live = |side: Side, id: &str| {
        live.iter().any(|link| link.ends[side].as_ref().is_some_and(|at| at.id.as_str() == id))
    };
    for over in state.ledger.overwritten.iter().filter(|over| !over.delivered) {
        let edit = &state.ledger.edits[over.edit];
        let one_way = edit.field == "vat" && edit.side == Side::Right;
        let moved =
            |link: &&&Link| link.ends[edit.side].as_ref().is_some_and(|at| at.id.as_str() == edit.record);
        let moved = live.iter().find(moved).is_some_and(|link| {
            let about = WorkKey::Link(link.id.clone());
            journal.iter().any(|entry| entry.about == about && matches!(entry.what, Happening::Moved(..)))
        });
        if one_way || moved || !is_live(edit.side, &edit.record) {
            continue;
        }
        if named.contains(token(&edit.value).unwrap_or(&edit.value)) {
            continue;
        }
        if over.unseen || state.ledger.is_within_a_round_trip(edit) {
            verdict.unseen += 1;
        } else if edit.undone || state.ledger.is_typed_again(over.edit) {
            verdict.undone += 1;
        } else {
            verdict.problems.push(format!(
                "I4: {:?} {} {}: {:?} of {} was written over by {:?} at {}",
                edit.side, edit.record, edit.field, edit.value, edit.at, over.by, over.at
            ));
        }
    }
}

/// What was answered is done, or asked again.
fn used(history: &Evidence, verdict: &mut Verdict) {
    let open = &history.reviews;
    let rests = |review: &Review| {
        review.answer.is_none() || (review.field.is_none() && review.answer == Some(Answer::Leave))
    };
    // What a field is to be waits for what becomes of the record.
    let waits = |review: &&Review| {
        review.field.is_some()
            && open.iter().any(|other| other.about == review.about && other.field.is_none())
    };
    for review in open.iter().filter(|review| !rests(review) && !waits(review)) {
        verdict
            .problems
            .push(format!("I1: the answer to {} was never used: {:?}", review.key, review.answer));
    }
}

/// I9: at most so many writes for each edit and each fault.
fn effort(history: &Evidence, verdict: &mut Verdict) {
    let state = history.world.lock();
    let edits = (state.ledger.edits.len() + state.ledger.added.len() + state.ledger.removed.len()) as u64
        + state.ledger.answers;
    let most = 3 * edits + 4 * state.ledger.faults + 20;
    if state.ledger.writes > most {
        verdict.problems.push(format!(
            "I9: {} writes for {edits} edits and {} faults",
            state.ledger.writes, state.ledger.faults
        ));
    }
}

/// I3 and I1 of derived records: each open invoice has one note under its owner's partner, unless a person deleted it.
fn derived(history: &Evidence, live: &[&Link], journal: &[Entry], verdict: &mut Verdict) {
    let state = history.world.lock();
    verdict.problems.extend(state.notes.problems.iter().cloned());
    let mut by_marker: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, note) in &state.notes.all {
        by_marker.entry(&note.marker).or_default().push(id);
    }
    let known: BTreeSet<&str> = journal
        .iter()
        .filter_map(|entry| match &entry.what {
            Happening::Created(Side::Right, at, _) | Happening::Linked(Side::Right, at) => {
                Some(at.id.as_str())
            }
            _ => None,
        })
        .collect();
    for (marker, ids) in &by_marker {
        // Deleted before the engine knew that it was there: its create was not answered yet.
        let counted: Vec<&str> =
            ids.iter().copied().filter(|id| state.notes.all[*id].there || known.contains(id)).collect();
        verdict.unseen += (ids.len() - counted.len()) as u64;
        if counted.len() > 1 {
            verdict.problems.push(format!("I3: notes {} carry {marker}", counted.join(", ")));
        }
    }
    let is_asked = |marker: &str| {
        let about = WorkKey::Projection(ProjectionKey::new(marker));
        journal.iter().any(|entry| entry.about == about && matches!(entry.what, Happening::Asked(_)))
    };
    for (id, document) in &state.notes.documents {
        let partner = live.iter().find(|link| {
            link.ends.left.as_ref().is_some_and(|at| at.id.as_str() == document.owner)
                && link.ends.right.is_some()
        });
        let there = state.services.left.records.get(&document.owner).is_some_and(Record::is_there);
        let Some(partner) = partner.filter(|_| there) else { continue };
        let right = partner.ends.right.as_ref().map(|at| at.id.to_string()).unwrap_or_default();
        if !state.services.right.records.get(&right).is_some_and(Record::is_there) {
            continue;
        }
        let marker = format!("note:{id}");
        let note = by_marker.get(marker.as_str()).and_then(|ids| {
            // The last one: an earlier one may have been deleted.
            state
                .notes
                .all
                .get(*ids.iter().max_by_key(|id| id.trim_start_matches('N').parse::<u64>().unwrap_or(0))?)
        });
        match note {
            // Nobody can tell whether it went along when its place was merged, and a person was asked.
            None if is_asked(&marker) => {}
            None if !document.paid => {
                verdict.problems.push(format!("I1: {id} of {} has no note", document.owner));
            }
            Some(note) if note.there && note.edited.is_none() => {
                let wanted = (format!("collect {}", document.amount), document.paid);
                if (note.body.clone(), note.done) != wanted && note.under == right {
                    verdict.problems.push(format!(
                        "I1: the note of {id} says {:?} {}, not {wanted:?}",
                        note.body, note.done
                    ));
                }
            }
            _ => {}
        }
    }
}
