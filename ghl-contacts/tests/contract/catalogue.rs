//! The page that lists every operation, `docs/operations/ghl.md`.

use ghl_contacts::Idempotency;

use crate::description::fits;
use crate::journey::Made;

/// One row: a method of this crate and the request that it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) rust: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) in_v3: InV3,
    /// `None` for a request without a token.
    pub(crate) scope: Option<String>,
    twice: Idempotency,
    pub(crate) name: String,
}

/// What becomes of a path in v3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InV3 {
    Same,
    Other(String),
    Gone,
    Unknown,
}

impl Row {
    /// Its path in v3, `None` if there is none.
    pub(crate) fn path_in_v3(&self) -> Option<&str> {
        match &self.in_v3 {
            InV3::Same | InV3::Unknown => Some(&self.path),
            InV3::Other(path) => Some(path),
            InV3::Gone => None,
        }
    }

    /// Whether it is what was made, at `path`.
    pub(crate) fn tells(&self, made: &Made, path: &str) -> bool {
        (&*self.rust, &*self.method, self.twice, &*self.name)
            == (made.rust, made.method.as_str(), made.twice, made.name.as_str())
            && fits(path, &made.path)
    }

    fn read(line: &str) -> Self {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [rust, method, path, in_v3, scope, twice, name] = cells[..] else {
            panic!("not seven cells: {line}")
        };
        Self {
            rust: code(rust).unwrap_or_else(|| panic!("no method: {line}")),
            method: method.to_owned(),
            path: code(path).unwrap_or_else(|| panic!("no path: {line}")),
            in_v3: match in_v3 {
                "same" => InV3::Same,
                "gone" => InV3::Gone,
                "unknown" => InV3::Unknown,
                other => InV3::Other(code(other).unwrap_or_else(|| panic!("what in v3? {line}"))),
            },
            scope: code(scope),
            twice: match twice {
                "safe" => Idempotency::Safe,
                "idempotent" => Idempotency::Idempotent,
                "once" => Idempotency::NotIdempotent,
                _ => panic!("what if sent twice? {line}"),
            },
            name: code(name).unwrap_or_else(|| panic!("no name: {line}")),
        }
    }
}

/// The first text between backticks.
fn code(cell: &str) -> Option<String> {
    cell.split('`').nth(1).map(str::to_owned)
}

/// All rows of the page.
pub(crate) fn rows() -> Vec<Row> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations/ghl.md");
    let page = std::fs::read_to_string(page).unwrap_or_else(|why| panic!("{page}: {why}"));
    page.lines().filter(|line| line.starts_with("| `")).map(Row::read).collect()
}
