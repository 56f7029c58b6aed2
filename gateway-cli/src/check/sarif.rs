//! Findings for code scanning: SARIF 2.1.0.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::entry::{Entry, Finding};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// One run with a result for each finding.
pub(super) fn log(entries: &[Entry]) -> Value {
    let codes: BTreeSet<_> = entries.iter().flat_map(Entry::findings).map(|finding| finding.code).collect();
    let rules = codes.iter().map(|code| json!({"id": code, "shortDescription": {"text": code.replace('-', " ")}}));
    let results = entries.iter().flat_map(|entry| {
        let errors = entry.errors.iter().map(|error| result(entry, error, "error"));
        errors.chain(entry.warnings.iter().map(|warning| result(entry, warning, "warning")))
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "gwapi",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Value>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Value>(),
        }],
    })
}

fn result(entry: &Entry, finding: &Finding, level: &str) -> Value {
    let name = entry.name.as_deref().unwrap_or("(no name)");
    let object = match &entry.namespace {
        Some(namespace) => format!("{} {namespace}/{name}", entry.kind),
        None => format!("{} {name}", entry.kind),
    };
    let mut physical = json!({"artifactLocation": {"uri": uri(&entry.file)}});
    if let (Some(spot), Value::Object(physical)) = (&finding.spot, &mut physical) {
        physical.insert("region".to_owned(), json!({"startLine": spot.line, "startColumn": spot.column}));
    }
    json!({
        "ruleId": finding.code,
        "level": level,
        "message": {"text": format!("{object}: {}: {}", finding.path, finding.message)},
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{"fullyQualifiedName": format!("{object}: {}", finding.path)}],
        }],
    })
}

/// A path as a reference of a URI: relative ones stay relative to where gwapi runs.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            b'\\' if cfg!(windows) => uri.push('/'),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    // A scheme may not come from a file's name, and neither may a host.
    if path.starts_with('/') { format!("file://{uri}") } else { uri }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, expected) in
            [("./a/b.yaml", "a/b.yaml"), ("/tmp/ä b.yaml", "file:///tmp/%C3%A4%20b.yaml"), ("a:b#c", "a%3Ab%23c")]
        {
            assert_eq!(uri(path), expected);
        }
    }
}
