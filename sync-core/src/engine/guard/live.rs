use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{GuardClass, Guards, PlanFacts, Verdict, is_set, judge};
use crate::Event;
use crate::engine::answer::Answer;
use crate::engine::collection::Cursor;
use crate::engine::handle::Engine;
use crate::engine::link::{Link, LinkId, Sent};
use crate::engine::mapping::Fields;
use crate::engine::merge::FieldState;
use crate::engine::plan::Plan;
use crate::engine::reconcile::{Did, Outcome};
use crate::engine::record::{Fingerprint, Side};
use crate::engine::review::{Review, ReviewKey, ReviewKind};
use crate::engine::runtime::{EngineError, Runtime, Trouble};
use crate::engine::schema::Schema;
use crate::engine::value::{Agreed, FieldValue};
use crate::queue::{Priority, WorkKey};
use crate::store::{BindError, Commit, FeedId, Position};
use crate::{Rev, StoreError};

/// How long live work is counted, and after how long what waits is looked at again.
const HOUR: Duration = Duration::from_secs(3600);
/// How many links are read at once.
const PAGE: usize = 500;

/// What of one write, or of one loss of a record, is counted: its class, and a digest of the value if one may spread.
pub(in crate::engine) type Act = (GuardClass, u64);

/// What the guards of one engine know.
#[derive(Debug)]
pub(in crate::engine) struct Watch {
    guards: Guards,
    /// Tells mappings apart, and the keys under which values are hidden.
    mapping: String,
    /// The same mapping without a key. Who begins to hide values loses nothing.
    plain: String,
    /// Whether live work may begin.
    is_open: AtomicBool,
    /// At least so many pairs are known.
    pairs: AtomicUsize,
    counted: Mutex<Counted>,
    /// What a plan says of the links that its application works on just now.
    passes: Mutex<BTreeMap<LinkId, BTreeSet<GuardClass>>>,
    /// Keys that wait for an approval.
    held: Mutex<BTreeSet<WorkKey>>,
}

/// When each link last had a part in an act, by the clock that does not jump. Of links and values only digests are kept.
#[derive(Debug, Default)]
struct Counted {
    acts: BTreeMap<Act, BTreeMap<u64, Duration>>,
    /// Classes that waited when they were last looked at.
    waiting: BTreeSet<GuardClass>,
    pruned_at: Duration,
}

impl Counted {
    fn note(&mut self, now: Duration, link: u64, act: &Act) -> usize {
        if now.saturating_sub(self.pruned_at) > HOUR / 60 {
            self.pruned_at = now;
            self.acts.values_mut().for_each(|links| links.retain(|_, at| now.saturating_sub(*at) < HOUR));
            self.acts.retain(|_, links| !links.is_empty());
        }
        let links = self.acts.entry(act.clone()).or_default();
        links.insert(link, now);
        links.len()
    }

    /// What was asked about is answered: it counts no more.
    fn forget(&mut self, class: &GuardClass) {
        self.acts.retain(|(counted, _), _| counted != class);
        self.waiting.remove(class);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The question whose answer is an approval that was given before anything had tripped.
fn approval() -> ReviewKey {
    ReviewKey::new(&WorkKey::Sync, ReviewKind::Guard, Some("approved plan"))
}

/// Where the state remembers under which mapping a plan was last applied.
fn applied() -> FeedId {
    FeedId::new("mapping of the last applied plan")
}

/// Whether an open question keeps a class waiting.
fn stops(open: &ReviewKey, class: &GuardClass) -> bool {
    let is_emptied = |side| *open == GuardClass::Emptied(side).review();
    *open == class.review() || (*class == GuardClass::Deletes && Side::BOTH.into_iter().any(is_emptied))
}

impl Watch {
    pub(in crate::engine) fn new(guards: Guards, schema: &Schema) -> Self {
        Self {
            guards,
            mapping: Fingerprint::of(&schema.definitions()).as_str().to_owned(),
            plain: Fingerprint::of(&schema.plain_definitions()).as_str().to_owned(),
            is_open: AtomicBool::default(),
            pairs: AtomicUsize::default(),
            counted: Mutex::default(),
            passes: Mutex::default(),
            held: Mutex::default(),
        }
    }

    /// Whether there is any guard.
    pub(in crate::engine) fn is_on(&self) -> bool {
        self.guards != Guards::off()
    }

    /// Lets a link do what a plan says of it, for as long as the pass lives.
    pub(in crate::engine) fn pass(&self, key: &WorkKey, classes: &BTreeSet<GuardClass>) -> Option<Pass<'_>> {
        let WorkKey::Link(id) = key else { return None };
        lock(&self.passes).insert(id.clone(), classes.clone());
        Some(Pass { watch: self, id: id.clone() })
    }
}

/// The leave to do what a plan says.
pub(in crate::engine) struct Pass<'a> {
    watch: &'a Watch,
    id: LinkId,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        lock(&self.watch.passes).remove(&self.id);
    }
}

