//! The change feed: what has happened to customers and documents, though Moloni sends no word of it.
//!
//! The classic API has no webhooks. It offers `getModifiedSince`, which tells neither of deletions nor of payments,
//! shows a row as long as it is young, and moves rows from page to page while they are read. [`Feed`] makes of it a
//! list of [`Change`]s, each told once:
//!
//! ```no_run
//! use moloni_client::feed::{Change, Checkpoint};
//! # use moloni_client::{Client, Customer, Document};
//! # struct Work<'a>(&'a mut Store);
//! # struct Store;
//! # type Broken = Box<dyn std::error::Error>;
//! # impl Store {
//! #     fn load(&self) -> Result<Option<Checkpoint>, Broken> { Ok(None) }
//! #     fn begin(&mut self) -> Work<'_> { Work(self) }
//! # }
//! # impl Work<'_> {
//! #     fn upsert(&mut self, _: &Customer) -> Result<(), Broken> { Ok(()) }
//! #     fn thank(&mut self, _: &Document) -> Result<(), Broken> { Ok(()) }
//! #     fn save(&mut self, _: &Checkpoint) -> Result<(), Broken> { Ok(()) }
//! #     fn commit(self) -> Result<(), Broken> { Ok(()) }
//! # }
//! # async fn pause() {}
//!
//! # async fn example(client: Client, mut store: Store) -> Result<(), Broken> {
//! // At the start, and in the same way after a crash: go on from what was stored.
//! let checkpoint = store.load()?.unwrap_or_else(Checkpoint::from_now);
//! let mut feed = client.feed(checkpoint);
//! loop {
//!     while let Some(changes) = feed.poll().await? {
//!         let mut work = store.begin();
//!         for change in &changes {
//!             match change {
//!                 Change::CustomerCreated(customer) | Change::CustomerUpdated(customer) => work.upsert(customer)?,
//!                 Change::DocumentPaid(invoice) => work.thank(invoice)?,
//!                 _ => {}
//!             }
//!         }
//!         work.save(feed.checkpoint())?;
//!         work.commit()?;
//!     }
//!     pause().await; // some minutes
//! }
//! # }
//! ```
//!
//! At night the same loop over [`Feed::scan`] finds what was deleted, and one over [`Feed::check_open`] the payments
//! that slipped through:
//!
//! ```no_run
//! # use moloni_client::feed::{Change, Checkpoint, Feed};
//! # async fn example(mut feed: Feed, mut commit: impl FnMut(Vec<Change>, &Checkpoint)) -> Result<(), moloni_client::Error> {
//! while let Some(changes) = feed.scan().await? {
//!     commit(changes, feed.checkpoint());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What it guarantees
//!
//! - **Nothing twice after its checkpoint.** Store the [`Checkpoint`] in one transaction with what you made of the
//!   changes. From there no change comes again. Without it at most one page does: those after the last checkpoint.
//! - **Nothing lost by interruption.** A dropped future, an error, a killed process: the checkpoint is valid, and a
//!   feed made from it goes on in the middle of a poll or a scan. If your own work fails after a page, make the feed
//!   anew from what you stored; this one believes the page done.
//! - **Nothing lost between polls.** The moment to ask from next time is the `Date` of the first page, and moves only
//!   when all pages are read; each poll asks again for two hours before ([`Feed::overlap`]). A list that showed fewer
//!   rows than the service counted is read again, twice; then the moment stays where it is for the next poll to try.
//!   After three polls that fell short the feed goes on, with a [`Change::Missed`].
//! - **No deletion that did not happen.** See [`Feed::scan`].
//! - **Payments.** A receipt does not touch the invoice that it pays. So whatever a new, changed or annulled document
//!   names is read again, and compared with what was known.
//! - **A row that cannot be read** comes as [`Change::Unreadable`], once, and stops nothing. Nor does a document that
//!   the service refuses to give, or fails to give three times in a row.
//! - **Bounded memory.** A page and the checkpoint, whose size [is known](Checkpoint#how-large-it-is).
//!
//! What it does not: a record that changed twice between two polls comes once, as it is then. Changes of one record
//! come in order; those of different ones in that of the service's lists. Customers come before documents, but a
//! document can name a customer that was created since, and comes later.
//!
//! # Clocks
//!
//! Of the service's clock and this machine's the earlier counts: a `Date` in the future would lose changes, and one in
//! the past only repeats reads. Without a `Date` it is this machine's clock less a day. A service's clock that goes
//! back is followed, by up to a day at a poll.
//!
//! # What you write yourself
//!
//! It comes back, as anybody's work does. To keep it out, read the record again after the write and hand it to
//! [`Feed::wrote_customer`] or [`Feed::wrote_document`], before the next poll.
//!
//! # Two at once
//!
//! Two processes with the same checkpoint both tell the same changes, and each then stores its own; the later one wins,
//! and nothing is lost, but work is done twice. To prevent it, store over the
//! [`revision`](Checkpoint::revision) that you started from only, and start again from the stored checkpoint if that
//! fails. The feed itself takes no lock.
//!
//! # What it costs
//!
//! | | requests |
//! |---|---|
//! | a poll without news | 2 |
//! | a list of *n* > 49 rows | ⌊*n* / 50⌋ + 3, once more for each time it fell short |
//! | a new receipt | 1 for each document that it settles, unless that is on the same page |
//! | the first poll | all customers and all documents, 50 a request |
//! | a scan | all customers and all drafts, 50 a request, and 1; 1 for each deletion |
//! | [`check_open`](Feed::check_open) | 1 for each open invoice or debit note |
//!
//! While a row is younger than the overlap each poll reads it again, without telling it.
//!
//! # What Moloni does not tell
//!
//! - In which order `getModifiedSince` comes, in which time zone it reads the moment, and whether annulling touches
//!   `lastmodified`. The feed relies on none of it; an annulment that leaves it alone is found for open documents only,
//!   by [`check_open`](Feed::check_open).
//! - Who changed a customer, and when.
//! - That a settled document was reopened, if the receipt no longer names it once it is a draft again or annulled.
//! - That a document was withdrawn and deleted between two polls, unless it was open:
//!   [`check_open`](Feed::check_open) finds that. So does nobody tell that an invoice was reopened whose receipt ended
//!   this way.
//! - Which of two was: a document whose id is lower than one that the feed has forgotten, and which it never saw, was
//!   issued, or was issued long ago and changed. It comes as [`Change::DocumentChanged`]. This takes a draft that was
//!   missed for a day.
//! - Payments to suppliers: only invoices and debit notes to customers are followed.

