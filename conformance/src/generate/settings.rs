//! What generators make, and how much of it.

use std::ops::RangeInclusive;

/// What is generated. Start from a preset and change what matters:
///
/// ```
/// use gateway_conformance::generate::Settings;
///
/// let many = Settings { routes: 1000..=1000, ..Settings::realistic() };
/// # let _ = many;
/// ```
///
/// Numbers are bounds of how many there are; percentages are chances. Where a text is drawn from a
/// list, the first entry is the plainest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Number of Gateways.
    pub gateways: RangeInclusive<usize>,
    /// Number of listeners of a Gateway.
    pub listeners: RangeInclusive<usize>,
    /// Number of ListenerSets.
    pub listener_sets: RangeInclusive<usize>,
    /// Number of HTTPRoutes.
    pub routes: RangeInclusive<usize>,
    /// Number of GRPCRoutes.
    pub grpc_routes: RangeInclusive<usize>,
    /// Number of TLSRoutes, of TCPRoutes and of UDPRoutes.
    pub stream_routes: RangeInclusive<usize>,
    /// Number of hostnames of a route.
    pub hostnames: RangeInclusive<usize>,
    /// Number of rules of a route.
    pub rules: RangeInclusive<usize>,
    /// Number of matches of a rule.
    pub matches: RangeInclusive<usize>,
    /// Number of headers of a match.
    pub headers: RangeInclusive<usize>,
    /// Number of query parameters of a match.
    pub query_params: RangeInclusive<usize>,
    /// Number of backends of a rule.
    pub backends: RangeInclusive<usize>,
    /// Number of requests.
    pub requests: RangeInclusive<usize>,

    /// Ports and what listeners on them mostly speak.
    pub ports: Vec<(i32, &'static str)>,
    /// Hostnames of listeners, of which some have none.
    pub listener_hosts: Vec<String>,
    /// Hostnames of routes.
    pub hosts: Vec<String>,
    /// Paths of matches.
    pub paths: Vec<String>,
    /// Regular expressions for paths.
    pub path_patterns: Vec<String>,
    /// Namespaces of routes and backends.
    pub namespaces: Vec<&'static str>,
    /// Number of different times at which something was created.
    pub times: usize,

    /// Percentage of objects without a time of creation.
    pub ageless: usize,
    /// Percentage of matches that repeat one of the same route, perhaps with headers in another order.
    pub repeated: usize,
    /// Percentage of paths that are regular expressions.
    pub regexes: usize,
    /// Percentage of parentRefs, allowedRoutes and backendRefs that restrict or miss their target.
    pub restricted: usize,
    /// Percentage of values that an API server would refuse, at each place where there may be one.
    pub malformed: usize,
    /// Percentage of routes whose parents are Services. Some of the others have a Service as one more parent.
    pub meshed: usize,
    /// Percentage of routes that use default Gateways; four times as many Gateways are such.
    pub defaulted: usize,
    /// Percentage of the parts of a request that are bent away from what the route asks for.
    pub bent: usize,
}

impl Settings {
    /// Few hostnames, paths and times, so that nearly every request is contested and the later
    /// criteria of precedence decide.
    pub fn tie_heavy() -> Self {
        Settings {
            gateways: 1..=1,
            listeners: 1..=2,
            listener_sets: 0..=1,
            routes: 2..=6,
            grpc_routes: 0..=0,
            stream_routes: 0..=0,
            hostnames: 0..=2,
            rules: 1..=3,
            matches: 0..=3,
            headers: 0..=2,
            query_params: 0..=2,
            backends: 1..=1,
            requests: 6..=6,
            ports: vec![(80, "HTTP")],
            listener_hosts: owned(&["*.example.com", "a.example.com"]),
            hosts: owned(&["a.example.com", "*.example.com"]),
            paths: owned(&["/", "/a", "/a/"]),
            path_patterns: owned(&["/a", "/.*"]),
            namespaces: vec!["a", "a-b"],
            times: 2,
            ageless: 20,
            repeated: 25,
            regexes: 10,
            restricted: 4,
            malformed: 0,
            meshed: 0,
            defaulted: 0,
            bent: 12,
        }
    }

