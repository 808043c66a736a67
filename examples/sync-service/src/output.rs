use std::fmt;
use std::io::{ErrorKind, Write};

/// How wide what people read is printed.
pub(crate) const WIDTH: usize = 80;

/// Prints a line as it is. Whoever reads only the first ones, as `head` does, has not made a command fail.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        tracing::error!(%error, "a line could not be printed");
    }
}

/// Breaks lines that are wider than [`WIDTH`] between words, and indents what comes after further than the line. A word that
/// is too wide has a line of its own: it may be an address, which must not be broken.
pub(crate) fn wrapped(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(wrapped_line).collect();
    lines.join("\n")
}

fn wrapped_line(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let mut out = " ".repeat(indent);
    let mut column = indent;
    for (number, word) in text.split(' ').enumerate() {
        let width = word.chars().count();
        if number > 0 && column + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent + 4));
            column = indent + 4;
        } else if number > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

/// As `println!`, for people: see [`wrapped`].
macro_rules! say {
    ($($text:tt)*) => { $crate::output::line(format_args!("{}", $crate::output::wrapped(&format!($($text)*)))) };
}

pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_broken_between_words_and_indented() {
        let word = "nine char"; // With the space between, ten columns.
        let line = format!("  {}", [word; 9].join(" "));
        let told = wrapped(&format!("short\n{line}\n"));
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines.len(), 3, "{told}");
        assert_eq!((lines[0], lines[1].len(), lines[2]), ("short", 76, "      char nine char"), "{told}");
    }

    #[test]
    fn columns_are_those_of_letters_and_a_long_word_stays_whole() {
        let accents = "é".repeat(WIDTH);
        assert_eq!(wrapped(&accents), accents);
        let address = format!("https://example.pt/{}", "a".repeat(WIDTH));
        assert_eq!(wrapped(&format!("see {address}")), format!("see\n    {address}"));
    }
}