mod change;
mod checkpoint;
mod fingerprint;
mod ids;
mod ledger;
mod open;
mod poll;
mod scan;
mod source;
mod watermark;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use sync_core::Env;

pub use change::{Change, Entity};
pub use checkpoint::Checkpoint;

use checkpoint::Looked;
use fingerprint::Fingerprint;

use crate::{Client, Customer, CustomerId, Document, DocumentId, Error, ErrorKind};

/// How many records one page reads by themselves.
const MOST_READ: usize = 25;
/// How often in a row the service may fail to give one record before the feed goes on without it.
const MOST_FAILURES: u8 = 3;

/// Tells what changes in a company. From [`Client::feed`]. See [the module](self).
#[derive(Debug, Clone)]
pub struct Feed {
    client: Client,
    env: Arc<dyn Env>,
    checkpoint: Checkpoint,
    overlap: SignedDuration,
    customers: bool,
    documents: bool,
    ended: Ended,
    /// Whether the scan has made sure that the company is still reached.
    reached: bool,
    /// How often the service failed to give a record, of those that are being read.
    failures: HashMap<(Entity, u64), u8>,
}

/// What has come to its end, and says so next.
#[derive(Debug, Clone, Copy, Default)]
struct Ended {
    poll: bool,
    scan: bool,
    open: bool,
}

impl Feed {
    pub(crate) fn new(client: Client, env: Arc<dyn Env>, checkpoint: Checkpoint) -> Self {
        Self {
            client,
            env,
            checkpoint,
            overlap: watermark::LEAST_OVERLAP,
            customers: true,
            documents: true,
            ended: Ended::default(),
            reached: false,
            failures: HashMap::new(),
        }
    }

