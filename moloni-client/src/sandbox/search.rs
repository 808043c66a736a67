use super::params::Params;
use super::row::{Row, text};
use super::validate::{Check, Issues};

/// The parameter of a search and the fields that it looks in.
pub(super) type Search = (&'static str, &'static [&'static str]);

/// The rows that have what `params` ask for.
pub(super) fn matching(
    rows: Vec<Row>,
    params: &Params,
    (parameter, fields): Search,
) -> Result<Vec<Row>, Issues> {
    let mut check = Check::new(params);
    check.text(parameter);
    if !check.issues.is_empty() {
        return Err(check.issues);
    }
    let wanted = params.text(parameter).to_lowercase();
    // Without `exact`, a search finds its text anywhere, unless it says by itself where anything may stand.
    let pattern = if params.flag("exact") || wanted.contains('%') { wanted } else { format!("%{wanted}%") };
    let hit = |row: &Row| fields.iter().any(|field| like(&text(row, field).to_lowercase(), &pattern));
    Ok(rows.into_iter().filter(hit).collect())
}

/// SQL's `LIKE` with `%` alone.
fn like(text: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('%') else { return text == pattern };
    let Some(rest) = text.strip_prefix(head) else { return false };
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.filter_map(|at| rest.get(at..)).any(|rest| like(rest, tail))
}

/// The highest of the numbers among `texts`, as it is written; empty if there is none.
pub(super) fn highest<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let last = texts.filter_map(|n| Some((n.parse::<u64>().ok()?, n))).max_by_key(|(value, _)| *value);
    last.map(|(_, number)| number.to_owned()).unwrap_or_default()
}

/// One above `last`, with as many digits.
pub(super) fn after(last: &str) -> String {
    let next = last.parse::<u64>().unwrap_or(0).saturating_add(1);
    format!("{next:0width$}", width = last.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_stands_for_anything() {
        let rows = [
            ("web-7", "web%", true),
            ("a web", "web%", false),
            ("a web b", "%web%", true),
            ("web", "web", true),
            ("web1", "web", false),
            ("çà", "%à", true),
            ("", "%", true),
        ];
        for (text, pattern, hit) in rows {
            assert_eq!(like(text, pattern), hit, "{text} like {pattern}");
        }
    }

    #[test]
    fn the_next_number_has_the_digits_of_the_last() {
        assert_eq!(after(&highest(["0007", "x9", "0041"].into_iter())), "0042");
        assert_eq!(after(&highest([].into_iter())), "1");
        assert_eq!(after("99"), "100");
    }
}
