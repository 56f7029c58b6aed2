//! Values as YAML text.

use std::fmt::Write as _;

use serde_json::{Value, map};

use super::scalar::is_typed;

/// A value as YAML in block style, two spaces a level, ending with a line break.
///
/// The same value gives the same text: entries stay in the order of the map, strings are quoted
/// where YAML 1.1 (or 1.2) would take them for something else, text of several lines becomes a
/// literal block. [`read_documents`](super::read_documents) reads the value back, with one
/// exception: whole floats (`80.0`) come back as integers, as they do in Kubernetes.
///
/// O(text). Not recursive.
///
/// ```
/// let value = serde_json::json!({"kind": "List", "items": [{"port": 80, "on": "yes"}]});
/// assert_eq!(gateway_model::yaml::to_yaml(&value), "items:\n- \"on\": \"yes\"\n  port: 80\nkind: List\n");
/// ```
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    let mut steps = vec![Step::Value(value, Slot::Root, 0)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Value(value, slot, indent) => steps.extend(write_value(&mut out, value, slot, indent)),
            Step::Entries(mut entries, indent, inline) => {
                if let Some((key, value)) = entries.next() {
                    start_line(&mut out, indent, inline);
                    write_key(&mut out, key, indent);
                    steps.push(Step::Entries(entries, indent, false));
                    steps.push(Step::Value(value, Slot::Entry, indent));
                }
            }
            Step::Items(mut items, indent, inline) => {
                if let Some(item) = items.next() {
                    start_line(&mut out, indent, inline);
                    out.push('-');
                    steps.push(Step::Items(items, indent, false));
                    steps.push(Step::Value(item, Slot::Item, indent));
                }
            }
        }
    }
    out
}

/// What is left to write. `indent` is that of the lines; the first line of a collection may be
/// `inline`, behind the dash of the item that it is.
enum Step<'v> {
    Value(&'v Value, Slot, usize),
    Entries(map::Iter<'v>, usize, bool),
    Items(std::slice::Iter<'v, Value>, usize, bool),
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Root,
    /// A key and its colon.
    Entry,
    /// A dash.
    Item,
}

fn write_value<'v>(out: &mut String, value: &'v Value, slot: Slot, indent: usize) -> Option<Step<'v>> {
    match value {
        Value::Object(entries) if !entries.is_empty() => Some(match slot {
            Slot::Root => Step::Entries(entries.iter(), indent, false),
            Slot::Entry => {
                out.push('\n');
                Step::Entries(entries.iter(), indent + 2, false)
            }
            Slot::Item => {
                out.push(' ');
                Step::Entries(entries.iter(), indent + 2, true)
            }
        }),
        Value::Array(items) if !items.is_empty() => Some(match slot {
            Slot::Root => Step::Items(items.iter(), indent, false),
            Slot::Entry => {
                out.push('\n');
                Step::Items(items.iter(), indent, false)
            }
            Slot::Item => {
                out.push(' ');
                Step::Items(items.iter(), indent + 2, true)
            }
        }),
        leaf => {
            if slot != Slot::Root {
                out.push(' ');
            }
            match leaf {
                Value::String(text) if slot != Slot::Root && fits_block(text) => {
                    write_block(out, text, indent + 2);
                    return None; // a block ends its last line itself
                }
                Value::String(text) => write_string(out, text),
                other => {
                    let _ = write!(out, "{other}"); // null, a boolean, a number, `{}`, `[]`
                }
            }
            out.push('\n');
            None
        }
    }
}

fn start_line(out: &mut String, indent: usize, inline: bool) {
    if !inline {
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// Keys beyond what YAML looks ahead for a colon need the explicit form.
fn write_key(out: &mut String, key: &str, indent: usize) {
    let before = out.len();
    write_string(out, key);
    if out.len() - before > 1000 {
        out.insert_str(before, "? ");
        out.push('\n');
        start_line(out, indent, false);
    }
    out.push(':');
}

fn write_string(out: &mut String, text: &str) {
    if fits_plain(text) {
        out.push_str(text);
    } else {
        write_quoted(out, text);
    }
}

/// Whether a text without quotes is this string, to every reader of YAML 1.1 and 1.2.
fn fits_plain(text: &str) -> bool {
    let inner = |character: char| character.is_alphanumeric() || "-_./:+@=,;()$^~!?*&%<>' ".contains(character);
    let first = |character: char| character.is_alphanumeric() || "_./-".contains(character);
    text.starts_with(first)
        && text.chars().all(inner)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.starts_with("- ")
        && !text.starts_with("--")
        && !text.starts_with("..")
        && text != "-"
        && !is_typed(text)
        && !looks_numeric(text)
}

/// What some reader of YAML 1.1 takes for a date or a sexagesimal number, or YAML 1.2 for a
/// number.
fn looks_numeric(text: &str) -> bool {
    let date = text.len() >= 8
        && text.bytes().take(4).all(|byte| byte.is_ascii_digit())
        && text.as_bytes().get(4) == Some(&b'-');
    let sexagesimal = text.contains(':')
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'_' | b'+' | b'-'));
    let number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text.replace('_', "").parse::<f64>().is_ok();
    date || sexagesimal || number
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        let _ = match character {
            '"' => write!(out, "\\\""),
            '\\' => write!(out, "\\\\"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            printable if is_printable(printable) => write!(out, "{printable}"),
            other => match u32::from(other) {
                code @ 0..=0xFF => write!(out, "\\x{code:02X}"),
                code @ 0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
                code => write!(out, "\\U{code:08X}"),
            },
        };
    }
    out.push('"');
}

/// Characters that YAML takes as they are and that show on a screen.
fn is_printable(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{A1}'..='\u{1FFF}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFEF}' | '\u{10000}'..='\u{10FFFF}')
}

fn fits_block(text: &str) -> bool {
    let content = text.trim_end_matches('\n');
    content.contains('\n')
        && !content.starts_with([' ', '\n'])
        && !content.ends_with(' ')
        && content.chars().all(|character| character == '\n' || is_printable(character))
}

fn write_block(out: &mut String, text: &str, indent: usize) {
    let content = text.trim_end_matches('\n');
    out.push_str(match text.len() - content.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    out.push('\n');
    for line in content.split('\n') {
        if !line.is_empty() {
            start_line(out, indent, false);
            out.push_str(line);
        }
        out.push('\n');
    }
    out.extend(text.matches('\n').skip(content.matches('\n').count() + 1));
}
