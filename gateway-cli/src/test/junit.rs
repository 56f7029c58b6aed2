//! What came of a run, as the XML that CI systems read: a suite for each file.
//!
//! The form is the one that Jenkins' schema and GitLab's and GitHub's readers share.

use std::fmt::Write as _;

use super::{Outcome, Run, Tested};
use crate::console::Paint;
use crate::text::cases as text;

/// The whole run.
pub(super) fn to_xml(run: &Run<'_>) -> String {
    let coverage = run.min_coverage.map(|minimum| (minimum, run.coverage.all().is_at_least(minimum)));
    let missed = usize::from(coverage.is_some_and(|(_, sufficient)| !sufficient));
    let mut xml = Xml::default();
    xml.open(
        "testsuites",
        &[
            ("name", "gwapi test"),
            ("tests", &(run.tested.len() + usize::from(coverage.is_some())).to_string()),
            ("failures", &(run.count(Outcome::is_failed) + missed).to_string()),
            ("errors", &run.count(Outcome::is_error).to_string()),
        ],
    );
    for cases in run.tested.chunk_by(|a, b| a.case.file == b.case.file) {
        suite(&mut xml, cases);
    }
    if let Some((minimum, sufficient)) = coverage {
        coverage_suite(&mut xml, run, minimum, sufficient);
    }
    xml.close("testsuites");
    xml.text
}

fn suite(xml: &mut Xml, cases: &[Tested]) {
    let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|tested| is(&tested.outcome)).count().to_string();
    let file = cases.first().map(|tested| tested.case.file.as_str()).unwrap_or_default();
    xml.open(
        "testsuite",
        &[
            ("name", file),
            ("tests", &cases.len().to_string()),
            ("failures", &count(Outcome::is_failed)),
            ("errors", &count(Outcome::is_error)),
            ("skipped", "0"),
        ],
    );
    for Tested { case, outcome } in cases {
        let name = case.name.clone().unwrap_or_else(|| format!("line {}", case.line));
        let line = case.line.to_string();
        let attributes = [("name", name.as_str()), ("classname", file), ("file", file), ("line", line.as_str())];
        match outcome {
            Outcome::Passed { .. } => xml.empty("testcase", &attributes),
            Outcome::Failed { differences, summary, why, .. } => {
                let told: Vec<String> = differences.iter().map(text::difference).collect();
                xml.open("testcase", &attributes);
                let body = format!("{summary}\n{}\n\n{why}", told.join("\n"));
                xml.leaf("failure", &[("message", &told.join("; ")), ("type", "expectation")], &body);
                xml.close("testcase");
            }
            Outcome::Error(problems) => {
                xml.open("testcase", &attributes);
                xml.leaf("error", &[("message", &problems.join("; ")), ("type", "unreadable")], &problems.join("\n"));
                xml.close("testcase");
            }
        }
    }
    xml.close("testsuite");
}

/// Coverage as a case of its own, so that whoever reads the report sees why the run failed.
fn coverage_suite(xml: &mut Xml, run: &Run<'_>, minimum: f64, sufficient: bool) {
    let failures = if sufficient { "0" } else { "1" };
    xml.open(
        "testsuite",
        &[("name", "coverage"), ("tests", "1"), ("failures", failures), ("errors", "0"), ("skipped", "0")],
    );
    let name = format!("at least {minimum}% of listeners, rules and matches");
    let attributes = [("name", name.as_str()), ("classname", "coverage")];
    if sufficient {
        xml.empty("testcase", &attributes);
    } else {
        let told = text::coverage(run, Paint::default());
        xml.open("testcase", &attributes);
        let first = told.lines().next().unwrap_or_default();
        xml.leaf("failure", &[("message", first), ("type", "coverage")], &told);
        xml.close("testcase");
    }
    xml.close("testsuite");
}

/// A document as it is written.
struct Xml {
    text: String,
    depth: usize,
}

impl Default for Xml {
    fn default() -> Self {
        Xml { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 0 }
    }
}

impl Xml {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, ">\n");
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        let _ = writeln!(self.text, "{:1$}</{name}>", "", self.depth * 2);
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes, "/>\n");
    }

    fn leaf(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes, ">");
        escape(&mut self.text, text, false);
        let _ = writeln!(self.text, "</{name}>");
    }

    // Writing to a String does not fail.
    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        let _ = write!(self.text, "{:1$}<{name}", "", self.depth * 2);
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"");
            escape(&mut self.text, value, true);
            self.text.push('"');
        }
        self.text.push_str(end);
    }
}

/// Text as XML 1.0 may hold it. What it may not hold at all is written as Rust escapes it.
fn escape(out: &mut String, text: &str, is_attribute: bool) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Readers turn these into blanks in an attribute, and a bare return into a line feed everywhere.
            '\n' | '\t' if !is_attribute => out.push(character),
            '\n' | '\t' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            other if is_allowed(other) => out.push(other),
            other => out.extend(other.escape_unicode()),
        }
    }
}

/// XML 1.0, section 2.2, `Char`, without the control characters that it discourages.
fn is_allowed(character: char) -> bool {
    !character.is_control() && !matches!(character, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_so_that_it_is_read_back() {
        let mut out = String::new();
        escape(&mut out, "a<b>&\"c'\n\t\r\u{0}\u{1b}\u{FFFE}ö]]>", false);
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;c'\n\t&#13;\\u{0}\\u{1b}\\u{fffe}ö]]&gt;");
        out.clear();
        escape(&mut out, "a\n\t\r", true);
        assert_eq!(out, "a&#10;&#9;&#13;");
    }
}
