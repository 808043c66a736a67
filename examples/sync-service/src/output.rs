use std::fmt;
use std::io::{ErrorKind, Write};

/// Prints a line. Whoever reads only the first ones, as `head` does, has not made a command fail.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        tracing::error!(%error, "a line could not be printed");
    }
}

/// As `println!`, for readers who may go away.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

pub(crate) use say;
