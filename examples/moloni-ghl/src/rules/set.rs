use std::fmt::Debug;
use std::sync::Arc;

use moloni_client::Client;
use moloni_client::sync::DocumentFacts;
use sync_core::engine::{Derived, Rule, Snapshot};
use sync_core::jiff::SignedDuration;
use sync_core::jiff::civil::Date;

use super::{
    CollectTask, Consequence, CustomerNote, DeliveryAppointment, DocumentFact, English, EstimateTask,
    EventType, InvoiceNote, PaymentNote, Words,
};

/// Tells of one type of event: makes of a fact the record that should be in the CRM because of it.
///
/// A rule of your own names an [`EventType::Other`] and answers for documents, for customers, or for both. The id of the
/// event, which is also the mark that the record is found again by, follows from type and fact.
///
/// ```
/// use moloni_ghl::rules::{Consequence, DocumentFact, EventRule, EventType, Events, Words};
/// use rust_decimal::Decimal;
/// use sync_core::jiff::civil::Date;
///
/// /// Thanks for large purchases.
/// #[derive(Debug)]
/// struct Thanks;
///
/// impl EventRule for Thanks {
///     fn event_type(&self) -> EventType {
///         EventType::Other("thanks".to_owned())
///     }
///
///     fn of_document(&self, fact: &DocumentFact, words: &dyn Words, _: Date) -> Option<Consequence> {
///         let is_large = fact.code() == "FR" && fact.document.net_value >= Decimal::from(1000).into();
///         let title = format!("Say thanks for {}", words.reference(fact));
///         let task = Consequence::task(title, "", fact.document.date);
///         is_large.then(|| if fact.is_closed() { task } else { task.void() })
///     }
/// }
///
/// let events = Events::none().with(Thanks);
/// # assert_eq!(events.types(), [EventType::Other("thanks".to_owned())]);
/// ```
pub trait EventRule: Send + Sync + Debug {
    /// The type that it tells of, always the same.
    fn event_type(&self) -> EventType;

    /// What should be there because of a document. Default: nothing. `today` is the day in UTC.
    ///
    /// Must be pure. `None` says that the document never was anything to this rule: what ends is
    /// [`done`](Consequence::done) or [`void`](Consequence::void), or else what is there stays as it is.
    fn of_document(&self, fact: &DocumentFact, words: &dyn Words, today: Date) -> Option<Consequence> {
        let _ = (fact, words, today);
        None
    }

    /// The same because of a customer, whose fields are those of
    /// [`Customer`](moloni_client::types::Customer). Default: nothing.
    fn of_customer(&self, customer: &Snapshot, words: &dyn Words, today: Date) -> Option<Consequence> {
        let _ = (customer, words, today);
        None
    }

    /// The codes of the types of document whose [deliveries](DocumentFact::delivery) it needs to know. Default: none, because
    /// each document costs a request.
    fn delivery_codes(&self) -> &[String] {
        &[]
    }
}

/// The rules by which a bridge works, and their words. At most one rule for each type of event.
#[derive(Debug, Clone)]
#[must_use]
pub struct Events {
    words: Arc<dyn Words>,
    rules: Vec<Arc<dyn EventRule>>,
}

impl Default for Events {
    /// The standard set in English.
    fn default() -> Self {
        Self::standard(English)
    }
}

impl Events {
    /// For how many days after its own a document is asked about its delivery.
    pub const DELIVERY_DAYS: u16 = 60;

    /// Invoices, what is to be collected, payments, estimates, and both texts of customers, in these words.
    pub fn standard(words: impl Words + 'static) -> Self {
        Self::none()
            .in_words(words)
            .with(InvoiceNote::new())
            .with(CollectTask::new())
            .with(PaymentNote::new())
            .with(EstimateTask::new())
            .with(CustomerNote::notes())
            .with(CustomerNote::field_notes())
    }

    /// No rule at all, and English words.
    pub fn none() -> Self {
        Self { words: Arc::new(English), rules: Vec::new() }
    }

