//! What types print of themselves, searched for the made-up secrets of the tests.

use std::any::type_name;
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

/// What every made-up secret has in it: as it is, as hexadecimal digits, as numbers, and in base64 at each of the three
/// offsets. The last is a key's beginning as numbers.
const MARKS: [&str; 11] = [
    "s3cr3t",
    "5ec2e7",
    "733363723374",
    "115,51,99,114,51,116",
    "czNjcjN0",
    "MzY3Izd",
    "zM2NyM3",
    "NWVjMmU3",
    "VlYzJlN",
    "1ZWMyZT",
    "94,194,231",
];

/// What shows that a type or its file has to do with secrets.
const TRACES: [&str; 4] = ["Secret", "AccessToken", "TokenS", "HeaderMap"];

/// Insists that `text` holds no secret. Says where it came from, and not what it is.
#[track_caller]
pub(crate) fn is_clean(text: &str, of: &str) {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(!text.is_empty(), "{of} says nothing at all");
    let found: Vec<_> = MARKS.iter().filter(|mark| text.contains(**mark)).collect();
    assert!(found.is_empty(), "{of} shows a secret (of the form {found:?})");
}

/// All that an error says: in both forms of `Debug`, in `Display`, and so on for each cause.
pub(crate) fn told(error: &dyn Error) -> String {
    let causes = error.source().map(told).unwrap_or_default();
    format!("{error} {error:?} {error:#?} {causes}")
}

/// The types that were searched, by their full names.
#[derive(Debug, Default)]
pub(crate) struct Shown(BTreeSet<String>);

impl Shown {
    #[track_caller]
    pub(crate) fn debug<T: Debug>(&mut self, value: &T) {
        is_clean(&format!("{value:?} {value:#?}"), self.add::<T>());
    }

    #[track_caller]
    pub(crate) fn error<T: Error>(&mut self, error: &T) {
        is_clean(&told(&error), self.add::<T>());
    }

    fn add<T>(&mut self) -> &'static str {
        let name = type_name::<T>();
        let parameters = name.find('<').unwrap_or(name.len());
        self.0.insert(name.split_at(parameters).0.to_owned());
        name
    }

    /// Insists that every public type below `src`, the folder of the crate's sources, either was searched or is in
    /// `harmless`: there are the reasons and the types, named from the crate's root, or modules ending in `::`.
    ///
    /// Types that a macro names are not seen.
    #[track_caller]
    pub(crate) fn is_complete(&self, crate_name: &str, src: &str, harmless: &[(&str, &[&str])]) {
        let mut found = BTreeSet::new();
        public_types(Path::new(src), crate_name, harmless, &mut found);
        assert!(found.len() > 10, "the sources are not there: {found:?}");
        let harmless: Vec<_> = harmless
            .iter()
            .flat_map(|(_, names)| *names)
            .map(|name| format!("{crate_name}::{name}"))
            .collect();
        let (modules, types): (Vec<_>, Vec<_>) = harmless.into_iter().partition(|name| name.ends_with("::"));
        let in_module = |name: &String| modules.iter().any(|module| name.starts_with(module));
        let new: Vec<_> = found
            .iter()
            .filter(|name| !(self.0.contains(*name) || types.contains(*name) || in_module(name)))
            .collect();
        assert!(new.is_empty(), "show them with secrets in them, or say why they hold none: {new:#?}");
        let stale: Vec<_> =
            types.iter().filter(|name| self.0.contains(*name) || !found.contains(*name)).collect();
        assert!(stale.is_empty(), "called harmless, and shown or not there: {stale:#?}");
    }
}

fn public_types(folder: &Path, module: &str, harmless: &[(&str, &[&str])], found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let inner = if ["lib", "main", "mod"].contains(&name) {
            module.to_owned()
        } else {
            format!("{module}::{name}")
        };
        if path.is_dir() {
            public_types(&path, &inner, harmless, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let of_harmless_module = harmless.iter().flat_map(|(_, names)| *names).any(|name| {
            name.ends_with("::") && format!("{inner}::").split_once("::").unwrap().1.starts_with(name)
        });
        for trace in TRACES.iter().filter(|_| of_harmless_module) {
            assert!(!text.contains(trace), "{} is called harmless, and speaks of {trace}", path.display());
        }
        let types = text.lines().filter_map(|line| {
            let line = line.trim_start();
            let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (end > 0).then(|| format!("{inner}::{}", rest.split_at(end).0))
        });
        found.extend(types);
    }
}
