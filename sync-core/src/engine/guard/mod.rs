//! What keeps a sync from doing great harm at once: limits that a plan, or an hour of live work, must not pass unasked.
//! Pure.

mod live;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::mapping::Mapper;
use super::merge::Kind;
use super::plan::{Change, RecordStep};
use super::record::Side;
use super::value::Pair;

pub(super) use live::{Held, Watch, is_pair};

/// When to stop and ask. What trips waits until a person approves the plan; everything else goes on.
///
/// ```
/// use sync_core::engine::{Guards, Limit};
///
/// let guards = Guards::new().deletes(Limit::new(3, 1)).creates(None).first_run(false);
/// # let _ = guards;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Guards {
    deletes: Option<Limit>,
    creates: Option<Limit>,
    updates: Option<Limit>,
    cleared: Option<Limit>,
    spread: Option<Limit>,
    emptied: Option<Limit>,
    first_run: bool,
    mapping: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, limit: impl Into<Option<Limit>>) -> Self {
            self.$name = limit.into();
            self
        }
    )*};
}

impl Guards {
    /// All of them, with their defaults.
    pub fn new() -> Self {
        Self {
            deletes: Some(Limit::new(10, 5)),
            creates: Some(Limit::new(50, 30)),
            updates: Some(Limit::new(50, 30)),
            cleared: Some(Limit::new(20, 10)),
            spread: Some(Limit::new(20, 10)),
            emptied: Some(Limit::new(10, 50)),
            first_run: true,
            mapping: true,
        }
    }

    /// None of them. That the state belongs to other accounts is refused all the same.
    pub fn off() -> Self {
        let (deletes, creates, updates, cleared, spread, emptied) = (None, None, None, None, None, None);
        Self { deletes, creates, updates, cleared, spread, emptied, first_run: false, mapping: false }
    }

    limits! {
        /// Sets how many pairs may lose a record at once, and with it end, or lose the other one too. Default: 10, or 5 % of
        /// all pairs, whichever is more.
        deletes
        /// Sets how many records may be created at once. Default: 50, or 30 % of all pairs. Where there is no pair yet, the
        /// [first run](Self::first_run) is asked about instead.
        creates
        /// Sets how many pairs may be written at once. Default: 50, or 30 %.
        updates
        /// Sets in how many pairs one field may be cleared at once. Default: 20, or 10 %.
        cleared
        /// Sets in how many pairs one field may get one and the same value at once. Default: 20, or 10 %.
        spread
        /// Sets how many of the linked records of a side may be missing in its list. Default: 10, or 50 %. A side that lists
        /// nothing at all trips it in any case, where more than one is known.
        emptied
    }

    /// Sets whether the first plan of a state needs approval, and live work before it does nothing. Default: yes.
    pub fn first_run(mut self, guarded: bool) -> Self {
        self.first_run = guarded;
        self
    }

    /// Sets whether a mapping that has changed since the last plan was applied needs approval. Default: yes.
    pub fn mapping(mut self, guarded: bool) -> Self {
        self.mapping = guarded;
        self
    }

    fn limit(&self, class: &GuardClass) -> Option<Limit> {
        match class {
            GuardClass::Deletes => self.deletes,
            GuardClass::Creates => self.creates,
            GuardClass::Updates => self.updates,
            GuardClass::Cleared(_) => self.cleared,
            GuardClass::Spread(_) => self.spread,
            GuardClass::Emptied(_) => self.emptied,
            GuardClass::FirstRun | GuardClass::Mapping | GuardClass::Identity => None,
        }
    }

    /// Whether anything of live work is counted.
    fn counts(&self) -> bool {
        [self.deletes, self.creates, self.updates, self.cleared, self.spread].iter().any(Option::is_some)
    }

    /// Whether the state has to remember under which mapping it was last applied.
    fn remembers(&self) -> bool {
        self.first_run || self.mapping
    }
}

/// How much may happen at once: so many, or so many in a hundred, whichever is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// So many are always let through, so that small accounts are not stopped.
    pub more_than: usize,
    /// So many in a hundred are.
    pub percent: u8,
}

impl Limit {
    /// Trips at more than `more_than` if these are more than `percent` in a hundred, too.
    pub const fn new(more_than: usize, percent: u8) -> Self {
        Self { more_than, percent }
    }

    /// Whether `count` of `of` is too much.
    pub fn is_passed(self, count: usize, of: usize) -> bool {
        count > self.more_than && count.saturating_mul(100) > of.saturating_mul(self.percent.into())
    }

    /// Of how many `count` would not be too much.
    fn harmless_among(self, count: usize) -> usize {
        count.saturating_mul(100).div_ceil(usize::from(self.percent).max(1))
    }
}

/// A kind of harm. What is of a class that has tripped waits; the other classes go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GuardClass {
    /// Pairs lose a record.
    Deletes,
    /// Records are created.
    Creates,
    /// Pairs are written.
    Updates,
    /// This field is cleared.
    Cleared(String),
    /// This field gets one and the same value. While that waits, nothing is written to the field.
    Spread(String),
    /// A side lists nothing, or much less than is known of it. Everything waits.
    Emptied(Side),
    /// Nothing was ever applied. Everything waits.
    FirstRun,
    /// The mapping is another one than that of the last plan that was applied. Everything waits.
    Mapping,
    /// The state belongs to other accounts. There is no approval for this.
    Identity,
}

