//! How the tables come about.

use gateway_model::{
    GrpcMethodMatch, GrpcRouteMatch, HeaderMatch, Hostname, HttpMethod, HttpPathMatch, HttpRouteMatch, PathMatchType,
    QueryParamMatch,
};

use super::{Condition, Entry, Random, Workload};

/// What paths and hosts are made of.
pub(super) const WORDS: [&str; 24] = [
    "account", "basket", "billing", "catalog", "checkout", "comments", "delivery", "events", "files", "gateway",
    "images", "invoices", "login", "metrics", "orders", "payments", "products", "profile", "reports", "search",
    "sessions", "stock", "tickets", "users",
];

/// How many values a header, a parameter or a number in a path takes in the realistic workloads.
pub(super) const VALUES: usize = 1_000;

/// The host where there is one only.
const HOST: &str = "shop.example.com";

pub(super) fn entries(workload: Workload, size: usize) -> Vec<Entry> {
    let mut random = Random::new(0x5eed);
    (0..size)
        .map(|number| match workload {
            Workload::W1 => exact_path(number, &mut random),
            Workload::W2 => host(number, &mut random),
            Workload::W3 => nested_prefix(number),
            Workload::W4 => header_value(number),
            Workload::W5 => realistic(number, size.div_ceil(20), &mut random),
            Workload::W5D => realistic(number, size.div_ceil(1_000), &mut random),
            Workload::W6 => pattern(number, &mut random),
            Workload::W7 => call(number),
            Workload::W8 => header_set(number),
        })
        .collect()
}

fn exact_path(number: usize, random: &mut Random) -> Entry {
    let path = format!("/{}/{}/{number}", random.one_of(&WORDS), random.one_of(&WORDS));
    on(HOST, path_match(PathMatchType::Exact, &path), path)
}

fn host(number: usize, random: &mut Random) -> Entry {
    let hostname = format!("{}-{number}.example.com", random.one_of(&WORDS));
    let path = format!("/{}/{}", random.one_of(&WORDS), number % 97);
    on(&hostname, path_match(PathMatchType::PathPrefix, "/"), path)
}

/// Six in a row lie one in another.
fn nested_prefix(number: usize) -> Entry {
    let family = number / 6;
    let segments = [format!("team-{family}"), "api".to_owned(), "v1".to_owned(), word(family), word(family / 24)];
    let mut prefix = String::new();
    for depth in 0..=number % 6 {
        prefix.push('/');
        prefix.push_str(segments.get(depth).map_or("items", String::as_str));
    }
    let path = format!("{prefix}/entry-{}", number % 97);
    on(HOST, path_match(PathMatchType::PathPrefix, &prefix), path)
}

fn header_value(number: usize) -> Entry {
    let mut condition = path_match(PathMatchType::PathPrefix, "/api");
    condition.headers.push(header("x-tenant", format!("tenant-{number}")));
    on(HOST, condition, "/api/orders".to_owned())
}

fn realistic(number: usize, hosts: usize, random: &mut Random) -> Entry {
    let host = number % hosts;
    let domain = format!("{}-{host}.example.com", WORDS[host % WORDS.len()]);
    let hostname = if host % 10 == 9 { format!("*.{domain}") } else { format!("www.{domain}") };
    let (mut condition, path) = match random.below(100) {
        0..60 => {
            let prefix = realistic_path(random);
            (path_match(PathMatchType::PathPrefix, &prefix), format!("{prefix}/{}", random.below(VALUES)))
        }
        60..85 => {
            let path = realistic_path(random);
            (path_match(PathMatchType::Exact, &path), path)
        }
        85..90 => {
            let (first, last) = (random.one_of(&WORDS), random.one_of(&WORDS));
            let variant = random.below(VALUES);
            let pattern = format!("/{first}/[0-9]+/{last}-{variant}(/.*)?");
            (path_match(PathMatchType::RegularExpression, &pattern), format!("/{first}/4711/{last}-{variant}/x"))
        }
        _ => (HttpRouteMatch::default(), realistic_path(random)),
    };
    // Where nothing is said of the path, headers are what tells the route; those are half of all with headers.
    if condition.path.is_none() || random.below(90) < 10 {
        for name in ["x-tenant", "x-env"].iter().take(1 + random.below(2)) {
            condition.headers.push(header(name, format!("{}-{}", random.one_of(&WORDS), random.below(VALUES))));
        }
    }
    if random.percent(10) {
        condition.method = Some(HttpMethod::from(random.one_of(&["POST", "PUT", "DELETE"])));
    }
    if random.percent(5) {
        let name = random.one_of(&["version", "lang", "beta"]).to_owned();
        condition.query_params.push(QueryParamMatch { name, value: random.below(VALUES).to_string(), r#type: None });
    }
    on(&hostname, condition, path)
}

/// One to four segments, of which the last has a number.
fn realistic_path(random: &mut Random) -> String {
    let mut path = String::new();
    for _ in 0..random.below(4) {
        path.push('/');
        path.push_str(random.one_of(&WORDS));
    }
    format!("{path}/{}-{}", random.one_of(&WORDS), random.below(VALUES))
}

fn pattern(number: usize, random: &mut Random) -> Entry {
    let (first, last) = (random.one_of(&WORDS), random.one_of(&WORDS));
    let pattern = format!("/{first}-{number}/[0-9]+/{last}(/[a-z]+)?");
    let path = format!("/{first}-{number}/{}/{last}", random.below(VALUES));
    on(HOST, path_match(PathMatchType::RegularExpression, &pattern), path)
}

/// Ten methods a service.
fn call(number: usize) -> Entry {
    let service = format!("shop.v1.{}{}", word(number / 10), number / 10);
    let method = format!("Get{}{}", word(number), number % 10);
    let path = format!("/{service}/{method}");
    let wanted = GrpcMethodMatch { service: Some(service), method: Some(method), r#type: None };
    let condition = GrpcRouteMatch { method: Some(wanted), headers: Vec::new() };
    Entry { hostname: hostname(HOST), condition: Condition::Grpc(condition), path }
}

/// Ten values a set of names.
fn header_set(number: usize) -> Entry {
    let set = number / 10;
    let mut condition = path_match(PathMatchType::PathPrefix, "/api");
    condition.headers.extend(
        ["tenant", "region", "release"]
            .iter()
            .take(1 + set % 3)
            .map(|name| header(&format!("x-{name}-{set}"), format!("value-{}", number % 10))),
    );
    on(HOST, condition, "/api/orders".to_owned())
}

fn on(host: &str, condition: HttpRouteMatch, path: String) -> Entry {
    Entry { hostname: hostname(host), condition: Condition::Http(condition), path }
}

fn hostname(text: &str) -> Hostname {
    Hostname::parse(text).expect("hostnames of tables are well-formed")
}

fn path_match(kind: PathMatchType, value: &str) -> HttpRouteMatch {
    let path = HttpPathMatch { r#type: Some(kind), value: Some(value.to_owned()) };
    HttpRouteMatch { path: Some(path), ..HttpRouteMatch::default() }
}

fn header(name: &str, value: String) -> HeaderMatch {
    HeaderMatch { name: name.to_owned(), value, r#type: None }
}

fn word(number: usize) -> String {
    WORDS[number % WORDS.len()].to_owned()
}