    /// Sets by how much each poll reaches back before the one before. Default, and least: two hours, because it is
    /// not known in which time zone the service reads the moment.
    #[must_use]
    pub fn overlap(mut self, overlap: Duration) -> Self {
        let overlap = SignedDuration::try_from(overlap).unwrap_or(SignedDuration::MAX);
        // A century is all there is, and leaves room to calculate.
        self.overlap = overlap.clamp(watermark::LEAST_OVERLAP, SignedDuration::from_hours(24 * 36_525));
        self
    }

    /// Leaves the customers out.
    #[must_use]
    pub fn without_customers(mut self) -> Self {
        self.customers = false;
        self
    }

    /// Leaves the documents out.
    #[must_use]
    pub fn without_documents(mut self) -> Self {
        self.documents = false;
        self
    }

    /// Where the feed is: after the page that it gave last.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The same, in place of the feed.
    pub fn into_checkpoint(self) -> Checkpoint {
        self.checkpoint
    }

    /// Takes a customer as you wrote and then read them, so that they do not come back as a change.
    ///
    /// Sends nothing. What somebody else changed before you read them does not come back either: it is in your hands.
    /// A change after it comes. Store the [`checkpoint`](Self::checkpoint) afterwards.
    pub fn wrote_customer(&mut self, customer: &Customer) {
        let row = serde_json::to_value(customer).unwrap_or_default();
        self.checkpoint.known.0.insert(customer.customer_id.get(), Fingerprint::of(&row, &[]));
        self.checkpoint.moved(self.client.company());
    }

    /// Takes a document as you wrote and then read it, so that it does not come back as a change.
    ///
    /// Sends nothing. What the document settles or derives from is read again by the next [`poll`](Self::poll): an
    /// invoice that your receipt pays comes as paid, unless you hand in the invoice as well. Store the
    /// [`checkpoint`](Self::checkpoint) afterwards.
    pub fn wrote_document(&mut self, document: &Document) {
        self.checkpoint.ledger.note(document);
        self.checkpoint.follow(document);
        self.checkpoint.moved(self.client.company());
    }

    /// Takes a customer as deleted by you, so that no scan tells it.
    pub fn deleted_customer(&mut self, id: CustomerId) {
        self.checkpoint.forget_customer(id.get());
        self.checkpoint.moved(self.client.company());
    }

    /// Takes a draft as deleted by you, so that no scan tells it.
    pub fn deleted_document(&mut self, id: DocumentId) {
        self.checkpoint.ledger.remove(id.get());
        self.checkpoint.moved(self.client.company());
    }

    fn wants(&self, entity: Entity) -> bool {
        match entity {
            Entity::Customers => self.customers,
            Entity::Documents => self.documents,
        }
    }

    fn first(&self) -> Option<Entity> {
        [Entity::Customers, Entity::Documents].into_iter().find(|entity| self.wants(*entity))
    }

    /// Insists that the checkpoint is of the client's company: ids of another one mean other records.
    fn is_of_company(&self) -> Result<(), Error> {
        let Some(company) = self.client.company() else {
            return Err(Error::request(
                "feed",
                "no company is set: name one with `company` or `for_company`",
            ));
        };
        match self.checkpoint.company {
            Some(of) if of != company => {
                let why = format!("the checkpoint is of company {of}, and the client is for {company}");
                Err(Error::request("feed", why))
            }
            _ => Ok(()),
        }
    }

    /// Reads records by themselves, one after the other. What the service will never give stops nobody.
    async fn look(&mut self, entity: Entity, ids: &[u64]) -> Result<Vec<Looked>, Error> {
        let mut all = Vec::with_capacity(ids.len());
        for id in ids.iter().copied() {
            let looked = match entity.one(&self.client, id).await {
                Ok(Some(value)) => Looked::Found(value),
                Ok(None) => Looked::Gone,
                Err(error) if self.is_hopeless(entity, id, &error) => Looked::Refused(error.to_string()),
                Err(error) => return Err(error),
            };
            all.push(looked);
        }
        self.failures.clear();
        Ok(all)
    }

    fn is_hopeless(&mut self, entity: Entity, id: u64, error: &Error) -> bool {
        match error.kind() {
            ErrorKind::Refused | ErrorKind::Validation | ErrorKind::Decode => true,
            ErrorKind::Server => {
                let failures = self.failures.entry((entity, id)).or_default();
                *failures = failures.saturating_add(1);
                *failures >= MOST_FAILURES
            }
            _ => false,
        }
    }
}
