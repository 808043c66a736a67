//! Sealed token pairs in one file.

mod contents;
mod disk;
mod lock;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use contents::Contents;
use disk::Disk;
#[cfg(feature = "keyring")]
pub(in crate::token) use lock::Lock;

use super::seal::{Resealed, Seal, Sealed};
use super::{Lease, Rev, StoreError, Swap, TokenSet, TokenStore, Versioned};
use crate::{AccountKey, Env, SystemEnv};

const STORE: &str = "file";

/// Keeps sealed token pairs in one JSON file.
///
/// - A pair is on the disk when `swap` returns: it survives a killed process and a power cut. The file is
///   replaced as a whole, so whoever reads it (or copies it) at any moment has a whole one.
/// - Several processes on one machine may use one file. Each change is made under a lock on `tokens.json.lock`,
///   which stays there: leave it. A change that waits longer than 30 seconds for it fails. Such locks do not
///   work on network file systems: use `PostgresTokenStore` there.
/// - A copy of the file is worth nothing without the key. In the clear are the names of the accounts, how often
///   each pair was replaced, and who refreshes it until when.
/// - On Unix it is readable by its owner alone. One that others may read is refused.
/// - A file that is damaged, foreign or written by a newer version is an error on every call, and is left as it
///   is.
/// - Leases end by the machine's clock. One that begins more than five seconds in the future does not count: the
///   clock was set back.
///
/// Each change writes the whole file: fine for some thousands of accounts. An older copy that is put back in
/// its place is not noticed; its refresh tokens may have been used up. Beside `tokens.json` lies
/// `tokens.json.new` after a crash in the middle of a change: it does no harm, and the next change replaces it.
///
/// The store runs on tokio. A change that has begun is carried through, even if nobody waits for it any more.
///
/// ```no_run
/// use std::sync::Arc;
/// use sync_core::{FileTokenStore, SealingKeys, XChaChaSeal};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let seal = Arc::new(XChaChaSeal::new(SealingKeys::from_file("sealing.key")?));
/// let store = FileTokenStore::open("tokens.json", seal).await?;
/// for account in store.accounts().await? {
///     println!("{account} is connected");
/// }
/// # Ok(())
/// # }
/// ```
pub struct FileTokenStore {
    file: Arc<TokenFile>,
    /// Lets the changes of this store queue up without a thread for each.
    turn: Arc<Mutex<()>>,
    env: Arc<dyn Env>,
}

impl FileTokenStore {
    /// Opens a file, or the place for one: nothing is written before the first change. Its folder must exist.
    /// Every pair in it is opened once, so that a wrong key is learnt now.
    ///
    /// Symbolic links are followed once, here.
    ///
    /// # Errors
    ///
    /// There is no such folder; the file cannot be read, may be read by others, is no token file, is cut or
    /// empty, or was written by a newer version; or a pair does not open. The error names the file and the
    /// account. An entry that nothing opens any more can be taken out of the file by hand.
    pub async fn open(path: impl AsRef<Path>, seal: Arc<dyn Seal>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let place = path.clone();
        let file = run(&place, move || TokenFile::open(&path, seal)).await?;
        Ok(Self { file: Arc::new(file), turn: Arc::default(), env: Arc::new(SystemEnv::new()) })
    }

    /// Sets the clock by which leases end, [`SystemEnv`] unless set. All who use the file must have the same
    /// time.
    #[must_use]
    pub fn with_env(self, env: Arc<dyn Env>) -> Self {
        Self { env, ..self }
    }

    /// The accounts that have a pair, in the order of their names (by bytes).
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub async fn accounts(&self) -> Result<Vec<AccountKey>, StoreError> {
        self.read(|file| Ok(file.disk.read()?.pairs().map(|(account, ..)| account.clone()).collect())).await
    }

