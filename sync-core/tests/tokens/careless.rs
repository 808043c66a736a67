//! The suite fails on stores that are wrong.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sync_core::conformance::token_store::{RaceLog, check, check_race, check_reopen, race};
use sync_core::jiff::{Timestamp, Unit};
use sync_core::secrecy::ExposeSecret;
use sync_core::{
    AccountKey, Lease, ManualEnv, MemoryTokenStore, Rev, StoreError, Swap, TokenSet, TokenStore, Versioned,
    async_trait,
};

use super::account;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    None,
    LastWriterWins,
    ChecksTooEarly,
    StaleIsStored,
    StaleGivesNothing,
    AbsentIsWrittenOver,
    VersionsBeginAnew,
    VersionsStand,
    RemovesNothing,
    LosesDetails,
    CutsTokens,
    TrimsTokens,
    KeepsTheOldRefreshToken,
    CutsToSeconds,
    FoldsCase,
    ShowsTokens,
    LeaseForEverybody,
    LeaseForItsHolder,
    LeaseRaces,
    LeaseNeverEnds,
    LeaseEndsAtOnce,
    LeaseEndsBySwap,
    OneLeaseForAll,
    ReleasesAnyFence,
    ReleasesAnyAccount,
    FencesStand,
    FencesBeginAnew,
    ForgetsItsOwner,
}

/// A right store, and what a wrong one would have in its place.
struct Careless {
    right: MemoryTokenStore,
    mistake: Mistake,
    /// How often a pair was removed.
    removed: Mutex<HashMap<AccountKey, u32>>,
    /// The lease that was given last.
    held: Mutex<Vec<(AccountKey, Lease)>>,
    seen: Mutex<String>,
    racing: AtomicBool,
}

impl Careless {
    fn new(mistake: Mistake, env: Arc<ManualEnv>) -> Self {
        Self {
            right: MemoryTokenStore::new(env),
            mistake,
            removed: Mutex::default(),
            held: Mutex::default(),
            seen: Mutex::default(),
            racing: AtomicBool::new(false),
        }
    }

    /// The row in which a pair of `account` is.
    fn row(&self, account: &AccountKey) -> AccountKey {
        match self.mistake {
            Mistake::FoldsCase => AccountKey::new("folded", account.as_str().to_lowercase()),
            Mistake::VersionsBeginAnew => {
                let removed = self.removed.lock().unwrap().get(account).copied().unwrap_or_default();
                AccountKey::new(account.as_str(), removed)
            }
            _ => account.clone(),
        }
    }

    /// The row in which its lease is.
    fn lease_row(&self, account: &AccountKey) -> AccountKey {
        match self.mistake {
            Mistake::OneLeaseForAll => AccountKey::new("all", ""),
            Mistake::FencesBeginAnew => {
                let removed = self.removed.lock().unwrap().get(account).copied().unwrap_or_default();
                AccountKey::new(account.as_str(), removed)
            }
            _ => account.clone(),
        }
    }

    fn held(&self, account: &AccountKey) -> Option<Lease> {
        let held = self.held.lock().unwrap();
        held.iter().rev().find(|(of, _)| of == account).map(|(_, lease)| lease.clone())
    }

    async fn present(&self, row: &AccountKey) -> Option<Rev> {
        self.right.load(row).await.unwrap().map(|found| found.rev)
    }

    async fn spoil(&self, row: &AccountKey, new: &mut TokenSet) {
        match self.mistake {
            Mistake::LosesDetails => new.details.clear(),
            Mistake::CutsTokens => {
                let cut: String = new.access.expose_secret().chars().take(4096).collect();
                new.access = cut.into();
            }
            Mistake::TrimsTokens => new.access = new.access.expose_secret().trim().into(),
            Mistake::KeepsTheOldRefreshToken if new.refresh.is_none() => {
                let old = self.right.load(row).await.unwrap();
                new.refresh = old.and_then(|old| old.value.refresh);
            }
            Mistake::CutsToSeconds => {
                let cut = |time: Timestamp| time.round(Unit::Second).unwrap();
                new.access_expires_at = new.access_expires_at.map(cut);
            }
            Mistake::ShowsTokens => {
                self.seen.lock().unwrap().push_str(new.access.expose_secret());
            }
            _ => {}
        }
    }
}

impl fmt::Debug for Careless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {}", self.right, self.mistake, self.seen.lock().unwrap())
    }
}

