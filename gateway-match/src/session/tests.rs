use serde_json::{Value, json};

use super::*;
use crate::{
    BackendDefinition, BackendName, BackendProblem, BackendState, PartialSessions, Profile, RequestView, Route,
    RouteDefinition, RuleDefinition,
};

fn policy(wire: Value) -> Result<SessionPolicy, SettingError> {
    SessionPolicy::compile(&serde_json::from_value(wire).unwrap())
}

fn service(name: &str) -> BackendDefinition {
    BackendDefinition::new(BackendName::service("shop", name, 80))
}

fn route(rules: impl IntoIterator<Item = RuleDefinition>, profile: &Profile) -> Route {
    Route::compile(rules.into_iter().fold(RouteDefinition::http("shop", "r"), RouteDefinition::rule), profile)
}

const NOW: Duration = Duration::from_secs(1_000_000);

#[test]
fn what_cannot_be_is_refused_with_its_field() {
    let cases = [
        (json!({"type": "Cloud"}), "type"),
        (json!({"type": "Header", "cookieConfig": {"lifetimeType": "Session"}}), "cookieConfig"),
        (json!({"cookieConfig": {"lifetimeType": "Forever"}}), "cookieConfig.lifetimeType"),
        (json!({"cookieConfig": {"lifetimeType": "Permanent"}}), "absoluteTimeout"),
        (json!({"absoluteTimeout": "1 hour"}), "absoluteTimeout"),
        (json!({"sessionName": "a b"}), "sessionName"),
        (json!({"sessionName": "a=b", "type": "Header"}), "sessionName"),
    ];
    for (wire, field) in cases {
        assert_eq!(policy(wire.clone()).unwrap_err().path, field, "{wire}");
    }
    let plain = policy(json!({"sessionName": "", "idleTimeout": "nonsense"})).unwrap();
    assert_eq!((plain.name(), plain.carrier(), plain.is_permanent()), (None, SessionCarrier::Cookie, false));
}

#[test]
fn only_a_permanent_cookie_has_an_age() {
    let token = SessionToken::new(1, 2, NOW, "e");
    let cases = [
        (json!({}), false, "Path=/; HttpOnly; SameSite=Strict"),
        (json!({"absoluteTimeout": "1h"}), true, "Path=/; HttpOnly; SameSite=Strict; Secure"),
        (
            json!({"absoluteTimeout": "1h", "cookieConfig": {"lifetimeType": "Permanent"}}),
            true,
            "Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=3600",
        ),
    ];
    for (wire, secure, attributes) in cases {
        let (header, value) = policy(wire.clone()).unwrap().response_header("s", &token, secure);
        assert_eq!(header, "set-cookie");
        assert_eq!(value, format!("s={token}; {attributes}"), "{wire}");
    }
    let (header, value) = policy(json!({"type": "Header"})).unwrap().response_header("X-Session", &token, true);
    assert_eq!((header.as_str(), value), ("x-session", token.to_string()));
}

#[test]
fn a_session_keeps_its_backend_at_weight_zero_and_loses_it_with_the_backend() {
    let sticky: SessionPersistence =
        serde_json::from_value(json!({"sessionName": "s", "absoluteTimeout": "10s"})).unwrap();
    let missing =
        BackendState::Invalid(BackendProblem::PortMissing { kind: "Service".to_owned(), name: "a".to_owned() });
    let rule = || RuleDefinition::new().session_persistence(sticky.clone());
    let before = route([rule().backend(service("b")).backend(service("a"))], &Profile::default());
    let token = before.rules().next().unwrap().session(1).unwrap().token("e", NOW);
    let cases = [
        ("the same", rule().backend(service("b")).backend(service("a")), 0, Ok(1)),
        ("moved, weight zero", rule().backend(service("a").weight(0)).backend(service("b")), 9, Ok(0)),
        ("expired", rule().backend(service("a")), 10, Err(SessionEnd::Expired)),
        ("gone", rule().backend(service("b")), 0, Err(SessionEnd::BackendGone)),
        ("invalid", rule().backend(service("a").state(missing)), 0, Err(SessionEnd::BackendGone)),
        ("empty", rule().backend(service("a").state(BackendState::NoEndpoints)), 0, Err(SessionEnd::BackendGone)),
        ("no persistence", RuleDefinition::new().backend(service("a")), 0, Err(SessionEnd::NotPersistent)),
        ("named now", rule().name("n").backend(service("a")), 0, Err(SessionEnd::OtherRule)),
    ];
    for (case, rule, seconds, expected) in cases {
        let after = route([rule], &Profile::default());
        let rule = after.rules().next().unwrap();
        assert_eq!(rule.resume(&token, NOW + Duration::from_secs(seconds)), expected, "{case}");
    }
    // A clock that went back ends no session.
    assert_eq!(before.rules().next().unwrap().resume(&token, Duration::ZERO), Ok(1));
}