/// What of a plan waits.
#[derive(Debug, Default)]
pub(in crate::engine) struct Held {
    pub(in crate::engine) classes: BTreeSet<GuardClass>,
    /// What tripped, in words.
    pub(in crate::engine) words: Vec<String>,
    /// All classes of what waits. Whoever has approved of one of these while another holds it has not been heard yet.
    waiting: BTreeSet<GuardClass>,
}

impl Held {
    pub(in crate::engine) fn holds_all(&self) -> bool {
        self.classes.iter().any(GuardClass::stops_all)
    }

    /// Whether a question is about something that waits.
    fn keeps(&self, open: &ReviewKey) -> bool {
        self.classes.iter().chain(&self.waiting).any(|class| stops(open, class))
    }

    pub(in crate::engine) fn holds(&self, classes: &BTreeSet<GuardClass>) -> bool {
        self.holds_all() || !self.classes.is_disjoint(classes)
    }
}

impl Engine {
    /// Approves of the plan with this id, and of no other: the next [`apply`](Self::apply) of it goes through, once. It may
    /// be made anew for that, by another process as well: as long as it has the same steps, it has the same id.
    ///
    /// Answering what the guards have asked by [`Answer::Approve`] does the same for a single guard.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn approve(&self, plan: &str) -> Result<(), EngineError> {
        let (runtime, answer) = (&self.runtime, Answer::Approve(plan.to_owned()));
        let mut reviews = runtime.open_guards().await?;
        reviews.retain(|review| review.key != approval());
        let words = format!("plan {plan} is approved, and was not applied yet");
        let now = runtime.now();
        reviews.push(Review::new(WorkKey::Sync, ReviewKind::Guard, Some("approved plan"), words, now));
        for review in &mut reviews {
            review.answer = Some(answer.clone());
        }
        runtime.put(Commit { reviews, ..Commit::default() }).await?;
        Ok(())
    }
}

impl Runtime {
    /// What the guards have asked and nobody has settled.
    async fn open_guards(&self) -> Result<Vec<Review>, StoreError> {
        let mut open = self.store.reviews_about(&WorkKey::Sync).await?;
        open.retain(|review| review.kind == ReviewKind::Guard);
        Ok(open)
    }

    /// The question that a guard asks.
    fn guard_review(&self, verdict: &Verdict, plan: Option<&str>) -> Review {
        let until = match (&verdict.class, plan) {
            (GuardClass::Identity, _) => String::new(),
            (_, Some(id)) => format!(". Nothing of it is done until plan {id} is approved"),
            (_, None) => {
                ". Nothing of it is done until a plan is made, approved by its id, and applied".to_owned()
            }
        };
        let class = verdict.class.to_string();
        Review::new(WorkKey::Sync, ReviewKind::Guard, Some(&class), format!("{verdict}{until}"), self.now())
    }

    fn tell_guard(&self, class: &GuardClass, review: &Review) {
        let message = review.message.as_str();
        tracing::error!(guard = %class, %message, "a guard has tripped");
        self.observer.on_event(&Event::GuardTripped { guard: class.name(), message });
        self.observer.on_event(&Event::ReviewOpened { review });
    }

    /// Asks a person, unless that was done before. Gives the question.
    pub(in crate::engine) async fn trip(&self, verdict: &Verdict) -> Result<String, StoreError> {
        let review = self.guard_review(verdict, None);
        if let Some(open) = self.store.review(&review.key).await? {
            return Ok(open.message);
        }
        self.put(Commit { reviews: vec![review.clone()], ..Commit::default() }).await?;
        self.tell_guard(&verdict.class, &review);
        Ok(review.message)
    }

    /// The same for a state that belongs to other accounts.
    pub(in crate::engine) async fn trip_identity(&self, error: &BindError) -> Result<(), StoreError> {
        let verdict = Verdict::new(GuardClass::Identity, 0, 0, None);
        let words = format!("{}: {error}", verdict.words);
        self.trip(&Verdict { words, ..verdict }).await.map(drop)
    }