#[async_trait]
impl TokenStore for Careless {
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        let mut found = self.right.load(&self.row(account)).await?;
        if let (Mistake::VersionsStand, Some(found)) = (self.mistake, &mut found) {
            found.rev = Rev::FIRST;
        }
        Ok(found)
    }

    async fn swap(
        &self,
        account: &AccountKey,
        mut expect: Option<Rev>,
        mut new: TokenSet,
    ) -> Result<Swap, StoreError> {
        let row = self.row(account);
        self.spoil(&row, &mut new).await;
        let present = self.present(&row).await;
        match self.mistake {
            Mistake::LastWriterWins => expect = present,
            Mistake::AbsentIsWrittenOver if expect.is_none() => expect = present,
            Mistake::ChecksTooEarly if expect == present => {
                tokio::task::yield_now().await;
                expect = self.present(&row).await;
            }
            Mistake::VersionsStand if present.is_some() => expect = expect.and(present),
            Mistake::LeaseEndsBySwap => {
                if let Some(lease) = self.held(account) {
                    self.right.release(account, lease).await?;
                }
            }
            _ => {}
        }
        let swap = self.right.swap(&row, expect, new.clone()).await?;
        match (self.mistake, swap) {
            (Mistake::StaleIsStored, Swap::Stale(theirs)) => {
                self.right.swap(&row, present, new).await?;
                Ok(Swap::Stale(theirs))
            }
            (Mistake::StaleGivesNothing, Swap::Stale(_)) => Ok(Swap::Stale(None)),
            (Mistake::VersionsStand, Swap::Stored(_)) => Ok(Swap::Stored(Rev::FIRST)),
            (_, swap) => Ok(swap),
        }
    }

    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError> {
        *self.removed.lock().unwrap().entry(account.clone()).or_default() += 1;
        match self.mistake {
            Mistake::RemovesNothing | Mistake::VersionsBeginAnew => Ok(()),
            _ => self.right.remove(&self.row(account)).await,
        }
    }

    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        mut ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let row = self.lease_row(account);
        match self.mistake {
            Mistake::LeaseNeverEnds => ttl *= 1000,
            Mistake::LeaseEndsAtOnce => ttl = Duration::from_millis(1),
            _ => {}
        }
        let held = self.held(account);
        let mut given = self.right.lease(&row, owner, ttl).await?;
        match self.mistake {
            Mistake::LeaseForEverybody if given.is_none() => given = held,
            Mistake::LeaseForItsHolder if given.is_none() => {
                given = held.filter(|held| held.owner == owner);
            }
            // Whoever asks a moment after it was given gets it too.
            Mistake::LeaseRaces => match &given {
                Some(_) => {
                    self.racing.store(true, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    self.racing.store(false, Ordering::SeqCst);
                }
                None if self.racing.load(Ordering::SeqCst) => {
                    given = Some(Lease { owner: owner.to_owned(), fence: 99 });
                }
                None => {}
            },
            _ => {}
        }
        if let Some(lease) = &mut given {
            self.held.lock().unwrap().push((account.clone(), lease.clone()));
            match self.mistake {
                Mistake::FencesStand => lease.fence = 1,
                Mistake::ForgetsItsOwner => lease.owner.clear(),
                _ => {}
            }
        }
        Ok(given)
    }

    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        let row = self.lease_row(account);
        match self.mistake {
            Mistake::ReleasesAnyFence | Mistake::FencesStand => match self.held(account) {
                Some(held) => self.right.release(&row, held).await,
                None => Ok(()),
            },
            Mistake::ForgetsItsOwner => {
                let owner = self.held(account).map(|held| held.owner).unwrap_or_default();
                self.right.release(&row, Lease { owner, ..lease }).await
            }
            Mistake::ReleasesAnyAccount => {
                let held = self.held.lock().unwrap().clone();
                for (other, held) in held.into_iter().filter(|(_, held)| held.fence == lease.fence) {
                    self.right.release(&other, held).await?;
                }
                Ok(())
            }
            _ => self.right.release(&row, lease).await,
        }
    }
}

async fn check_with(mistake: Mistake) {
    let env = Arc::new(ManualEnv::new(1));
    check(async || Careless::new(mistake, env.clone()), &*env).await;
}

macro_rules! careless {
    ($($name:ident: $mistake:ident, $message:literal;)*) => {$(
        #[tokio::test]
        #[should_panic(expected = $message)]
        async fn $name() {
            check_with(Mistake::$mistake).await;
        }
    )*};
}

