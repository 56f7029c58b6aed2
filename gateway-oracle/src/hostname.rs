//! Hostnames: what they take, what two of them share, which of them is more specific.
//!
//! A hostname here is the text of a well-formed one; `None` is a listener or route that names none.

use crate::authority::Host;

/// Whether a hostname takes a host.
/// spec: Listener.hostname: when unspecified, all hostnames are matched. Neither an address nor the absence of a
/// host is matched by a hostname.
pub(crate) fn takes(hostname: Option<&str>, host: &Host) -> bool {
    match (hostname, host) {
        (None, _) => true,
        (Some(hostname), Host::Name(name)) => takes_name(hostname, name),
        (Some(_), Host::Address | Host::Empty | Host::Invalid) => false,
    }
}

/// spec: HTTPRouteSpec.hostnames: a wildcard is a suffix match that takes `test.example.com` and
/// `foo.test.example.com`, but not `example.com`.
fn takes_name(hostname: &str, name: &str) -> bool {
    match hostname.strip_prefix('*') {
        Some(suffix) => name.ends_with(suffix) && name.len() > suffix.len(),
        None => name == hostname,
    }
}

/// Whether every host that `narrow` takes is taken by `wide`.
pub(crate) fn covers(wide: Option<&str>, narrow: Option<&str>) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        // A wildcard's text is one of the names that a wider wildcard takes.
        (Some(wide), Some(narrow)) => wide == narrow || (is_wildcard(wide) && takes_name(wide, narrow)),
    }
}

/// The hosts that both take: the narrower of the two, if one covers the other.
/// spec: HTTPRouteSpec.hostnames, the examples of intersection with the Listener's hostname.
pub(crate) fn shared<'a>(one: Option<&'a str>, other: Option<&'a str>) -> Option<Option<&'a str>> {
    if covers(one, other) {
        Some(other)
    } else if covers(other, one) {
        Some(one)
    } else {
        None
    }
}

/// A hostname by which a route takes hosts on a listener; by default every host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effective {
    /// The intersection of the listener's hostname and one of the route's.
    pub(crate) hostname: Option<String>,
    /// The most specific hostname of the route, as the route has it, that covers the intersection.
    pub(crate) original: Option<String>,
}

/// The hostnames by which a route takes hosts on a listener, none if they do not intersect.
///
/// `route` is `None` for a route that names no hostname; malformed ones are left out by the caller.
/// spec: HTTPRouteSpec.hostnames: hostnames that do not match the Listener's must be ignored; a route without
/// hostnames takes what the Listener takes.
pub(crate) fn effective(listener: Option<&str>, route: Option<&[String]>) -> Vec<Effective> {
    let owned = |hostname: Option<&str>| hostname.map(str::to_owned);
    let Some(names) = route else {
        return vec![Effective { hostname: owned(listener), original: None }];
    };
    let mut found = Vec::new();
    for name in names {
        let Some(hostname) = shared(listener, Some(name)) else {
            continue;
        };
        let covering = names.iter().filter(|own| covers(Some(own), hostname));
        let original = covering.max_by_key(|own| route_rank(Some(own))).cloned();
        let effective = Effective { hostname: owned(hostname), original };
        if !found.contains(&effective) {
            found.push(effective);
        }
    }
    found
}

/// How specific a route's hostname is; greater wins.
/// spec: HTTPRouteSpec.hostnames: most characters in a matching non-wildcard hostname, then in a matching one.
pub(crate) fn route_rank(hostname: Option<&str>) -> (u8, usize) {
    match hostname {
        Some(exact) if !is_wildcard(exact) => (2, exact.chars().count()),
        Some(wildcard) => (1, wildcard.chars().count()),
        None => (0, 0),
    }
}

/// How specific a listener's hostname is; greater wins.
/// spec: GatewaySpec.listeners: exact, then wildcards by the number of dots, then no hostname.
pub(crate) fn listener_rank(hostname: Option<&str>) -> (u8, usize) {
    match hostname {
        Some(exact) if !is_wildcard(exact) => (2, 0),
        Some(wildcard) => (1, wildcard.matches('.').count()),
        None => (0, 0),
    }
}

