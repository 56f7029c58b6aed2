//! Standard error, exit codes, and colour.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

/// Exit code when something was found that is not as it should be.
const FINDINGS: u8 = 1;
/// Exit code when the command could not run, or some input could not be read.
const UNREADABLE: u8 = 2;

/// Tells of something that could not be read. Standard error that is closed is nobody's problem.
pub(crate) fn error(message: impl std::fmt::Display) {
    tell(Style::Failure, "error", &message.to_string());
}

/// Tells of something that was read, though perhaps not as meant.
pub(crate) fn warning(message: impl std::fmt::Display) {
    tell(Style::Caution, "warning", &message.to_string());
}

/// Tells of something that is as it should be, but worth knowing.
pub(crate) fn note(message: impl std::fmt::Display) {
    tell(Style::Heading, "note", &message.to_string());
}

fn tell(style: Style, label: &str, message: &str) {
    let label = Paint::for_stream(&io::stderr()).apply(style, label);
    let _ = writeln!(io::stderr().lock(), "{label}: {}", printable(message));
}

/// The exit code of a command that wrote its answer, or did not get it written.
///
/// A reader that has seen enough (`| head`) is no failure.
pub(crate) fn finish(written: io::Result<()>, complete: bool) -> ExitCode {
    match written {
        Err(problem) if problem.kind() != ErrorKind::BrokenPipe => {
            error(format_args!("cannot write: {}", cause(&problem)));
            ExitCode::from(UNREADABLE)
        }
        _ if complete => ExitCode::SUCCESS,
        _ => ExitCode::from(UNREADABLE),
    }
}

/// The exit code of a command that may have found something to mend.
pub(crate) fn finish_with_findings(written: io::Result<()>, complete: bool, findings: usize) -> ExitCode {
    let code = finish(written, complete);
    if code == ExitCode::SUCCESS && findings > 0 { ExitCode::from(FINDINGS) } else { code }
}

/// What the system says, without its number.
pub(crate) fn cause(problem: &io::Error) -> String {
    let text = problem.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Text of a manifest or request as a terminal may show it: what would move the cursor, change
/// colours or turn the direction of text is escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let moves = |c: char| {
        c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(moves) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if moves(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// What a piece of text is, as colours tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    Strong,
    Faint,
    Heading,
    Success,
    Caution,
    Failure,
}

/// Colours, where there is somebody to see them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Colour on a terminal, unless `NO_COLOR` says otherwise (<https://no-color.org>).
    pub(crate) fn for_stream(stream: &impl IsTerminal) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Paint { on: stream.is_terminal() && !refused && !dumb }
    }

    pub(crate) fn apply(self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Plain => return text.to_owned(),
            _ if !self.on || text.is_empty() => return text.to_owned(),
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Heading => "36",
            Style::Success => "32",
            Style::Caution => "33",
            Style::Failure => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_manifest_reaches_the_terminal_as_a_command() {
        assert_eq!(printable("shop/cart"), "shop/cart");
        assert_eq!(printable("a\x1b[31mb\nc\u{202E}"), "a\\u{1b}[31mb\\nc\\u{202e}");
        assert_eq!(printable("größe"), "größe");
    }

    #[test]
    fn no_colour_without_a_terminal() {
        assert_eq!(Paint::default().apply(Style::Failure, "x"), "x");
        assert_eq!(Paint { on: true }.apply(Style::Failure, "x"), "\x1b[31mx\x1b[0m");
    }
}