    /// Closes questions that have answered themselves.
    pub(in crate::engine) async fn untrip(&self, classes: &[GuardClass]) -> Result<(), StoreError> {
        let mut open = self.open_guards().await?;
        open.retain(|review| classes.iter().any(|class| review.key == class.review()));
        self.close_guards(open).await
    }

    async fn close_guards(&self, open: Vec<Review>) -> Result<(), StoreError> {
        if !open.is_empty() {
            let closed_reviews = open.into_iter().map(|review| review.key).collect();
            self.put(Commit { closed_reviews, ..Commit::default() }).await?;
        }
        Ok(())
    }

    /// Under which mapping a plan was last applied, and whether the state is empty.
    pub(in crate::engine) async fn standing(&self) -> Result<Standing, EngineError> {
        if !self.watch.is_on() {
            return Ok(Standing::default());
        }
        let found = self.store.position(&applied()).await?;
        let rev = found.as_ref().map(|found| found.rev);
        let mapping = match found.map(|found| found.value) {
            Some(Position::Changes(Cursor::Token(mapping))) => Some(mapping),
            _ => None,
        };
        let asks = mapping.is_none() && self.watch.guards.first_run;
        let is_first = asks && self.store.links_page(None, 1).await?.is_empty();
        let is_known = mapping.as_ref() == Some(&self.watch.mapping);
        let is_remapped = mapping.is_some_and(|mapping| !is_known && mapping != self.watch.plain);
        Ok(Standing { rev, is_known, is_first, is_remapped })
    }

    /// Remembers the mapping, if nobody else has since.
    fn remember(&self, standing: &Standing) -> Vec<(Option<Rev>, FeedId, Position)> {
        let mapping = Position::Changes(Cursor::Token(self.watch.mapping.clone()));
        vec![(standing.rev, applied(), mapping)]
    }

    /// Whether there is something to remember.
    fn is_news(&self, standing: &Standing) -> bool {
        self.watch.guards.remembers() && !standing.is_known
    }

    /// Makes sure that live work may begin.
    pub(in crate::engine) async fn make_sure_approved(&self) -> Result<(), EngineError> {
        if self.watch.is_open.load(Ordering::Acquire) || !self.watch.guards.remembers() {
            return Ok(());
        }
        let standing = self.standing().await?;
        let facts = PlanFacts {
            acts: 1,
            is_first: standing.is_first,
            is_remapped: standing.is_remapped,
            ..PlanFacts::default()
        };
        if let Some(verdict) = self.judged(&facts).first() {
            let message = self.trip(verdict).await?;
            return Err(EngineError::Unapproved { guard: verdict.class.clone(), message });
        }
        self.untrip(&[GuardClass::FirstRun, GuardClass::Mapping]).await?;
        if self.is_news(&standing) {
            let positions = self.remember(&standing);
            self.put(Commit { positions, ..Commit::default() }).await?;
        }
        self.watch.is_open.store(true, Ordering::Release);
        Ok(())
    }

    /// Judges what a plan would do.
    pub(in crate::engine) fn judged(&self, facts: &PlanFacts) -> Vec<Verdict> {
        let verdicts = judge(facts, &self.watch.guards);
        verdicts.into_iter().map(|verdict| verdict.with_names(&self.sides)).collect()
    }

