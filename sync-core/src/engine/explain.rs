//! The story of one record, for a person who asks how it came to be as it is.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::answer::{Answer, AnswerKind};
use super::handle::Engine;
use super::journal::{Entry, FieldWrite, Happening, RunId};
use super::link::{Link, LinkId, LinkStatus, PendingOp};
use super::merge::{FieldState, Reason};
use super::projection::Projection;
use super::record::{RecordRef, Side};
use super::review::Review;
use super::runtime::{EngineError, Runtime};
use super::side_names::SideNames;
use super::undo::{change, minute, quiet_debug, shown};
use super::value::FieldValue;
use crate::StoreError;
use crate::queue::WorkKey;

/// How many entries of the journal are read at once.
const PAGE: usize = 500;
/// How wide a story is printed.
const WIDTH: usize = 80;

/// What is known of one record, and what was done to it.
///
/// It is for a person who may see the record: it holds the values that the fields had, and shows them in `Display` (80
/// columns, times in UTC) and serialised. Keep it out of logs; its `Debug` form holds no values.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Story {
    /// The record's side.
    pub side: Side,
    /// Where it is.
    pub at: RecordRef,
    /// One for each pair that it is or was in, the present one last, and one for each record derived for that. None if
    /// nothing is known of the record.
    pub chapters: Vec<Chapter>,
    /// What people call the sides.
    #[serde(skip)]
    sides: SideNames,
}

/// What is known of one thing in a [`Story`].
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Chapter {
    /// Of what.
    pub about: WorkKey,
    /// How things stand, and what is waited for, in sentences.
    pub state: Vec<String>,
    /// What a person is asked.
    pub questions: Vec<Review>,
    /// What was done, the oldest first.
    pub events: Vec<Told>,
}

/// Something that was done, in words.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Told {
    /// The number of its entry in the journal.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: Option<RunId>,
    /// What, such as `name on the right side: "Ana" -> "Ana Lima"`.
    pub words: String,
}

quiet_debug!(Story: side, at, chapters);
quiet_debug!(Chapter: about, events);
quiet_debug!(Told: number, at, run);

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wrapped(f, "", &format!("The {} {}", self.sides.record(self.side), place(&self.at)))?;
        if self.chapters.is_empty() {
            wrapped(f, "  ", "Nothing is known of it: it is in no pair, and nobody is asked about it.")?;
        }
        for chapter in &self.chapters {
            wrapped(f, "", &self.sides.about(&chapter.about))?;
            for sentence in &chapter.state {
                wrapped(f, "  ", sentence)?;
            }
            for review in &chapter.questions {
                wrapped(f, "  ", &format!("asked since {}: {}", minute(review.opened_at), review.message))?;
            }
            let mut run = None;
            for told in &chapter.events {
                // A run writes many fields: it is named once.
                if run != told.run.as_ref() {
                    run = told.run.as_ref();
                    wrapped(
                        f,
                        "  ",
                        &run.map_or("Beside any run:".to_owned(), |run| format!("In run {run}:")),
                    )?;
                }
                wrapped(f, "    ", &format!("{} {}", minute(told.at), told.words))?;
            }
        }
        Ok(())
    }
}

/// Writes a sentence in lines of [`WIDTH`]; those after the first are indented further. A word that is too long for a line
/// has one of its own.
fn wrapped(f: &mut fmt::Formatter<'_>, indent: &str, sentence: &str) -> fmt::Result {
    let mut line = indent.to_owned();
    let mut is_empty = true;
    for word in sentence.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(f, "{line}")?;
            line = format!("{indent}    {word}");
            continue;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(f, "{line}")
}

fn place(at: &RecordRef) -> String {
    match &at.parent {
        Some(parent) => format!("{} of {parent}", at.id),
        None => at.id.to_string(),
    }
}

