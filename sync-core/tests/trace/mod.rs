//! Keeps what the tests trace, for `.ci/run` to search it for secrets.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, Once};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// From now on everything that this process traces or logs, at every level, goes into the folder that
/// `SYNC_TRACE_DIR` names. Without that variable nothing happens.
///
/// Whatever makes the first secret of a test calls this before. All processes of one program share a file: each line
/// is written at once, and what a killed process has traced is there.
pub(crate) fn on() {
    static ON: Once = Once::new();
    ON.call_once(|| {
        let Some(folder) = std::env::var_os("SYNC_TRACE_DIR") else { return };
        let program = std::env::current_exe().unwrap();
        let path = Path::new(&folder).join(program.file_name().unwrap()).with_extension("log");
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        tracing_subscriber::fmt()
            // This one traces its entries, and those of its mock, which only tests use, show what they hold.
            .with_env_filter(EnvFilter::new("trace,keyring_core=off"))
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(Arc::new(file))
            .init();
    });
}