fn is_wildcard(hostname: &str) -> bool {
    hostname.starts_with('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_takes_one_or_more_labels_and_an_exact_name_only_itself() {
        let cases = [
            ("example.com", "example.com", true),
            ("example.com", "a.example.com", false),
            ("*.example.com", "test.example.com", true),
            ("*.example.com", "foo.test.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "notexample.com", false),
            ("*.example.com", "a.example.com.org", false),
        ];
        for (hostname, name, expected) in cases {
            assert_eq!(takes(Some(hostname), &Host::Name(name.to_owned())), expected, "{hostname} {name}");
        }
    }

    #[test]
    fn without_a_name_only_the_absence_of_a_hostname_takes_the_host() {
        for host in [Host::Address, Host::Empty] {
            assert!(takes(None, &host));
            assert!(!takes(Some("*.com"), &host));
        }
    }

    #[test]
    fn two_hostnames_share_the_narrower_or_nothing() {
        let cases = [
            (Some("test.example.com"), Some("*.example.com"), Some(Some("test.example.com"))),
            (Some("*.example.com"), Some("*.a.example.com"), Some(Some("*.a.example.com"))),
            (Some("*.example.com"), Some("*.example.com"), Some(Some("*.example.com"))),
            (Some("*.example.com"), Some("foo.test.example.com"), Some(Some("foo.test.example.com"))),
            (Some("*.example.com"), Some("example.com"), None),
            (Some("*.example.com"), Some("test.example.net"), None),
            (Some("a.com"), Some("b.com"), None),
            (Some("*.a.com"), Some("*.b.com"), None),
            (None, Some("a.com"), Some(Some("a.com"))),
            (None, None, Some(None)),
        ];
        for (one, other, expected) in cases {
            assert_eq!(shared(one, other), expected, "{one:?} {other:?}");
            assert_eq!(shared(other, one), expected, "{other:?} {one:?}");
        }
    }

    #[test]
    fn effective_hostnames_keep_the_most_specific_original() {
        type Pair = (Option<&'static str>, Option<&'static str>);
        type Case = (Option<&'static str>, Option<&'static [&'static str]>, &'static [Pair]);
        let cases: [Case; 6] = [
            (None, None, &[(None, None)]),
            (Some("*.a.com"), None, &[(Some("*.a.com"), None)]),
            (Some("*.a.com"), Some(&["*.com"]), &[(Some("*.a.com"), Some("*.com"))]),
            (Some("x.a.com"), Some(&["*.com", "*.a.com", "y.a.com"]), &[(Some("x.a.com"), Some("*.a.com"))]),
            (
                Some("*.a.com"),
                Some(&["*.com", "x.a.com"]),
                &[(Some("*.a.com"), Some("*.com")), (Some("x.a.com"), Some("x.a.com"))],
            ),
            (Some("a.com"), Some(&["b.com"]), &[]),
        ];
        for (listener, route, expected) in cases {
            let names = route.map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
            let found = effective(listener, names.as_deref());
            let found: Vec<_> = found.iter().map(|e| (e.hostname.as_deref(), e.original.as_deref())).collect();
            assert_eq!(found, expected, "{listener:?} {route:?}");
        }
    }

    #[test]
    fn routes_rank_by_characters_and_listeners_by_dots() {
        let by_rank = [None, Some("*.b.c"), Some("*.much.longer"), Some("a.b"), Some("aa.b")];
        assert!(by_rank.is_sorted_by(|one, other| route_rank(*one) < route_rank(*other)));
        let by_rank = [None, Some("*.much-longer"), Some("*.b.c"), Some("a.b")];
        assert!(by_rank.is_sorted_by(|one, other| listener_rank(*one) < listener_rank(*other)));
    }
}