    /// What people write: many hostnames and paths, few mistakes. For benches, with more routes.
    pub fn realistic() -> Self {
        let mut hosts = owned(&["example.com", "*.example.com"]);
        hosts.extend((0..20).map(|n| format!("shop-{n}.example.com")));
        hosts.extend((0..4).map(|n| format!("*.team-{n}.example.net")));
        let mut paths = owned(&["/", "/api", "/static", "/healthz"]);
        paths.extend((0..20).map(|n| format!("/api/v{}/things-{n}", n % 3)));
        Settings {
            gateways: 1..=2,
            listeners: 2..=4,
            listener_sets: 0..=1,
            routes: 3..=8,
            grpc_routes: 0..=0,
            stream_routes: 0..=0,
            hostnames: 1..=2,
            rules: 1..=3,
            matches: 1..=2,
            headers: 0..=1,
            query_params: 0..=1,
            backends: 1..=2,
            requests: 6..=6,
            ports: vec![(80, "HTTP"), (443, "HTTPS")],
            listener_hosts: owned(&["*.example.com", "*.example.net", "*.shop-0.example.com"]),
            hosts,
            paths,
            path_patterns: owned(&["/api/v[0-9]+/things-[0-9]+", "/(static|assets)/.*"]),
            namespaces: vec!["shop", "shop-eu", "search"],
            times: 3,
            ageless: 0,
            repeated: 3,
            regexes: 5,
            restricted: 6,
            malformed: 0,
            meshed: 0,
            defaulted: 0,
            bent: 8,
        }
    }

    /// Everything at once: nested wildcards, several ports, restrictions, values that an API server
    /// would refuse, requests that no client of good will sends.
    pub fn hostile() -> Self {
        let nested = owned(&[
            "a.example.com",
            "*.example.com",
            "example.com",
            "*.a.example.com",
            "b.a.example.com",
            "*.com",
            "b.example.com",
            "*.b.a.example.com",
            "example.org",
            "*.example.org",
            "com",
        ]);
        Settings {
            gateways: 1..=2,
            listeners: 1..=5,
            listener_sets: 0..=2,
            routes: 1..=8,
            grpc_routes: 0..=0,
            stream_routes: 0..=0,
            hostnames: 0..=3,
            rules: 0..=3,
            matches: 0..=3,
            headers: 0..=3,
            query_params: 0..=3,
            backends: 0..=3,
            requests: 6..=6,
            ports: vec![(80, "HTTP"), (443, "HTTPS"), (8080, "HTTP")],
            listener_hosts: nested.clone(),
            hosts: nested,
            paths: owned(&[
                "/", "/a", "/a/", "/ab", "/a/b", "/a/b/", "/ab/b", "/a//b", "/A", "/a%62", "/a.b", "/a/../b", "/a%2Fb",
            ]),
            path_patterns: owned(&["/a", "/.*", "/a|/ab", "/a(/.*)?", "/[^/]+/b", "(?i)/A", "", "/a.b"]),
            namespaces: vec!["a", "a-b", "b"],
            times: 3,
            ageless: 25,
            repeated: 8,
            regexes: 20,
            restricted: 15,
            malformed: 2,
            meshed: 0,
            defaulted: 8,
            bent: 18,
        }
    }

    /// The same with every protocol: GRPCRoutes beside HTTPRoutes, listeners for TLS, TCP and UDP with their routes, and
    /// Services of a mesh as parents.
    ///
    /// ```
    /// use gateway_conformance::generate::Settings;
    ///
    /// let settings = Settings::tie_heavy().with_every_protocol();
    /// assert!(settings.ports.contains(&(443, "TLS")) && settings.meshed > 0);
    /// ```
    #[must_use]
    pub fn with_every_protocol(mut self) -> Self {
        self.grpc_routes = self.routes.clone();
        self.stream_routes = 0..=2;
        self.listeners = self.listeners.start() + 1..=self.listeners.end() + 3;
        // As many for HTTP as for all others.
        self.ports = self.ports.iter().cycle().take(6).copied().collect();
        self.ports.extend([(443, "HTTPS"), (443, "TLS"), (443, "TLS"), (5432, "TCP"), (5432, "TCP"), (53, "UDP")]);
        self.requests = 12..=12;
        self.meshed = 30;
        self
    }

    /// The presets with their names: HTTPRoutes at Gateways.
    pub fn presets() -> [(&'static str, Settings); 3] {
        [("tie_heavy", Self::tie_heavy()), ("realistic", Self::realistic()), ("hostile", Self::hostile())]
    }

    /// The presets with every protocol.
    pub fn presets_with_every_protocol() -> [(&'static str, Settings); 3] {
        Self::presets().map(|(name, settings)| (name, settings.with_every_protocol()))
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