#[test]
fn rules_do_not_share_sessions_even_of_one_backend() {
    let of_backend = policy(json!({"sessionName": "s"})).unwrap();
    let rule = || RuleDefinition::new().backend(service("a").session_persistence(of_backend.clone()));
    let both = route([rule(), rule()], &Profile::default());
    let mut rules = both.rules();
    let (first, second) = (rules.next().unwrap(), rules.next().unwrap());
    let token = first.session(0).unwrap().token("", NOW);
    assert_eq!(first.resume(&token, NOW), Ok(0));
    assert_eq!(second.resume(&token, NOW), Err(SessionEnd::OtherRule));
    assert_ne!(first.session(0).unwrap().name(), second.session(0).unwrap().name());
    assert!(first.session(0).unwrap().name().starts_with("s-"));
}

#[test]
fn the_rules_own_persistence_comes_before_the_backends() {
    let rule = RuleDefinition::new()
        .session_persistence(serde_json::from_value(json!({"sessionName": "rule", "type": "Header"})).unwrap())
        .backend(service("a").session_persistence(policy(json!({"sessionName": "backend"})).unwrap()))
        .backend(service("b"));
    let route = route([rule], &Profile::default());
    let rule = route.rules().next().unwrap();
    for position in [0, 1] {
        let session = rule.session(position).unwrap();
        assert_eq!((session.name().as_str(), session.policy().carrier()), ("rule", SessionCarrier::Header));
    }
}

#[test]
fn where_only_some_backends_have_persistence_the_option_decides() {
    let sticky = || policy(json!({"sessionName": "s"})).unwrap();
    let partial = || RuleDefinition::new().backend(service("a")).backend(service("b").session_persistence(sticky()));
    let full = || {
        RuleDefinition::new()
            .backend(service("a").session_persistence(sticky()))
            .backend(service("b").session_persistence(sticky()))
    };
    let cases = [
        (PartialSessions::Configured, [false, true]),
        (PartialSessions::All, [true, true]),
        (PartialSessions::None, [false, false]),
    ];
    for (option, expected) in cases {
        let profile = Profile::default().partial_sessions(option);
        let persistent = |rule| {
            let route = route([rule], &profile);
            let rule = route.rules().next().unwrap();
            [0, 1].map(|position| rule.session(position).is_some())
        };
        assert_eq!(persistent(partial()), expected, "{option}");
        assert_eq!(persistent(full()), [true, true], "{option}");
    }
}

