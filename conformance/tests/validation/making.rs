//! Objects made from the CRDs' schemas: mostly valid ones, and then a change or two.

use gateway_conformance::generate::{Seed, Source};
use serde_json::{Map, Value, json};

use crate::server::{Server, child};

/// Texts that some pattern takes, and a few that none does.
const TEXTS: &[&str] = &[
    "a",
    "b",
    "example.com",
    "*.example.com",
    "a.b-c.d",
    "shop",
    "Gateway",
    "HTTPRoute",
    "Service",
    "Secret",
    "ConfigMap",
    "HTTP",
    "HTTPS",
    "TLS",
    "TCP",
    "UDP",
    "example.com/ctrl",
    "10s",
    "1h",
    "0s",
    "500ms",
    "1h30m",
    "/",
    "/a/b",
    "GET",
    "System",
    "spiffe://example.com/x",
    "IPAddress",
    "Hostname",
    "NamedAddress",
    "1.2.3.4",
    "::1",
    "https://example.com",
    "*",
    "http://*.example.com:80",
    "x-header",
    "v1",
    "Value with words",
    "gateway.networking.k8s.io",
    "",
    "apps",
    "2026-01-01T00:00:00Z",
    "Accepted",
    "True",
    "日本",
    "foo.cluster.local",
    "shop.v1.Cart",
    "AddItem",
];

/// Texts that bend something.
const ODD: &[&str] = &[
    "",
    "A",
    "-a",
    "a-",
    "a..b",
    "*",
    "*.*.a",
    "a b",
    "ä",
    "//",
    "/a//b",
    "/./",
    "/a/..",
    "/%2f",
    "/%2F",
    "/#",
    "a/b/c",
    "1.2.3",
    "01.2.3.4",
    "fe80::1%eth0",
    "999h",
    "61m",
    "1d",
    "-1s",
    "1.5s",
    "core",
    "Exact",
    "PathPrefix",
    "RegularExpression",
    "Terminate",
    "Passthrough",
    "HTTP",
    "UDP",
    "TLS",
    "2026-01-01T24:00:00Z",
];

pub(crate) struct Maker<'m> {
    pub(crate) seed: &'m mut Seed,
    pub(crate) server: &'m mut Server,
}