    /// Before a plan is applied: finds out what of it waits, asks about that, and uses up its approval. `rest` names the
    /// plan that will be left.
    pub(in crate::engine) async fn begin_apply(
        &self,
        plan: &Plan,
        rest: impl Fn(&Held) -> String + Send,
    ) -> Result<Held, EngineError> {
        loop {
            let (open, standing) = (self.open_guards().await?, self.standing().await?);
            let is_approval = |review: &&Review| review.answer == Some(Answer::Approve(plan.id.clone()));
            let approves = |class: &GuardClass| {
                open.iter()
                    .filter(is_approval)
                    .any(|review| review.key == approval() || stops(&review.key, class))
            };
            let mut held = Held::default();
            for verdict in plan.verdicts.iter().filter(|verdict| !approves(&verdict.class)) {
                held.classes.insert(verdict.class.clone());
                held.words.push(verdict.to_string());
            }
            // What live work has asked about waits as well, however little of it is in the plan.
            for class in plan.classes(self.mapper.as_ref()) {
                let asked = open.iter().find(|review| stops(&review.key, &class));
                if let Some(asked) = asked.filter(|_| !held.classes.contains(&class) && !approves(&class)) {
                    held.words.push(asked.message.clone());
                    held.classes.insert(class);
                }
            }
            held.waiting = plan.held_by(&held, self.mapper.as_ref());
            let rest = rest(&held);
            let asked = plan.verdicts.iter().filter(|verdict| held.classes.contains(&verdict.class));
            let asked: Vec<_> =
                asked.map(|verdict| (&verdict.class, self.guard_review(verdict, Some(&rest)))).collect();
            // An approval is good for one time: what it was given to stays open, and waits for the next one if this run dies.
            let used = open.iter().filter(is_approval).filter(|review| !held.keeps(&review.key));
            let mut reviews: Vec<_> = used.cloned().map(|review| Review { answer: None, ..review }).collect();
            let is_approved = !reviews.is_empty();
            reviews.retain(|review| review.key != approval());
            reviews.extend(asked.iter().map(|(_, review)| review.clone()));
            let mut commit = Commit { reviews, ..Commit::default() };
            if is_approved {
                commit.closed_reviews.push(approval());
            }
            if is_approved || (!held.holds_all() && self.is_news(&standing)) {
                // Of two processes that have the same approval one finds that this was written.
                commit.positions = self.remember(&standing);
            }
            let is_empty =
                commit.reviews.is_empty() && commit.closed_reviews.is_empty() && commit.positions.is_empty();
            if is_empty || self.put(commit).await? {
                let is_new = |review: &Review| !open.iter().any(|open| open.key == review.key);
                for (class, review) in asked.iter().filter(|(_, review)| is_new(review)) {
                    self.tell_guard(class, review);
                }
                return Ok(held);
            }
        }
    }

    /// After a plan was applied: what it went through is no question any more.
    pub(in crate::engine) async fn end_apply(&self, held: &Held) -> Result<(), EngineError> {
        let others = [GuardClass::Identity.review(), approval()];
        let mut open = self.open_guards().await?;
        open.retain(|review| !held.keeps(&review.key) && !others.contains(&review.key));
        self.close_guards(open).await?;
        self.release().await
    }

    /// Looks at what waits once more, if nothing keeps it waiting any longer.
    pub(in crate::engine) async fn release(&self) -> Result<(), EngineError> {
        if lock(&self.watch.held).is_empty() || !self.open_guards().await?.is_empty() {
            return Ok(());
        }
        let keys = std::mem::take(&mut *lock(&self.watch.held));
        self.mark(keys, Priority::Retry).await.map(drop)
    }

    /// What a link has to wait for before it may do this, if it has to.
    pub(in crate::engine) async fn hold(
        &self,
        link: &LinkId,
        acts: Vec<Act>,
    ) -> Result<Option<Outcome>, Trouble> {
        let passes = lock(&self.watch.passes).get(link).cloned().unwrap_or_default();
        let acts: Vec<_> = acts.into_iter().filter(|(class, _)| !passes.contains(class)).collect();
        let Some(why) = self.weigh(link, &acts).await? else { return Ok(None) };
        lock(&self.watch.held).insert(WorkKey::Link(link.clone()));
        let again = self.now().checked_add(HOUR).unwrap_or(jiff::Timestamp::MAX);
        Ok(Some(Outcome::done(Did::Held(why)).again(again)))
    }

    /// Counts acts, and trips where they are too many. Says why they have to wait, if they have to.
    async fn weigh(&self, link: &LinkId, acts: &[Act]) -> Result<Option<String>, Trouble> {
        let guards = &self.watch.guards;
        if acts.is_empty() || !guards.counts() {
            return Ok(None);
        }
        let open = self.open_guards().await?;
        let mut counts = Vec::new();
        {
            let (mut counted, now) = (lock(&self.watch.counted), self.clock.env().monotonic());
            for act in acts {
                if open.iter().any(|review| stops(&review.key, &act.0)) {
                    counted.waiting.insert(act.0.clone());
                } else if counted.waiting.contains(&act.0) {
                    counted.forget(&act.0);
                }
                counts.push(counted.note(now, digest(link), act));
            }
        }
        let asked = |(class, _): &Act| open.iter().find(|review| stops(&review.key, class));
        if let Some(asked) = acts.iter().find_map(asked) {
            return Ok(Some(asked.message.clone()));
        }
        for ((class, _), count) in acts.iter().zip(counts) {
            let Some(limit) = guards.limit(class).filter(|limit| count > limit.more_than) else { continue };
            // By what was there before this hour: what was created in it does not count, and what ended does.
            let (new, ended) = match class {
                GuardClass::Creates => (count, 0),
                GuardClass::Deletes => (0, count - 1),
                _ => (0, 0),
            };
            let pairs = self.pairs(limit.harmless_among(count) + new).await?.saturating_sub(new) + ended;
            if limit.is_passed(count, pairs) && (pairs > 0 || new == 0) {
                lock(&self.watch.counted).waiting.insert(class.clone());
                let verdict = Verdict::new(class.clone(), count, pairs, Some(limit));
                return Ok(Some(self.trip(&verdict).await?));
            }
        }
        Ok(None)
    }

