use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use fs4::TryLockError;

/// How long to wait for somebody else's lock. Whoever works holds it for milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The exclusive lock on a file, until it is dropped or the process ends.
///
/// It is held by the open file and not by the process, so two stores in one process keep each other out as well.
#[derive(Debug)]
pub(in crate::token) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock. The file is made if it is not there, and is never removed: whoever waits for a
    /// removed one would get a lock that no longer keeps anybody out.
    pub(in crate::token) fn take(path: &Path) -> io::Result<Self> {
        Self::take_within(path, PATIENCE)
    }

    fn take_within(path: &Path, patience: Duration) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;

        // Real pauses, whatever clock a test has: the other process ends its work in real time.
        let (mut waited, mut pause) = (Duration::ZERO, Duration::from_millis(1));
        loop {
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if waited >= patience => {
                    let why = format!("another process has held it for {patience:?}: is it stopped?");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(pause),
            }
            waited += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_waited_for_and_not_for_ever() {
        let path = std::env::temp_dir().join(format!("sync-core-lock-{}", std::process::id()));
        let held = Lock::take(&path).unwrap();
        let error = Lock::take_within(&path, Duration::from_millis(40)).unwrap_err();
        assert_eq!(error.to_string(), "another process has held it for 40ms: is it stopped?");

        let waiting = thread::spawn({
            let path = path.clone();
            move || Lock::take(&path).map(drop)
        });
        thread::sleep(Duration::from_millis(40));
        assert!(!waiting.is_finished());
        drop(held);
        waiting.join().unwrap().unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}