careless! {
    a_store_without_versions_fails: LastWriterWins,
        "a version of a pair that is not there is stale, got stored";
    a_store_that_races_fails: ChecksTooEarly, "that swap one version, one wins";
    a_store_that_stores_what_is_stale_fails: StaleIsStored, "a stale swap stores nothing";
    a_store_that_keeps_their_pair_to_itself_fails: StaleGivesNothing, "what a stale swap gives: there is a pair";
    a_store_that_takes_none_for_any_fails: AbsentIsWrittenOver,
        "a pair that is there and was not seen is stale, got stored";
    a_store_that_begins_its_versions_anew_fails: VersionsBeginAnew, "versions grow beyond a removal";
    a_store_with_one_version_fails: VersionsStand, "versions grow";
    a_store_that_removes_nothing_fails: RemovesNothing, "a pair that was removed is gone";
    a_store_that_loses_details_fails: LosesDetails, "the details comes back as it was stored";
    a_store_that_cuts_tokens_fails: CutsTokens, "the access token comes back as it was stored";
    a_store_that_trims_tokens_fails: TrimsTokens, "a token of 8 bytes, some of them odd: the access token comes back";
    a_store_that_merges_pairs_fails: KeepsTheOldRefreshToken,
        "written over a full pair: the refresh token comes back as it was stored";
    a_store_that_counts_in_seconds_fails: CutsToSeconds, "the access token's expiry comes back as it was stored";
    a_store_that_folds_case_fails: FoldsCase, "account \"A\" is not taken for another";
    a_store_that_shows_tokens_fails: ShowsTokens, "the store's Debug shows no token";
    a_store_whose_lease_is_for_everybody_fails: LeaseForEverybody, "nobody takes a lease that is held";
    a_store_whose_lease_is_reentrant_fails: LeaseForItsHolder, "nobody takes a lease that is held";
    a_store_whose_lease_races_fails: LeaseRaces, "that ask for one lease, one gets it";
    a_store_whose_lease_never_ends_fails: LeaseNeverEnds, "a lease whose time is over can be taken";
    a_store_whose_lease_ends_at_once_fails: LeaseEndsAtOnce, "a lease of an hour is held for longer than a second";
    a_store_whose_lease_ends_by_a_swap_fails: LeaseEndsBySwap, "a swap does not end the lease";
    a_store_with_one_lease_for_all_fails: OneLeaseForAll, "while others are held, can be taken";
    a_store_that_releases_any_fence_fails: ReleasesAnyFence, "a lease is released only with its own fence";
    a_store_that_releases_for_any_account_fails: ReleasesAnyAccount, "is held whatever happens to others";
    a_store_with_one_fence_fails: FencesStand, "a lease is released only with its own fence";
    a_store_that_begins_its_fences_anew_fails: FencesBeginAnew, "fences grow even beyond a removal";
    a_store_that_forgets_who_leases_fails: ForgetsItsOwner, "a lease names its owner";
}

#[tokio::test]
#[should_panic(expected = "after reopening: there is a pair")]
async fn a_store_that_forgets_fails_when_reopened() {
    check_reopen(async || MemoryTokenStore::new(Arc::new(ManualEnv::new(1)))).await;
}

async fn raced(mistake: Mistake) -> (Careless, Vec<RaceLog>) {
    let store = Careless::new(mistake, Arc::new(ManualEnv::new(1)));
    let account = account("1");
    let (a, b) = tokio::join!(race(&store, &account, "a", 5), race(&store, &account, "b", 5));
    (store, vec![a, b])
}

#[tokio::test]
#[should_panic(expected = "a count that was stored is never lost")]
async fn a_store_that_races_loses_the_race() {
    let (store, logs) = raced(Mistake::ChecksTooEarly).await;
    check_race(&store, &account("1"), &logs).await;
}

#[tokio::test]
#[should_panic(expected = "got the lease while")]
async fn a_store_whose_lease_is_for_everybody_loses_the_race() {
    raced(Mistake::LeaseForEverybody).await;
}

#[tokio::test]
#[should_panic(expected = "fences that one contender gets grow")]
async fn a_store_with_one_fence_loses_the_race() {
    let (store, logs) = raced(Mistake::FencesStand).await;
    check_race(&store, &account("1"), &logs).await;
}

#[tokio::test]
#[should_panic(expected = "a fence is given out once")]
async fn a_fence_that_two_contenders_had_is_found() {
    let (store, mut logs) = raced(Mistake::None).await;
    let fences = logs[0].fences.clone();
    logs[1].fences = fences;
    check_race(&store, &account("1"), &logs).await;
}