impl GuardClass {
    /// Whether everything waits because of it.
    fn stops_all(&self) -> bool {
        matches!(self, Self::Emptied(_) | Self::FirstRun | Self::Mapping | Self::Identity)
    }
}

/// A guard that has tripped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// Which one.
    pub class: GuardClass,
    /// How many it saw.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// What it allows; `None` where it does not count.
    pub limit: Option<Limit>,
    /// What it saw, in words. Holds no values.
    pub words: String,
    /// What helps.
    pub helps: String,
}

/// What of a plan its guards judge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanFacts {
    /// How many pairs are known.
    pub pairs: usize,
    /// How many entries there are of each class that is counted.
    pub counts: BTreeMap<GuardClass, usize>,
    /// How many records each side lists, `None` if it was not asked.
    pub listed: Pair<Option<usize>>,
    /// How many linked records each side should list.
    pub known: Pair<usize>,
    /// How many of these it does not.
    pub missing: Pair<usize>,
    /// How many entries do something.
    pub acts: usize,
    /// Whether nothing was ever applied.
    pub is_first: bool,
    /// Whether the mapping is another one than that of the last plan that was applied.
    pub is_remapped: bool,
}

/// Says which guards trip. Deletes are not named once more where a whole side seems to be gone.
pub fn judge(facts: &PlanFacts, guards: &Guards) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    if guards.first_run && facts.is_first && facts.acts > 0 {
        verdicts.push(Verdict::new(GuardClass::FirstRun, facts.acts, 0, None));
    }
    if guards.mapping && facts.is_remapped && facts.acts > 0 {
        verdicts.push(Verdict::new(GuardClass::Mapping, facts.acts, facts.pairs, None));
    }
    verdicts.extend(Side::BOTH.into_iter().filter_map(|side| {
        let (missing, known) = (facts.missing[side], facts.known[side]);
        // One record that is gone is no emptied side.
        let lists_nothing = facts.listed[side] == Some(0) && known > 1;
        let limit = guards.emptied.filter(|limit| lists_nothing || limit.is_passed(missing, known))?;
        Some(Verdict::new(GuardClass::Emptied(side), missing, known, Some(limit)))
    }));
    let is_emptied = verdicts.iter().any(|verdict| matches!(verdict.class, GuardClass::Emptied(_)));
    for (class, count) in &facts.counts {
        let names_again = *class == GuardClass::Deletes && is_emptied;
        // Before there are pairs there is nothing to compare with.
        let is_new = *class == GuardClass::Creates && facts.pairs == 0;
        let limit = guards.limit(class).filter(|limit| limit.is_passed(*count, facts.pairs));
        if let Some(limit) = limit.filter(|_| !names_again && !is_new) {
            verdicts.push(Verdict::new(class.clone(), *count, facts.pairs, Some(limit)));
        }
    }
    verdicts
}

/// Whether a field holds a set: that two records get the same tags says nothing.
fn is_set(mapper: &dyn Mapper, field: &str) -> bool {
    let rules = mapper.position(field).and_then(|position| mapper.rules().fields.get(position));
    rules.is_some_and(|rules| rules.kind == Kind::Set)
}

/// The changes of a step that are changes of what was there: all of an update, and of a first meeting those that replace
/// something.
fn changes(step: &RecordStep) -> impl Iterator<Item = &Change> {
    let (changes, is_first) = match step {
        RecordStep::Update { changes, .. } => (changes.as_slice(), false),
        RecordStep::Link { fill, .. } => (fill.as_slice(), true),
        _ => (&[][..], false),
    };
    changes.iter().filter(move |change| !is_first || change.before.is_some())
}

/// The classes that a step of a plan is of.
pub(super) fn classes(step: &RecordStep, mapper: &dyn Mapper) -> BTreeSet<GuardClass> {
    let mut classes = BTreeSet::new();
    match step {
        RecordStep::Create => _ = classes.insert(GuardClass::Creates),
        RecordStep::Missing { partner: Some(_), .. } => _ = classes.insert(GuardClass::Deletes),
        _ => {}
    }
    for change in changes(step) {
        classes.insert(GuardClass::Updates);
        match &change.after {
            None => _ = classes.insert(GuardClass::Cleared(change.field.clone())),
            Some(_) if !is_set(mapper, &change.field) => {
                classes.insert(GuardClass::Spread(change.field.clone()));
            }
            Some(_) => {}
        }
    }
    classes
}

/// How many entries there are of each class; where a value spreads, of the most frequent one.
pub(super) fn count<'a>(
    steps: impl Iterator<Item = &'a RecordStep>,
    mapper: &dyn Mapper,
) -> BTreeMap<GuardClass, usize> {
    let mut counts: BTreeMap<GuardClass, usize> = BTreeMap::new();
    let mut values: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for step in steps {
        for class in classes(step, mapper) {
            if !matches!(class, GuardClass::Spread(_)) {
                *counts.entry(class).or_default() += 1;
            }
        }
        for change in changes(step).filter(|change| !is_set(mapper, &change.field)) {
            if let Some(value) = &change.after {
                *values.entry((&change.field, value)).or_default() += 1;
            }
        }
    }
    for ((field, _), count) in values {
        let most = counts.entry(GuardClass::Spread(field.to_owned())).or_default();
        *most = count.max(*most);
    }
    counts
}
