//! The worked example of `CONTRIBUTING.md` is what is in the code, all of it, and short.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// What a settings entity of the common form may cost, in lines.
const LIMIT: usize = 40;

/// What the example names in lists that are there already, and in which.
const LISTED: [(&str, &str); 5] = [
    ("DeductionId", "src/lib.rs"),
    ("Deduction", "src/types/mod.rs"),
    ("NewDeduction", "src/types/mod.rs"),
    ("Deductions", "src/resources/mod.rs"),
    ("Deduction", "tests/outcomes/arbitrary.rs"),
];

/// What only the example's own lines say.
const ITS_OWN: [&str; 4] = ["Deductions", "NewDeduction", "read Deduction,", "\"deductions\""];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn lines(path: &Path) -> Vec<String> {
    let text = read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// The steps, each with the files that it names and its lines of code.
fn steps() -> Vec<(Vec<PathBuf>, Vec<String>)> {
    let text = read_to_string(here("../CONTRIBUTING.md")).unwrap();
    let section = text.split("## An entity of Moloni in the common form").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let steps = section.split("   ```text\n").collect::<Vec<_>>();
    let step = |pair: &[&str]| {
        // What is before the code, from the end of the code before that.
        let said = pair[0].rsplit("   ```\n").next().unwrap();
        let named = said.split('`').filter(|word| word.contains('/') && word.contains(".rs"));
        let code = pair[1].split("   ```").next().unwrap().lines();
        (named.map(here).collect(), code.map(|line| line.trim().to_owned()).collect())
    };
    steps.windows(2).map(step).collect()
}

fn contains(file: &[String], run: &[String]) -> bool {
    run.is_empty() || file.windows(run.len()).any(|lines| lines == run)
}

/// All files of Rust in a folder, and in those in it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inner = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(inner).filter(|path| path.extension().is_some_and(|end| end == "rs")).collect()
}

#[test]
fn the_worked_example_is_all_there_is_to_an_entity_and_short() {
    let steps = steps();
    assert_eq!(steps.len(), 5);
    for (files, code) in &steps {
        let mut files: Vec<_> = files.iter().map(|file| lines(file)).collect();
        let mut rest = code.as_slice();
        while !rest.is_empty() {
            // How much of the rest is in one of the files, in this order and with nothing between.
            let run =
                |file: &Vec<String>| (0..=rest.len()).rev().find(|n| contains(file, &rest[..*n])).unwrap();
            let best = (0..files.len()).max_by_key(|at| run(&files[*at]));
            let found = best.map_or(0, |at| run(&files.remove(at)));
            assert!(found > 0, "{:?} is not in the code like that", rest[0]);
            rest = &rest[found..];
        }
    }
    for (name, list) in LISTED {
        let listed = |line: &String| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == name);
        assert!(lines(&here(list)).iter().any(listed), "{list} does not name {name}");
    }
    let example: Vec<_> = steps.iter().flat_map(|(_, code)| code).collect();
    let rows = crate::page().iter().filter(|row| row.contains("`deductions.")).count();
    let cost = example.len() + LISTED.len() + rows;
    assert!(cost < LIMIT, "the example costs {cost} lines");
    // Nothing else is about it.
    for file in
        sources(&here("src")).iter().filter(|file| !LISTED.iter().any(|(_, list)| here(list) == **file))
    {
        for line in lines(file).iter().filter(|line| ITS_OWN.iter().any(|name| line.contains(name))) {
            assert!(example.contains(&line), "{}: the example lacks {line:?}", file.display());
        }
    }
}