    /// Seals every pair with the current key that is sealed with an older one. Versions stay, and others may
    /// use the file meanwhile. Once it succeeds, and every process has the new key, the old one can go.
    ///
    /// # Errors
    ///
    /// The file cannot be read and written, or a pair does not open: the error names its account. Nothing is
    /// written then.
    pub async fn reseal(&self) -> Result<Resealed, StoreError> {
        self.change(TokenFile::reseal).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&TokenFile) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = Arc::clone(&self.file);
        run(self.file.disk.path(), move || work(&file)).await
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&TokenFile, &mut Contents) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let file = Arc::clone(&self.file);
        run(self.file.disk.path(), move || {
            let _turn = turn;
            file.disk.change(|contents| change(&file, contents))
        })
        .await
    }
}

/// Runs to its end on a thread of its own, whoever waits for it.
async fn run<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        let message =
            format!("{}: the work on it was interrupted, because its runtime shut down", path.display());
        Err(StoreError::new(STORE, message))
    })
}

impl fmt::Debug for FileTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileTokenStore").field("path", &self.file.disk.path()).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenStore for FileTokenStore {
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        let account = account.clone();
        self.read(move |file| file.pair(&file.disk.read()?, &account)).await
    }

    async fn swap(
        &self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: TokenSet,
    ) -> Result<Swap, StoreError> {
        let account = account.clone();
        self.change(move |file, contents| file.swap(contents, account, expect, &new)).await
    }

    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError> {
        let account = account.clone();
        self.change(move |_, contents| {
            if let Some(entry) = contents.accounts.get_mut(&account) {
                entry.sealed = None;
            }
            Ok(())
        })
        .await
    }

    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let (account, owner, env) = (account.clone(), owner.to_owned(), Arc::clone(&self.env));
        self.change(move |_, contents| {
            // Asked now: it may have taken long to get the lock.
            let now = env.now().as_millisecond();
            Ok(contents.accounts.entry(account).or_default().lease(&owner, ttl, now))
        })
        .await
    }

    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        let account = account.clone();
        self.change(move |_, contents| {
            if let Some(entry) = contents.accounts.get_mut(&account) {
                entry.release(&lease);
            }
            Ok(())
        })
        .await
    }
}

/// The file, and how its pairs are sealed.
struct TokenFile {
    disk: Disk,
    sealed: Sealed,
}

impl TokenFile {
    fn open(path: &Path, seal: Arc<dyn Seal>) -> Result<Self, StoreError> {
        let disk = Disk::find(path)?;
        disk.check_mode()?;
        let file = Self { sealed: Sealed::new(STORE, disk.path().display(), seal), disk };
        for (account, rev, text) in file.disk.read()?.pairs() {
            file.sealed.open(account, rev, text)?;
        }
        Ok(file)
    }

    fn pair(
        &self,
        contents: &Contents,
        account: &AccountKey,
    ) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        let Some((rev, text)) = contents.pair(account) else { return Ok(None) };
        Ok(Some(Versioned { rev, value: self.sealed.open(account, rev, text)? }))
    }

    fn swap(
        &self,
        contents: &mut Contents,
        account: AccountKey,
        expect: Option<Rev>,
        new: &TokenSet,
    ) -> Result<Swap, StoreError> {
        if contents.pair(&account).map(|(rev, _)| rev) != expect {
            return Ok(Swap::Stale(self.pair(contents, &account)?));
        }
        let last = contents.accounts.get(&account).and_then(|entry| entry.rev);
        let rev = last.map_or(Rev::FIRST, Rev::next);
        let text = self.sealed.close(&account, rev, new)?;
        let entry = contents.accounts.entry(account).or_default();
        (entry.rev, entry.sealed) = (Some(rev), Some(text));
        Ok(Swap::Stored(rev))
    }

    fn reseal(&self, contents: &mut Contents) -> Result<Resealed, StoreError> {
        let mut resealed = Resealed::default();
        for (account, entry) in &mut contents.accounts {
            let Some((rev, text)) = entry.pair() else { continue };
            // Opened in any case: what does not open is an error, whichever key it names.
            let tokens = self.sealed.open(account, rev, text)?;
            if self.sealed.is_current(text) {
                resealed.already_current += 1;
                continue;
            }
            entry.sealed = Some(self.sealed.close(account, rev, &tokens)?);
            resealed.done += 1;
        }
        Ok(resealed)
    }
}
