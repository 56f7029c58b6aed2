use proptest::prelude::*;

use super::super::{Limits, read_documents, to_yaml};

const MANIFEST: &str = "\
# A gateway and its route.
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: &meta
  name: web
  labels: {app: 'web', \"on\": yes}
spec:
  listeners:
  - name: http
    port: 0x50
    hostname: \"*.example.com\"
  - name: https
    tls: {mode: Terminate, certificateRefs: [{name: a}, {name: b}]}
---
kind: HTTPRoute
metadata:
  <<: &base {namespace: shop}
  name: !!str 1
  annotations:
    note: |-
      several
        lines
    folded: >
      text

      more
spec:
  rules:
  - matches: [{path: {value: /}}]
  - *base_missing
...
--- # JSON
{\"kind\": \"List\", \"items\": [{\"a\": 1.5e3}, [true, null], \"\\u00e9\"]}
{\"kind\": \"Service\"}
";

const PIECES: &[&str] = &[
    "", " ", "  ", "\n", "\t", ":", ": ", "- ", "? ", "#", "&a ", "*a", "!", "!!int ", "|", ">-\n", "\"", "'", "[",
    "]", "{", "}", ",", "%", "@", "\\", "0", "~", "<<: ", "---\n", "...\n", "\r\n", "\r", "é", "\u{2028}", "\u{FEFF}",
    "\0", "x: y\n",
];

proptest! {
    /// Whatever an edit does to a file: nothing panics, errors have a place inside the file, and
    /// what is read can be written and read again.
    #[test]
    fn edited_manifests_are_read_or_told(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::sample::select(PIECES)), 1..5)
    ) {
        let mut characters: Vec<char> = MANIFEST.chars().collect();
        for (at, removed, piece) in edits {
            let at = at.index(characters.len() + 1);
            let end = (at + removed).min(characters.len());
            characters.splice(at..end, piece.chars());
        }
        let text: String = characters.iter().collect();
        let lines = text.matches(['\n', '\r']).count() + 1;
        for document in read_documents(text.as_bytes(), &Limits::default()) {
            match document {
                Ok(document) => {
                    let written = to_yaml(&document.value);
                    let again = read_documents(written.as_bytes(), &Limits::default()).next().unwrap().unwrap();
                    prop_assert_eq!(again.value.to_string().replace(".0", ""), document.value.to_string().replace(".0", ""));
                    prop_assert!(document.positions().nearest("spec.rules[0].matches").is_some());
                }
                Err(error) => {
                    prop_assert!(error.line <= lines + 1, "{}", error);
                    prop_assert!(!error.to_string().contains('\n') || text.contains("\\n"), "{}", error);
                }
            }
        }
    }
}
