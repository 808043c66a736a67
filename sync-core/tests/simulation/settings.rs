//! What the two services of one history are like, and how much goes wrong. All of it follows from the seed.

use std::time::Duration;

use sync_core::engine::{Caps, Mapping, MarkerKind, OnDelete, Pair, Policy, RuleOff, Side, normalise};

use crate::rng::Rng;

/// How one service behaves.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "switches, each for itself")]
pub(crate) struct ServiceSettings {
    pub(crate) marker: MarkerKind,
    pub(crate) read_lag: u64,
    pub(crate) index_lag: u64,
    pub(crate) request_timeout: u64,
    /// Cuts names, as its mapping declares.
    pub(crate) lossy: bool,
    /// Says yes to a new city of some records and keeps the old one.
    pub(crate) freezes: bool,
    /// An update replaces the whole record.
    pub(crate) full_replace: bool,
    pub(crate) conditional: bool,
    /// How exact its time of change is, in milliseconds.
    pub(crate) modified_at: Option<u64>,
    pub(crate) returns_record: bool,
    pub(crate) unique_email: bool,
    pub(crate) member_writes: bool,
    pub(crate) feed: bool,
    /// Tells into which record another one was merged.
    pub(crate) tells_merges: bool,
}

/// What one history is like.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "switches, each for itself")]
pub(crate) struct Settings {
    pub(crate) services: Pair<ServiceSettings>,
    pub(crate) policies: [Policy; 3],
    pub(crate) on_delete: OnDelete,
    pub(crate) people: u64,
    pub(crate) steps: u64,
    pub(crate) workers: usize,
    /// Of a thousand calls, so many go wrong.
    pub(crate) faults: u64,
    /// How long an account that was asked too often rests, in milliseconds.
    pub(crate) rest: u64,
    pub(crate) kills: bool,
    pub(crate) clock_jumps: bool,
    pub(crate) deletes: bool,
    pub(crate) merges: bool,
    pub(crate) webhooks: bool,
    pub(crate) notes: bool,
    /// Keyed hashes are kept instead of values.
    pub(crate) privacy: bool,
    /// Whether somebody answers what is asked.
    pub(crate) answers: bool,
    pub(crate) seed: u64,
    pub(crate) off: Vec<RuleOff>,
}

pub(crate) const SEND_WITHIN: u64 = 8_000;
pub(crate) const NAME_LENGTH: usize = 8;

impl ServiceSettings {
    fn draw(rng: &mut Rng) -> Self {
        let marker = match rng.below(8) {
            0 | 1 => MarkerKind::Unique,
            2..=5 => MarkerKind::Searchable,
            _ => MarkerKind::Keys { resend: false },
        };
        let lag = |rng: &mut Rng, permille| if rng.permille(permille) { rng.between(500, 4_000) } else { 0 };
        Self {
            marker,
            read_lag: lag(rng, 350),
            index_lag: lag(rng, 400),
            request_timeout: 5_000,
            lossy: rng.permille(300),
            freezes: rng.permille(200),
            full_replace: rng.permille(200),
            conditional: rng.permille(200),
            modified_at: match rng.below(3) {
                0 => None,
                1 => Some(1_000),
                _ => Some(1),
            },
            returns_record: rng.permille(600),
            unique_email: rng.permille(400),
            member_writes: rng.permille(500),
            feed: rng.permille(500),
            tells_merges: rng.permille(500),
        }
    }

    pub(crate) fn caps(&self) -> Caps {
        let millis = Duration::from_millis;
        let mut caps = Caps::new()
            .marker(self.marker)
            .request_timeout(millis(self.request_timeout))
            .read_lag(millis(self.read_lag))
            .index_lag(millis(self.index_lag))
            .overlap(millis(10_000 + self.index_lag + self.read_lag));
        if self.unique_email {
            caps = caps.unique(["email"]);
        }
        if self.member_writes {
            caps = caps.member_writes();
        }
        if let Some(granularity) = self.modified_at {
            caps = caps.modified_at(millis(granularity));
        }
        caps
    }
}

impl Settings {
    pub(crate) fn draw(seed: u64, rng: &mut Rng) -> Self {
        let policy = |rng: &mut Rng| match rng.below(6) {
            0 | 1 => Policy::Prefer(Side::Left),
            2 => Policy::Prefer(Side::Right),
            3 => Policy::newest_or(Side::Left),
            4 => Policy::newest_or(Side::Right),
            _ => Policy::Park,
        };
        let calm = seed % 16 == 0;
        Self {
            services: Pair::new(ServiceSettings::draw(rng), ServiceSettings::draw(rng)),
            policies: [policy(rng), policy(rng), policy(rng)],
            on_delete: OnDelete::default(),
            people: rng.between(2, 5),
            steps: 160,
            workers: 3,
            rest: 3_000,
            faults: if calm { 0 } else { rng.between(20, 200) },
            kills: !calm,
            clock_jumps: rng.permille(200),
            deletes: rng.permille(400),
            merges: rng.permille(300),
            webhooks: rng.permille(800),
            notes: rng.permille(500),
            privacy: false,
            answers: false,
            seed,
            off: Vec::new(),
        }
    }

    pub(crate) fn mapping(&self) -> Mapping {
        let [email, name, city] = self.policies.clone();
        let lossy = |side| self.services[side].lossy;
        let first = |policy: &Policy| match policy {
            Policy::Park => Policy::Park,
            other => other.clone(),
        };
        Mapping::builder()
            .field("email", |f| {
                f.left("email")
                    .right("email")
                    .normalise(normalise::email)
                    .on_first(first(&email))
                    .policy(email)
            })
            .field("name", |f| {
                let mut f = f.left("name").right("name").on_first(first(&name)).policy(name);
                for side in [Side::Left, Side::Right] {
                    if lossy(side) {
                        f = f.lossy(side, |text| text.chars().take(NAME_LENGTH).collect());
                    }
                }
                f
            })
            .field("city", |f| f.left("city").right("city").on_first(first(&city)).policy(city))
            .field("vat", |f| f.left("vat").right("vat").only_to(Side::Right))
            .field("tags", |f| f.left("tags").right("tags").set())
            .matched_by(["email"])
            .on_delete(self.on_delete)
            .build()
            .unwrap()
    }
}