    /// Sets the words. What was told in other words before is told anew: one write for each record.
    pub fn in_words(mut self, words: impl Words + 'static) -> Self {
        self.words = Arc::new(words);
        self
    }

    /// Adds a rule, in place of the one of the same type.
    pub fn with(mut self, rule: impl EventRule + 'static) -> Self {
        self = self.without(rule.event_type());
        self.rules.push(Arc::new(rule));
        self
    }

    /// Leaves a type out. What was told of it stays in the CRM as it is.
    #[allow(clippy::needless_pass_by_value, reason = "a call reads better without a reference")]
    pub fn without(mut self, event_type: EventType) -> Self {
        self.rules.retain(|rule| rule.event_type() != event_type);
        self
    }

    /// Enters deliveries into a calendar, as [`DeliveryAppointment`] does by itself.
    pub fn deliveries(self, calendar: impl Into<String>, duration: SignedDuration) -> Self {
        self.with(DeliveryAppointment::new(calendar, duration))
    }

    /// The types of its rules, in the order in which they were added.
    pub fn types(&self) -> Vec<EventType> {
        self.rules.iter().map(|rule| rule.event_type()).collect()
    }

    /// The documents of the client's company, with what the rules need to know of them.
    pub fn facts(&self, client: Client) -> DocumentFacts {
        let facts = DocumentFacts::new(client).settled_references();
        let mut codes: Vec<_> = self.rules.iter().flat_map(|rule| rule.delivery_codes()).cloned().collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.is_empty() { facts } else { facts.deliveries(codes, Self::DELIVERY_DAYS) }
    }

    /// What an engine is to do about documents. Give it to [`EngineBuilder::facts`](sync_core::engine::EngineBuilder::facts)
    /// even if there is no rule: it tells whose documents they are.
    pub fn of_documents(&self) -> Arc<dyn Rule> {
        Arc::new(OfDocuments(self.clone()))
    }

    /// What an engine is to do about the customers of a company, for
    /// [`EngineBuilder::rule`](sync_core::engine::EngineBuilder::rule).
    pub fn of_customers(&self, company: u64) -> Arc<dyn Rule> {
        Arc::new(OfCustomers(self.clone(), company))
    }

    /// What follows from a document today.
    fn document(&self, snapshot: &Snapshot, today: Date) -> Derived {
        let Some(fact) = DocumentFact::read(snapshot) else { return Derived::nothing() };
        let Some(owner) = fact.customer() else { return Derived::nothing() };
        let told = self.rules.iter().filter_map(|rule| {
            let told = rule.of_document(&fact, self.words.as_ref(), today)?;
            Some((rule.event_type().id_of_document(fact.document.company_id, fact.id()), told))
        });
        told.fold(Derived::of(owner), |derived, (key, told)| add(derived, key, told))
    }

    /// What follows from a customer today.
    fn customer(&self, customer: &Snapshot, company: u64, today: Date) -> Derived {
        let owner = &customer.at.id;
        let told = self.rules.iter().filter_map(|rule| {
            let told = rule.of_customer(customer, self.words.as_ref(), today)?;
            Some((rule.event_type().id_of_customer(company, owner), told))
        });
        told.fold(Derived::of(owner), |derived, (key, told)| add(derived, key, told))
    }
}

fn add(mut derived: Derived, key: sync_core::engine::ProjectionKey, told: Consequence) -> Derived {
    derived.recheck_at = [derived.recheck_at, told.recheck_at()].into_iter().flatten().min();
    derived.want(told.wanted(key))
}

#[derive(Debug)]
struct OfDocuments(Events);

impl Rule for OfDocuments {
    fn derive(&self, fact: &Snapshot, today: Date) -> Derived {
        self.0.document(fact, today)
    }
}

#[derive(Debug)]
struct OfCustomers(Events, u64);

impl Rule for OfCustomers {
    fn derive(&self, fact: &Snapshot, today: Date) -> Derived {
        self.0.customer(fact, self.1, today)
    }
}