/// An entry of the journal in words, one for each field that was written.
fn words(about: &WorkKey, what: &Happening, sides: &SideNames) -> Vec<String> {
    let record = |side: Side, at: &RecordRef| format!("the {} {}", sides.record(side), place(at));
    // The names of questions and the journal's words for answers are the same whatever the sides are called.
    let question = |key: &str| match key.strip_prefix(&about.to_string()) {
        Some(rest) => format!("{}{rest}", sides.about(about)),
        None => key.to_owned(),
    };
    let answer = |told: &str| {
        let taken = Side::BOTH.into_iter().find(|side| Answer::Take(*side).to_string() == told);
        taken.map_or(told.to_owned(), |side| format!("{} {}", AnswerKind::Take, sides.word(side)))
    };
    let fields = |fields: &[FieldWrite], of: fn(&FieldWrite) -> &FieldValue| {
        let told = fields.iter().map(|write| format!("{} {}", write.field, shown(of(write))));
        let told = told.collect::<Vec<_>>().join(", ");
        if told.is_empty() { told } else { format!(", with {told}") }
    };
    vec![match what {
        Happening::Founded(side, at) => format!("{} founded the pair", record(*side, at)),
        Happening::Returned(side, at) => {
            format!("{} was there again and founded a new pair", record(*side, at))
        }
        Happening::Linked(side, at) => {
            format!("{} was found to be the other half", record(*side, at))
        }
        Happening::Created(side, at, written) => {
            format!("{} was created{}", record(*side, at), fields(written, |write| &write.after))
        }
        Happening::Wrote(side, writes) => {
            let told = |FieldWrite { field, before, after }: &FieldWrite| {
                let at = sides.at(*side);
                if before.is_known() || after.is_known() {
                    format!("{field} {at}: {}", change(before, after))
                } else {
                    format!("{field} {at} was written")
                }
            };
            return writes.iter().map(told).collect();
        }
        Happening::Removed(side, at, lost) => {
            format!("{} was deleted{}", record(*side, at), fields(lost, |write| &write.before))
        }
        Happening::Overrode { side, field, value } => {
            format!("{field} {} lost {} to the other side's value", sides.at(*side), shown(value))
        }
        Happening::Parked { field, left, right } => {
            format!("{field} was left to a person: {}", both(left, right, sides))
        }
        Happening::Refused { side, field, sent } => {
            format!("{field} {} stayed as it was: {} was not taken", sides.at(*side), shown(sent))
        }
        Happening::NotApplied(side) => format!("a write {} did not take effect", sides.at(*side)),
        Happening::Moved(side, at) => {
            format!("the record {} was merged into {}", sides.at(*side), place(at))
        }
        Happening::Ended => "it ended".to_owned(),
        Happening::LeftToHuman => "it was left to a person".to_owned(),
        Happening::Asked(key) => format!("a person was asked ({})", question(key)),
        Happening::Answered { review, answer: told } => {
            format!("a person answered {} ({})", answer(told), question(review))
        }
    }]
}

impl Engine {
    /// Tells the story of a record: its pair, what both agree on and what is waited for, what a person is asked, what the
    /// journal says of it and of its earlier pairs, and what was derived for it. It asks no service.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn explain(&self, side: Side, at: &RecordRef) -> Result<Story, EngineError> {
        Ok(self.runtime.story(side, at).await?)
    }
}

impl Runtime {
    async fn story(&self, side: Side, at: &RecordRef) -> Result<Story, StoreError> {
        let mut links: BTreeMap<LinkId, Link> = BTreeMap::new();
        for link in self.store.links_with(side, at).await? {
            links.insert(link.id.clone(), link);
        }
        // The record may have been merged into another one since it founded a pair.
        for number in 1.. {
            let id = LinkId::founded_by(&self.name, side, at, number);
            let Some(found) = self.store.link(&id).await? else { break };
            links.insert(id, found.value);
        }
        let mut chapters = Vec::new();
        let alone = self.chapter(WorkKey::Birth(side, at.clone()), Vec::new()).await?;
        if !alone.questions.is_empty() || !alone.events.is_empty() {
            chapters.push(alone);
        }
        let mut pairs = Vec::new();
        for link in links.values() {
            let chapter = self.chapter(WorkKey::Link(link.id.clone()), self.state(link)).await?;
            pairs.push((link.is_live(), chapter.events.first().map(|told| told.number), chapter));
        }
        pairs.sort_by_key(|(is_live, first, _)| (*is_live, *first));
        chapters.extend(pairs.into_iter().map(|(.., chapter)| chapter));
        let live = links.into_values().find(Link::is_live);
        let owner = match side {
            Side::Left => Some(at.clone()),
            Side::Right => live.and_then(|link| link.ends.left),
        };
        if let Some(owner) = owner.filter(|owner| owner.parent.is_none()) {
            for found in self.store.projections_of(&owner.id).await? {
                let projection = found.value;
                let key = WorkKey::Projection(projection.key.clone());
                chapters.push(self.chapter(key, self.derived_state(&projection)).await?);
            }
        }
        Ok(Story { side, at: at.clone(), chapters, sides: self.sides.clone() })
    }

