//! How the file is read and replaced.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::STORE;
use super::contents::Contents;
use super::lock::Lock;
use crate::StoreError;
use crate::token::seal::exposed;

/// The token file on its disk. Everything here blocks.
#[derive(Debug)]
pub(super) struct Disk {
    /// Without symbolic links, so that all who use the file mean the same lock.
    path: PathBuf,
    folder: PathBuf,
    /// Set once the file was seen. It is never removed, so if it is not there any more, something is wrong.
    seen: AtomicBool,
}

impl Disk {
    pub(super) fn find(path: &Path) -> Result<Self, StoreError> {
        let path = resolve(path)?;
        let folder = path.parent().ok_or_else(|| failed(&path, "is no file", "it has no name"))?.to_owned();
        Ok(Self { path, folder, seen: AtomicBool::new(false) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Refused rather than tightened: whoever could read it until now may have a copy, and whatever opened it
    /// will do so again.
    pub(super) fn check_mode(&self) -> Result<(), StoreError> {
        let file = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file.map_err(|error| self.failed("cannot be examined", error))?,
        };
        exposed(&file).map_or(Ok(()), |mode| {
            let path = self.path.display();
            Err(self.error(format_args!("others may read it (its mode is {mode:04o}): `chmod 600 '{path}'`")))
        })
    }

    /// The contents; there are none before the first change. Takes no lock: the file is only ever replaced as a
    /// whole, so this sees one state or the next.
    pub(super) fn read(&self) -> Result<Contents, StoreError> {
        let mut bytes = Vec::new();
        match File::open(&self.path).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Ok(_) => self.seen.store(true, Ordering::Relaxed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.read_nothing(),
            Err(error) => return Err(self.failed("cannot be read", error)),
        }
        Contents::read(&bytes).map_err(|error| self.error(error))
    }

    fn read_nothing(&self) -> Result<Contents, StoreError> {
        if self.seen.load(Ordering::Relaxed) {
            return Err(self.error(
                "it is gone: put it back, or start the program again and authorise every account again",
            ));
        }
        fs::metadata(&self.folder).map_err(|error| self.failed("has no folder any more", error))?;
        Ok(Contents::default())
    }

    /// Changes the contents while nobody else does. Nothing is written if `change` fails or leaves them as they
    /// are.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Contents) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let lock = self.beside("lock");
        let _held = Lock::take(&lock).map_err(|error| {
            self.error(format_args!("its lock {} cannot be taken: {error}", lock.display()))
        })?;
        let before = self.read()?;
        let mut contents = before.clone();
        let result = change(&mut contents)?;
        if contents != before {
            let json = contents.to_json().map_err(|error| self.failed("cannot be written", error))?;
            self.replace(&json)?;
        }
        Ok(result)
    }

    /// Under the lock, so one name for the new file is enough, and what a crash left of it is in nobody's way.
    fn replace(&self, json: &[u8]) -> Result<(), StoreError> {
        let new = self.beside("new");
        let written = write_new(&new, json, &self.path).and_then(|()| fs::rename(&new, &self.path));
        written.map_err(|error| {
            // Whether it can be removed or not: the next change tries again.
            let _ = fs::remove_file(&new);
            self.failed("cannot be replaced, and is as it was", error)
        })?;
        self.seen.store(true, Ordering::Relaxed);
        sync_folder(&self.folder)
            .map_err(|error| self.failed("is replaced, but may not be after a power cut", error))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().map(OsStr::to_owned).unwrap_or_default();
        name.push(".");
        name.push(ending);
        self.folder.join(name)
    }

    pub(super) fn error(&self, why: impl Display) -> StoreError {
        StoreError::new(STORE, format!("{}: {why}", self.path.display()))
    }

    fn failed(&self, what: &str, error: impl Display) -> StoreError {
        failed(&self.path, what, error)
    }
}

fn failed(path: &Path, what: &str, error: impl Display) -> StoreError {
    StoreError::new(STORE, format!("{}: it {what}: {error}", path.display()))
}

fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => {
            let name = path.file_name().ok_or_else(|| failed(path, "has no name", error))?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")));
            Ok(folder.map_err(|error| failed(path, "has no folder that can be used", error))?.join(name))
        }
        path_without_links => path_without_links.map_err(|error| failed(path, "cannot be found", error)),
    }
}

fn write_new(path: &Path, bytes: &[u8], old: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    keep_owner(&file, old)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// An administrator who connects an account by hand must not take the file away from the service.
#[cfg(unix)]
fn keep_owner(new: &File, old: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    match fs::metadata(old) {
        Ok(old) if old.uid() != new.metadata()?.uid() => fchown(new, Some(old.uid()), Some(old.gid())),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
fn keep_owner(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a rename survive a power cut. Other systems than Unix do not open folders.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