impl Maker<'_> {
    fn chance(&mut self, percent: usize) -> bool {
        self.seed.below(100) < percent
    }

    fn one_of<'t, T>(&mut self, values: &'t [T]) -> &'t T {
        &values[self.seed.below(values.len())]
    }

    /// A value that the schema takes, most often.
    pub(crate) fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if let Some(listed) = schema["enum"].as_array() {
            return self.one_of(listed).clone();
        }
        match schema["type"].as_str().unwrap() {
            "string" => self.text(schema).into(),
            "boolean" => self.chance(50).into(),
            "integer" => {
                let (least, most) =
                    (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_i64().unwrap_or(100_000));
                let middle = i64::try_from(self.seed.below(500)).unwrap();
                *self.one_of(&[least, least + middle, least + middle, most]).min(&most)
            }
            .into(),
            "array" => self.list(schema, depth),
            _ if schema.get("properties").is_some() => self.object(schema, depth),
            _ => {
                let count = self.seed.below(3);
                let entry = |maker: &mut Self, number: usize| {
                    (
                        format!("{}k{number}", maker.one_of(&["", "example.com/"])),
                        maker.value(&schema["additionalProperties"], depth),
                    )
                };
                Value::Object((0..count).map(|number| entry(self, number)).collect())
            }
        }
    }

    fn text(&mut self, schema: &Value) -> String {
        let pattern = schema["pattern"].as_str();
        let bound = |name: &str| schema[name].as_u64().map(|bound| usize::try_from(bound).unwrap());
        let (least, most) = (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(usize::MAX));
        for _ in 0..20 {
            let text = *self.one_of(TEXTS);
            let fits = (least..=most).contains(&text.chars().count());
            let formatted = schema["format"] != "date-time" || text.ends_with("00Z");
            if fits && formatted && pattern.is_none_or(|pattern| self.server.matches(pattern, text)) {
                return text.to_owned();
            }
        }
        let sure = ["a", "example.com/ctrl", "1s", "/", "a://b", "2026-01-01T00:00:00Z", "*", "System"];
        let fits = sure.into_iter().find(|text| {
            (schema["format"] == "date-time") == text.ends_with("00Z")
                && pattern.is_none_or(|pattern| self.server.matches(pattern, text))
        });
        fits.unwrap_or("a").to_owned()
    }

    fn list(&mut self, schema: &Value, depth: usize) -> Value {
        let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
        let most = usize::try_from(schema["maxItems"].as_u64().unwrap_or(4)).unwrap();
        let count = (least + self.seed.below(if depth < 3 { 4 } else { 3 })).min(most).max(least);
        let mut items: Vec<Value> = (0..count).map(|_| self.value(&schema["items"], depth + 1)).collect();
        // What sets items apart does so, most often.
        for (index, item) in items.iter_mut().enumerate() {
            let Some(fields) = item.as_object_mut() else { continue };
            let keyed = schema["x-kubernetes-list-type"] == "map"
                || fields.contains_key("sectionName")
                || fields.contains_key("protocol");
            let properties = &schema["items"]["properties"];
            if (keyed || properties.get("sectionName").is_some()) && self.chance(85) {
                if properties.get("name").is_some() {
                    fields.insert("name".to_owned(), format!("n{index}").into());
                }
                if fields.contains_key("port") {
                    fields.insert("port".to_owned(), (1000 + index).into());
                }
            }
        }
        if schema["x-kubernetes-list-type"] == "set" && self.chance(90) {
            let mut seen = Vec::new();
            items.retain(|item| {
                !seen.contains(item) && {
                    seen.push(item.clone());
                    true
                }
            });
        }
        items.into()
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
        let mut fields = Map::new();
        for (name, property) in schema["properties"].as_object().unwrap() {
            let percent = match name.as_str() {
                "port" => 90,
                "rules" | "matches" | "filters" | "backendRefs" | "tls" => 60,
                _ if depth > 5 => 15,
                _ => 35,
            };
            if required.contains(&name.as_str()) || self.chance(percent) {
                fields.insert(name.clone(), self.value(property, depth + 1));
            }
        }
        if self.chance(92) {
            self.agree(&mut fields, schema, depth);
        }
        fields.into()
    }

    /// Makes unions agree with what names their member.
    fn agree(&mut self, fields: &mut Map<String, Value>, schema: &Value, depth: usize) {
        let properties = schema["properties"].as_object().unwrap();
        for by in ["type", "protocol"] {
            let Some(listed) = properties.get(by).and_then(|by| by["enum"].as_array()) else { continue };
            let chosen = fields.get(by).and_then(Value::as_str).unwrap_or("").to_lowercase();
            for listed in listed.iter().filter_map(Value::as_str).map(str::to_lowercase) {
                let Some((name, property)) = properties.iter().find(|(name, _)| name.to_lowercase() == listed) else {
                    continue;
                };
                if listed != chosen {
                    fields.remove(name);
                } else if !fields.contains_key(name) {
                    fields.insert(name.clone(), self.value(property, depth + 1));
                }
            }
        }
        let is = |fields: &Map<String, Value>, name: &str, values: &[&str]| {
            fields.get(name).and_then(Value::as_str).is_some_and(|value| values.contains(&value))
        };
        if properties.contains_key("allowedRoutes") {
            fields.insert("protocol".to_owned(), (*self.one_of(&["HTTP", "HTTPS", "TLS", "TCP", "UDP"])).into());
            if is(fields, "protocol", &["HTTP", "TCP", "UDP"]) {
                fields.remove("tls");
            }
            if is(fields, "protocol", &["TCP", "UDP"]) {
                fields.remove("hostname");
            }
            if is(fields, "protocol", &["TLS", "HTTPS"]) {
                let mode = if is(fields, "protocol", &["TLS"]) { "Passthrough" } else { "Terminate" };
                fields.insert("tls".to_owned(), json!({"mode": mode, "certificateRefs": [{"name": "c"}]}));
            }
        }
        if is(fields, "type", &["IPAddress"]) || (schema.get("oneOf").is_some() && !fields.contains_key("type")) {
            fields.insert("value".to_owned(), (*self.one_of(&["1.2.3.4", "::1", "10.0.0.1"])).into());
        }
        if is(fields, "type", &["PathPrefix", "Exact"])
            && properties.contains_key("value")
            && !properties.contains_key("name")
        {
            fields.insert("value".to_owned(), (*self.one_of(&["/", "/a", "/a/b"])).into());
        }
        if fields.contains_key("filters") && fields.contains_key("backendRefs") && self.chance(50) {
            fields.remove("filters");
        }
    }

    /// Changes one place of an object.
    pub(crate) fn mutate(&mut self, value: &mut Value, schema: &Value) {
        let mut node = (value, schema);
        // A walk to some place, seldom a short one.
        loop {
            let (value, schema) = node;
            let children = match value {
                Value::Object(fields) if !fields.is_empty() && self.chance(88) => fields.len(),
                Value::Array(items) if !items.is_empty() && self.chance(88) => items.len(),
                _ => return self.change(value, schema),
            };
            let number = self.seed.below(children);
            let next = match value {
                Value::Object(fields) => {
                    let (name, inner) = fields.iter_mut().nth(number).unwrap();
                    child(schema, name).map(|schema| (inner, schema))
                }
                Value::Array(items) => Some((&mut items[number], &schema["items"])),
                _ => None,
            };
            match next {
                Some(next) if next.1.is_object() => node = next,
                _ => return,
            }
        }
    }

    fn change(&mut self, value: &mut Value, schema: &Value) {
        if self.chance(6) {
            *value = self
                .one_of(&[json!(null), json!(7), json!("x"), json!([]), json!({}), json!(true), json!(1.5)])
                .clone();
            return;
        }
        match value {
            Value::Object(fields) => match self.seed.below(4) {
                0 if !fields.is_empty() => {
                    let name = fields.keys().nth(self.seed.below(fields.len())).unwrap().clone();
                    fields.remove(&name);
                }
                1 => {
                    fields.insert("unknownField".to_owned(), json!({"a": 1}));
                }
                _ => {
                    let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty())
                    else {
                        fields.insert((*self.one_of(ODD)).to_owned(), "x".into());
                        return;
                    };
                    let (name, property) = properties.iter().nth(self.seed.below(properties.len())).unwrap();
                    let made = self.value(property, 4);
                    fields.insert(name.clone(), made);
                }
            },
            Value::Array(items) => match self.seed.below(4) {
                0 => items.clear(),
                1 if !items.is_empty() => {
                    let twin = items[self.seed.below(items.len())].clone();
                    items.push(twin);
                }
                2 if schema["items"].is_object() => {
                    let most = usize::try_from(schema["maxItems"].as_u64().unwrap_or(5)).unwrap().min(70);
                    let extra = self.value(&schema["items"], 6);
                    while items.len() <= most && items.len() < 70 {
                        items.push(extra.clone());
                    }
                }
                _ => items.push(Value::Null),
            },
            Value::String(text) => match self.seed.below(5) {
                0 => {
                    let most = usize::try_from(schema["maxLength"].as_u64().unwrap_or(300)).unwrap();
                    *text = self.one_of(&["a", "é"]).repeat(most + self.seed.below(2));
                }
                1 if schema["enum"].is_array() => {
                    *text = self.one_of(schema["enum"].as_array().unwrap()).as_str().unwrap_or("x").to_owned()
                }
                _ => *text = (*self.one_of(ODD)).to_owned(),
            },
            Value::Number(_) => {
                let (least, most) = (
                    schema["minimum"].as_i64().unwrap_or(0),
                    schema["maximum"].as_i64().unwrap_or(i64::from(i32::MAX)),
                );
                *value = self
                    .one_of(&[
                        json!(least - 1),
                        json!(least),
                        json!(most),
                        json!(most + 1),
                        json!(80.5),
                        json!(80.0),
                        json!(i64::MAX),
                        json!(1e19),
                    ])
                    .clone();
            }
            Value::Bool(flag) => *flag = !*flag,
            Value::Null => *value = json!({}),
        }
    }
}