#[test]
fn the_token_is_found_among_other_cookies_and_headers() {
    for kind in ["Cookie", "Header"] {
        let rule = RuleDefinition::new()
            .session_persistence(serde_json::from_value(json!({"type": kind, "sessionName": "sid"})).unwrap())
            .backend(service("a"));
        let route = route([rule], &Profile::default());
        let rule = route.rules().next().unwrap();
        let token = rule.session(0).unwrap().token("10.0.0.1:80", NOW).to_string();
        let other = SessionToken::new(0, 0, NOW, "").to_string();
        let cases = [
            (vec![("Cookie", format!("sid={token}"))], kind == "Cookie"),
            (vec![("cookie", format!("a=b; sid=\"{token}\" ; c"))], kind == "Cookie"),
            (vec![("cookie", format!("sid={other}; sid=x; sid={token}"))], kind == "Cookie"),
            (vec![("cookie", "x=y".to_owned()), ("cookie", format!("sid={token}"))], kind == "Cookie"),
            (vec![("cookie", format!("SID={token}; asid={token}"))], false),
            (vec![("Sid", format!(" {token} "))], kind == "Header"),
            (vec![("sid", other), ("sid", token.clone())], kind == "Header"),
            (vec![("sid", "x".repeat(100_000))], false),
            (vec![("cookie", ";=;;==\"; sid=".to_owned())], false),
            (vec![], false),
        ];
        for (headers, found) in cases {
            let request = RequestView::new("GET", "h", "/", &headers);
            assert_eq!(rule.resume_request(&request, NOW).is_some(), found, "{kind} {headers:?}");
        }
    }
}

#[test]
fn a_policy_tells_how_long_its_sessions_last() {
    let cases = [
        (json!({}), None, false),
        (json!({"absoluteTimeout": "1h30m"}), Some(("1h30m", 5400)), false),
        (json!({"absoluteTimeout": "24h", "cookieConfig": {"lifetimeType": "Permanent"}}), Some(("24h", 86_400)), true),
    ];
    for (wire, timeout, permanent) in cases {
        let policy = policy(wire.clone()).unwrap();
        let written = policy.absolute_timeout_as_written().map(ToString::to_string);
        assert_eq!(written.as_deref(), timeout.map(|(text, _)| text), "{wire}");
        assert_eq!(policy.absolute_timeout().map(|length| length.as_secs()), timeout.map(|(_, seconds)| seconds));
        assert_eq!(policy.is_permanent(), permanent, "{wire}");
    }
}

#[test]
fn a_session_without_a_name_is_named_after_its_rule_and_headers_of_ones_own_begin_with_x() {
    for (kind, start) in [("Cookie", "session-"), ("Header", "x-session-")] {
        let sticky = serde_json::from_value(json!({"type": kind})).unwrap();
        let rule = RuleDefinition::new().session_persistence(sticky).backend(service("a"));
        let route = route([rule], &Profile::default());
        let name = route.rules().next().unwrap().session(0).unwrap().name();
        assert!(name.starts_with(start) && name.len() == start.len() + 16, "{kind}: {name}");
    }
}

#[test]
fn the_session_of_any_backend_is_looked_for_where_backends_have_sessions_of_their_own() {
    let named = |name: &str| policy(json!({"sessionName": name})).unwrap();
    let rule = RuleDefinition::new()
        .backend(service("a").session_persistence(named("first")))
        .backend(service("b").session_persistence(named("second")));
    let route = route([rule], &Profile::default());
    let rule = route.rules().next().unwrap();
    let cookie = |position: usize| {
        let session = rule.session(position).unwrap();
        format!("{}={}", session.name(), session.token("", NOW))
    };
    let cases = [
        (vec![cookie(0)], Some(0)),
        (vec![cookie(1)], Some(1)),
        (vec![cookie(1), cookie(0)], Some(0)),
        (vec!["other=1".to_owned()], None),
    ];
    for (cookies, expected) in cases {
        let headers = [("cookie", cookies.join("; "))];
        let request = RequestView::new("GET", "h", "/", &headers);
        assert_eq!(rule.resume_request(&request, NOW).map(|(position, _)| position), expected, "{cookies:?}");
    }
}

#[test]
fn a_name_that_cannot_be_is_told_with_what_carries_it() {
    for kind in ["Cookie", "Header"] {
        let error = policy(json!({"type": kind, "sessionName": "a b"})).unwrap_err().to_string();
        assert!(error.contains(&kind.to_lowercase()), "{kind}: {error}");
    }
}
