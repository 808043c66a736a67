//! Files that are nobody else's business.

use std::fs::Metadata;

/// The file's mode, if others than its owner may do anything with it. Known on Unix only.
pub(in crate::token) fn exposed(file: &Metadata) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let mode = file.permissions().mode() & 0o7777;
        // What is no plain file (a pipe from a shell, say) has nothing to leave open.
        (file.is_file() && mode & 0o077 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}
