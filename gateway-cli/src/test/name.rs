//! Names of objects as cases write them in short.

use serde_json::Value;

/// `name`, `namespace/name`, `name:port` or `namespace/name:port`, with a kind and a blank before it
/// or without; what is left out matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    kind: Option<&'a str>,
    namespace: Option<&'a str>,
    name: &'a str,
    port: Option<u64>,
}

impl<'a> Name<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (kind, rest) = match text.split_once(' ') {
            Some((kind, rest)) => (Some(kind), rest),
            None => (None, text),
        };
        let (namespace, rest) = match rest.split_once('/') {
            Some((namespace, rest)) => (Some(namespace), rest),
            None => (None, rest),
        };
        let (name, port) = match rest.split_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (rest, None),
        };
        let is_word = |word: &str| !word.is_empty() && !word.contains([' ', '/', ':']);
        let whole = is_word(name) && kind.is_none_or(is_word) && namespace.is_none_or(is_word);
        whole.then_some(Name { kind, namespace, name, port })
    }

    /// How much it says: the more, the sooner it takes what it matches.
    pub(super) fn detail(&self) -> usize {
        usize::from(self.kind.is_some()) + usize::from(self.namespace.is_some()) + usize::from(self.port.is_some())
    }

    /// Whether it names an object with the keys of a decision line.
    pub(super) fn is_of(&self, object: &Value) -> bool {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        self.kind.is_none_or(|kind| text("kind") == Some(kind))
            && self.namespace.is_none_or(|namespace| text("namespace") == Some(namespace))
            && text("name") == Some(self.name)
            && self.port.is_none_or(|port| object.get("port").and_then(Value::as_u64) == Some(port))
    }

    /// Whether it names what another name in short stands for.
    pub(super) fn covers(&self, other: &Name<'_>) -> bool {
        self.kind.is_none_or(|kind| other.kind == Some(kind))
            && self.namespace.is_none_or(|namespace| other.namespace == Some(namespace))
            && self.name == other.name
            && self.port.is_none_or(|port| other.port == Some(port))
    }
}

/// The name of an object with the keys of a decision line: `namespace/name:port`.
pub(super) fn written(object: &Value) -> String {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let port = object.get("port").and_then(Value::as_u64).map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}/{}{port}", text("namespace"), text("name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_in_short_matches_what_it_leaves_open() {
        let service = json!({"kind": "Service", "namespace": "shop", "name": "cart", "port": 8080});
        for text in ["cart", "shop/cart", "cart:8080", "shop/cart:8080", "Service shop/cart:8080", "Service cart"] {
            assert!(Name::parse(text).unwrap().is_of(&service), "{text}");
        }
        for text in ["car", "bank/cart", "cart:80", "XBackend cart", "8080"] {
            assert!(!Name::parse(text).unwrap().is_of(&service), "{text}");
        }
        for text in ["", "/", "a/", "/a", "a/b/c", "a:", "a:b", "a:1:2", " a", "a ", "K  a", "K a b"] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
        assert_eq!(written(&service), "shop/cart:8080");
    }
}
