use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A mapping file that cannot be used, and every place in it that is wrong.
#[derive(Debug)]
pub struct MappingFileError {
    path: Option<PathBuf>,
    problems: Vec<MappingProblem>,
    unread: Option<io::Error>,
}

/// One place of a mapping file that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappingProblem {
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
    /// The field that it is about, if it is about one.
    pub field: Option<String>,
    /// What is wrong, and how to mend it.
    pub message: String,
    /// The line itself, and a second one that points at the place.
    pub excerpt: String,
}

/// Something wrong, and which bytes of the file say it.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) at: Range<usize>,
    pub(super) field: Option<String>,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, field: None, message: message.into() }
    }

    #[must_use]
    pub(super) fn of(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }
}

impl MappingFileError {
    pub(super) fn new(text: &str, mut wrongs: Vec<Wrong>) -> Self {
        wrongs.sort_by_key(|wrong| wrong.at.start);
        let problems = wrongs.into_iter().map(|wrong| MappingProblem::new(text, wrong)).collect();
        Self { path: None, problems, unread: None }
    }

    pub(super) fn unread(path: &Path, error: io::Error) -> Self {
        Self { path: Some(path.to_owned()), problems: Vec::new(), unread: Some(error) }
    }

    #[must_use]
    pub(super) fn in_file(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// The file, unless the text was given.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is wrong, in the order of the file. None if the file could not be read: then the source says why.
    pub fn problems(&self) -> &[MappingProblem] {
        &self.problems
    }
}

impl fmt::Display for MappingFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.as_deref().unwrap_or(Path::new("mapping")).display();
        if self.unread.is_some() {
            return write!(f, "{path}: cannot be read");
        }
        for (number, problem) in self.problems.iter().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{path}:{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for MappingFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.unread.as_ref().map(|error| error as _)
    }
}

impl fmt::Display for MappingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if let Some(field) = &self.field {
            write!(f, "field `{field}`: ")?;
        }
        write!(f, "{}\n{}", self.message, self.excerpt)
    }
}

/// How many characters of a line are shown.
const WIDTH: usize = 100;

impl MappingProblem {
    fn new(text: &str, wrong: Wrong) -> Self {
        let (before, after) = split(text, wrong.at.start);
        let line = before.matches('\n').count() + 1;
        let head = before.rsplit('\n').next().unwrap_or_default();
        let column = head.chars().count() + 1;
        // Of something long the beginning is shown, and of a long line its part.
        let skipped = (column - 1).saturating_sub(WIDTH / 2);
        let rest = after.split('\n').next().unwrap_or_default();
        let shown = head.chars().chain(rest.chars()).skip(skipped).take(WIDTH);
        // A character that moves the cursor would move the place that is pointed at.
        let shown: String = shown.map(|c| if c.is_control() { ' ' } else { c }).collect();
        let meant = split(after, wrong.at.len()).0.split('\n').next().unwrap_or_default();
        let pad = column - 1 - skipped;
        let carets = meant.trim_end().chars().count().clamp(1, WIDTH - pad);
        let gutter = " ".repeat(line.to_string().len());
        let (pad, carets) = (" ".repeat(pad), "^".repeat(carets));
        let excerpt = format!("{line} | {}\n{gutter} | {pad}{carets}", shown.trim_end());
        Self { line, column, field: wrong.field, message: wrong.message, excerpt }
    }
}

/// Before and after a byte, or the last character that begins before it.
fn split(text: &str, at: usize) -> (&str, &str) {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.split_at_checked(at.unwrap_or(0)).unwrap_or((text, ""))
}
