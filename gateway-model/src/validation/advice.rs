//! What the specification states in words and no schema enforces: rules whose breach an API server
//! takes, and that nobody can have meant.

use serde_json::{Map, Value};

use super::finding::Warning;
use super::path::Path;

mod hostnames;
mod regex;

pub(super) use hostnames::across;

/// A rule in words.
struct Advice {
    code: &'static str,
    message: &'static str,
}

const HEADER_TWICE: Advice = Advice {
    code: "header-modified-twice",
    message: "a header is named by two actions of one filter, whose order is open: keep one of them",
};
const HEADER_MATCH_TWICE: Advice = Advice {
    code: "header-match-repeated",
    message: "a match names a header twice, and only the first counts: keep one, or write the values as one regular expression",
};
const REGEX_INVALID: Advice =
    Advice { code: "regex-invalid", message: "this is no regular expression, so the rule can match nothing" };
const REGEX_NOT_PORTABLE: Advice = Advice {
    code: "regex-not-portable",
    message: "implementations differ in this part of regular expressions: write what POSIX has, and \\d, \\w, \\W or \\s",
};
const HTTPS_WITHOUT_TLS: Advice = Advice {
    code: "listener-https-without-tls",
    message: "a listener of protocol HTTPS needs `tls` with certificates, else it cannot be programmed",
};
const HOSTNAME_IS_IP: Advice =
    Advice { code: "hostname-is-ip", message: "a hostname must not be an IP address: write a name" };
const SELECTOR_MISSING: Advice = Advice {
    code: "namespaces-selector-missing",
    message: "`from: Selector` needs a `selector`, else no namespace is selected",
};
const SELECTOR_IGNORED: Advice = Advice {
    code: "namespaces-selector-ignored",
    message: "the `selector` is ignored unless `from` is Selector: change `from`, or take the selector out",
};
const CORE_GROUP_NAMED: Advice = Advice {
    code: "core-group-named",
    message: "the core group has no name: write `group: \"\"`, or leave it out where that is the default",
};
const CREDENTIALS_FOR_ANYBODY: Advice = Advice {
    code: "cors-credentials-for-any-origin",
    message: "credentials are allowed for every origin: name the origins that may send them",
};

/// Looks for what cannot have been meant. O(value).
pub(super) struct Advisor<'w> {
    pub(super) warnings: &'w mut Vec<Warning>,
}

impl Advisor<'_> {
    /// Looks at a settled part of an object.
    pub(super) fn look(&mut self, part: &Value, path: &Path<'_>) {
        match part {
            Value::Object(fields) => {
                self.object(fields, path);
                for (name, value) in fields {
                    self.look(value, &path.field(name));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.look(item, &path.item(index));
                }
            }
            Value::String(text) if matches!(path.name(), "hostname" | "hostnames") && is_ip(text) => {
                self.tell(&HOSTNAME_IS_IP, path);
            }
            _ => {}
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, path: &Path<'_>) {
        match path.name() {
            "requestHeaderModifier" | "responseHeaderModifier" => self.header_modifier(fields, path),
            "matches" => self.repeated_header_matches(fields, path),
            "listeners" => self.listener(fields, path),
            "namespaces" => self.namespaces(fields, path),
            "cors" => self.cors(fields, path),
            _ => {}
        }
        if text(fields, "type") == "RegularExpression" {
            for name in ["value", "service", "method"] {
                self.regex(text(fields, name), &path.field(name));
            }
        }
        let core_kinds = ["Service", "Secret", "ConfigMap", "Namespace"];
        if matches!(text(fields, "group"), "core" | "v1") && core_kinds.contains(&text(fields, "kind")) {
            self.tell(&CORE_GROUP_NAMED, &path.field("group"));
        }
    }

    /// spec: `HTTPHeaderFilter`: more than one action on one header name is invalid.
    fn header_modifier(&mut self, modifier: &Map<String, Value>, path: &Path<'_>) {
        let mut seen = std::collections::HashSet::new();
        for action in ["set", "add", "remove"] {
            for (index, item) in items(modifier, action).enumerate() {
                let (name, is_named) = match item {
                    Value::String(name) => (name.as_str(), false),
                    header => (header.get("name").and_then(Value::as_str).unwrap_or(""), true),
                };
                if !seen.insert(name.to_ascii_lowercase()) {
                    let (list, field) = (path.field(action), "name");
                    let item = list.item(index);
                    self.tell(&HEADER_TWICE, &if is_named { item.field(field) } else { item });
                }
            }
        }
    }

    /// spec: `HTTPHeaderMatch.name`: of equivalent names only the first counts.
    fn repeated_header_matches(&mut self, route_match: &Map<String, Value>, path: &Path<'_>) {
        let mut seen = std::collections::HashSet::new();
        for (index, header) in items(route_match, "headers").enumerate() {
            let name = header.get("name").and_then(Value::as_str).unwrap_or("");
            if !seen.insert(name.to_ascii_lowercase()) {
                self.tell(&HEADER_MATCH_TWICE, &path.field("headers").item(index).field("name"));
            }
        }
    }

    /// spec: `Listener.tls`: required for HTTPS, though no rule of the CRD says so.
    fn listener(&mut self, listener: &Map<String, Value>, path: &Path<'_>) {
        if text(listener, "protocol") == "HTTPS" && !listener.contains_key("tls") {
            self.tell(&HTTPS_WITHOUT_TLS, path);
        }
    }

    /// spec: `RouteNamespaces.selector`, `ListenerNamespaces.selector`.
    fn namespaces(&mut self, namespaces: &Map<String, Value>, path: &Path<'_>) {
        let by_selector = text(namespaces, "from") == "Selector";
        match namespaces.contains_key("selector") {
            false if by_selector => self.tell(&SELECTOR_MISSING, path),
            true if !by_selector => self.tell(&SELECTOR_IGNORED, &path.field("selector")),
            _ => {}
        }
    }

    /// spec: `HTTPCORSFilter.allowCredentials`.
    fn cors(&mut self, cors: &Map<String, Value>, path: &Path<'_>) {
        let any_origin = items(cors, "allowOrigins").any(|origin| origin == "*");
        if any_origin && cors.get("allowCredentials") == Some(&Value::Bool(true)) {
            self.tell(&CREDENTIALS_FOR_ANYBODY, &path.field("allowCredentials"));
        }
    }

    /// spec: `RegularExpression` of paths, headers, query parameters and methods; GEP-4359.
    fn regex(&mut self, pattern: &str, path: &Path<'_>) {
        if pattern.is_empty() {
            return;
        }
        if let Err(problem) = regex::parse(pattern) {
            let message = format!("{}: {problem}", REGEX_INVALID.message);
            self.warnings.push(Warning { path: path.to_string(), code: REGEX_INVALID.code, message });
        } else if let Some(part) = regex::unportable(pattern) {
            let message = format!("{} (`{part}`)", REGEX_NOT_PORTABLE.message);
            self.warnings.push(Warning { path: path.to_string(), code: REGEX_NOT_PORTABLE.code, message });
        }
    }

    fn tell(&mut self, advice: &Advice, path: &Path<'_>) {
        let Advice { code, message } = *advice;
        self.warnings.push(Warning { path: path.to_string(), code, message: message.to_owned() });
    }
}

fn is_ip(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

fn text<'a>(fields: &'a Map<String, Value>, field: &str) -> &'a str {
    fields.get(field).and_then(Value::as_str).unwrap_or("")
}

fn items<'a>(fields: &'a Map<String, Value>, field: &str) -> impl Iterator<Item = &'a Value> {
    fields.get(field).and_then(Value::as_array).into_iter().flatten()
}