    /// All that the journal tells about something.
    pub(super) async fn told_about(&self, about: &WorkKey) -> Result<Vec<(u64, Entry)>, StoreError> {
        let mut all: Vec<(u64, Entry)> = Vec::new();
        loop {
            let after = all.last().map_or(0, |(number, _)| *number);
            let page = self.store.journal(Some(about), after, PAGE).await?;
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn chapter(&self, about: WorkKey, state: Vec<String>) -> Result<Chapter, StoreError> {
        let questions = self.store.reviews_about(&about).await?;
        let told = |(number, Entry { at, run, what, .. }): (u64, Entry)| {
            let words = words(&about, &what, &self.sides);
            words.into_iter().map(move |words| Told { number, at, run: run.clone(), words })
        };
        let events = self.told_about(&about).await?.into_iter().flat_map(told).collect();
        Ok(Chapter { about, state, questions, events })
    }

    /// How things stand with a pair.
    fn state(&self, link: &Link) -> Vec<String> {
        let record = |side: Side| {
            link.ends[side].as_ref().map(|at| format!("{} {}", self.sides.word(side), place(at)))
        };
        let mut state = vec![match (record(Side::Left), record(Side::Right)) {
            (Some(left), Some(right)) => format!("Records: {left} and {right}."),
            (Some(one), None) | (None, Some(one)) => {
                format!("Record: {one}. The other half is not there yet.")
            }
            (None, None) => "It has no records.".to_owned(),
        }];
        match link.status {
            LinkStatus::Active => {}
            LinkStatus::Paused => state.push("It rests while one of them is out of scope.".to_owned()),
            LinkStatus::Ended => {
                state.push("It has ended. What is left of it is not synced any more.".to_owned());
                return state;
            }
        }
        if let Some(pending) = &link.pending {
            let side = pending.op.side();
            let until = self.collection(side).caps().known_at(pending.send_by);
            let what = match &pending.op {
                PendingOp::Create { .. } => "A create".to_owned(),
                PendingOp::Remove { .. } => "A deletion".to_owned(),
                PendingOp::Update { sent, .. } => {
                    let names: Vec<_> = sent.iter().map(|sent| sent.field.as_str()).collect();
                    format!("A write of {}", names.join(", "))
                }
            };
            state.push(format!(
                "{what} {} was announced at {} and is not answered: what became of it can be found out after {}.",
                self.sides.at(side),
                minute(pending.at),
                minute(until),
            ));
        }
        for side in Side::BOTH {
            if let Some(first) = link.gone_at[side] {
                let sure = first.checked_add(self.collection(side).caps().read_lag).unwrap_or(Timestamp::MAX);
                state.push(format!(
                    "The {} was not there at {}: it counts as gone if that is still so after {}.",
                    self.sides.record(side),
                    minute(first),
                    minute(sure),
                ));
            }
        }
        if let Some(refused) = &link.refused {
            let by = refused.by.as_ref().map(|at| format!(", because of record {}", place(at)));
            state.push(format!("Creating the other half was refused{}.", by.unwrap_or_default()));
        }
        for field in &link.fields {
            state.extend(field_state(&field.name, &field.state, &self.sides));
        }
        state
    }

    fn derived_state(&self, projection: &Projection) -> Vec<String> {
        let mut state = vec![match &projection.at {
            Some(at) => format!("It is in {}, as {}.", projection.into, place(at)),
            None => format!("It is to be in {}, and is not there yet.", projection.into),
        }];
        if projection.left_to_human {
            state.push("A person has taken it over: it is left alone.".to_owned());
        }
        if projection.wanted.is_none() {
            state.push("Nothing calls for it any more.".to_owned());
        }
        if let Some(pending) = &projection.pending {
            let target = self.targets.get(&projection.into);
            let until = target.map_or(pending.send_by, |target| target.caps().known_at(pending.send_by));
            state.push(format!(
                "A write of it was announced at {} and is not answered: what became of it can be found out after {}.",
                minute(pending.at),
                minute(until),
            ));
        }
        state
    }
}

/// What both sides have.
fn both(left: &FieldValue, right: &FieldValue, sides: &SideNames) -> String {
    let (left_word, right_word) = (sides.word(Side::Left), sides.word(Side::Right));
    format!("{left_word} {}, {right_word} {}", shown(left), shown(right))
}

/// How things stand with a field; nothing if both sides simply agree.
fn field_state(name: &str, state: &FieldState, sides: &SideNames) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(parked) = &state.parked {
        let why = match &parked.reason {
            Reason::Conflict => "both sides changed it".to_owned(),
            Reason::FirstMeeting => "the sides never agreed on it".to_owned(),
            Reason::Frozen(side) => {
                format!("{} does not take changes of it any more", sides.side(*side))
            }
            Reason::Refused(side) => format!("{} kept its own", sides.side(*side)),
            Reason::Invalid(side, why) => format!("it does not go to {}: it {why}", sides.side(*side)),
        };
        let values = both(&parked.values.left, &parked.values.right, sides);
        told.push(format!("{name} waits for a person, because {why}: {values}."));
    }
    if let Some(unsettled) = &state.unsettled {
        let (side, at) = (sides.at(unsettled.side), minute(unsettled.at));
        told.push(format!("{name} was written {side} at {at}, and not seen back yet."));
    }
    let agreed = state.agreed.left.as_ref().zip(state.agreed.right.as_ref());
    let values = agreed.and_then(|(left, right)| left.value().zip(right.value()));
    if let Some((left, right)) = values.filter(|(left, right)| left != right && state.parked.is_none()) {
        told.push(format!("{name} differs, and both sides know: {}.", both(&left, &right, sides)));
    }
    told
}