    /// How many pairs are known: all of them, or more than `enough`.
    async fn pairs(&self, enough: usize) -> Result<usize, StoreError> {
        let known = self.watch.pairs.load(Ordering::Relaxed);
        if known > enough {
            return Ok(known);
        }
        let (mut pairs, mut after) = (0, None);
        // Some more than that, so that the next one need not count again.
        while pairs <= enough.saturating_mul(2) {
            let page = self.store.links_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id.clone());
            pairs += page.iter().filter(|link| is_pair(&link.value)).count();
        }
        self.watch.pairs.store(pairs, Ordering::Relaxed);
        Ok(pairs)
    }

    /// Counts what a listed row will make of its pair, before it is worked on: so a list in which a field is cleared
    /// everywhere trips before the first of it is written.
    pub(in crate::engine) async fn foresee(
        &self,
        side: Side,
        fields: &Fields,
        news: &[usize],
        link: &Link,
    ) -> Result<(), Trouble> {
        if news.is_empty() || !self.watch.guards.counts() {
            return Ok(());
        }
        let states = self.schema.states(link);
        let mut acts = BTreeSet::new();
        for position in news {
            let (rules, state) = (self.mapper.rules().fields.get(*position), states.get(*position));
            let (Some(rules), Some(state)) = (rules, state) else { continue };
            let agreed = state.agreed[side].as_ref().and_then(Agreed::kept);
            if let Some(before) = agreed.filter(|_| rules.direction.allows(side.other())) {
                self.act(&rules.name, state, &before, fields.get(*position), &mut acts);
            }
        }
        self.weigh(&link.id, &Vec::from_iter(acts)).await.map(drop)
    }

    /// What is counted of an update.
    pub(in crate::engine) fn acts(&self, states: &[FieldState], sent: &[Sent]) -> Vec<Act> {
        let mut acts = BTreeSet::new();
        for Sent { field, write, before } in sent {
            let state = self.mapper.position(field).and_then(|position| states.get(position));
            if let Some(state) = state {
                self.act(field, state, before, &write.value, &mut acts);
            }
        }
        acts.into_iter().collect()
    }

    fn act(
        &self,
        field: &str,
        state: &FieldState,
        before: &FieldValue,
        after: &FieldValue,
        acts: &mut BTreeSet<Act>,
    ) {
        let have_met = state.agreed.left.is_some() && state.agreed.right.is_some();
        if !have_met && !before.has_value() {
            // What is filled when two records meet replaces nothing.
            return;
        }
        acts.insert((GuardClass::Updates, 0));
        match after {
            FieldValue::Empty => _ = acts.insert((GuardClass::Cleared(field.to_owned()), 0)),
            FieldValue::Text(_) if !is_set(self.mapper.as_ref(), field) => {
                acts.insert((GuardClass::Spread(field.to_owned()), digest(after)));
            }
            _ => {}
        }
    }

    /// Whether a sweep that misses so many records must not take them for deleted.
    pub(in crate::engine) async fn is_emptied(
        &self,
        side: Side,
        listed: usize,
        missing: usize,
        known: usize,
    ) -> Result<bool, EngineError> {
        let mut facts = PlanFacts { pairs: known, ..PlanFacts::default() };
        facts.counts.insert(GuardClass::Deletes, missing);
        (facts.listed[side], facts.missing[side], facts.known[side]) = (Some(listed), missing, known);
        let verdicts = self.judged(&facts);
        for verdict in &verdicts {
            self.trip(verdict).await?;
        }
        if verdicts.is_empty() {
            self.untrip(&[GuardClass::Emptied(side)]).await?;
        }
        Ok(!verdicts.is_empty())
    }
}

/// What is known of the last plan that was applied.
#[derive(Debug, Default)]
pub(in crate::engine) struct Standing {
    rev: Option<Rev>,
    /// Whether it was applied under the present mapping.
    is_known: bool,
    pub(in crate::engine) is_first: bool,
    pub(in crate::engine) is_remapped: bool,
}

/// Whether a link has both its records.
pub(in crate::engine) fn is_pair(link: &Link) -> bool {
    link.is_live() && link.ends.left.is_some() && link.ends.right.is_some()
}
