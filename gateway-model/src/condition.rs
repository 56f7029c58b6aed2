//! Conditions and reasons: their names, and which go together, one table.

use std::fmt;

use crate::status::{Condition, ConditionStatus, Timestamp};

mod names;

pub use names::{ConditionType, Reason, UnknownName};

/// What a condition is about: the part of a status that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConditionSubject {
    /// A GatewayClass.
    GatewayClass,
    /// A Gateway as a whole.
    Gateway,
    /// A listener of a Gateway.
    Listener,
    /// A ListenerSet as a whole.
    ListenerSet,
    /// A listener of a ListenerSet.
    ListenerEntry,
    /// A route at one parent.
    Route,
    /// A policy at one ancestor.
    Policy,
    /// An XMesh.
    Mesh,
}

/// Whether a condition holds, of the three values that a controller writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does.
    True,
    /// It does not.
    False,
    /// It cannot be told (yet).
    Unknown,
}

impl From<Truth> for ConditionStatus {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => ConditionStatus::True,
            Truth::False => ConditionStatus::False,
            Truth::Unknown => ConditionStatus::Undetermined,
        }
    }
}

/// Which way a condition is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// True is.
    Positive,
    /// False is, or that the condition is not there.
    Negative,
}

/// Where a combination is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// In the API's text.
    Api,
    /// In the conformance suite, or in the API's text for the like of the subject (a Gateway's
    /// listener for that of a ListenerSet).
    Suite,
    /// In the guide for implementers alone.
    Guide,
    /// In an enhancement proposal alone.
    Gep,
    /// In the API's text, as deprecated or reserved: read, never written.
    Deprecated,
}

#[derive(Debug)]
struct Row {
    subject: ConditionSubject,
    condition: ConditionType,
    truth: Truth,
    reason: Reason,
    meaning: &'static str,
    origin: Origin,
}

/// What a type of condition means for a subject.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConditionInfo {
    /// What it is about.
    pub subject: ConditionSubject,
    /// The type.
    pub condition: ConditionType,
    /// Which way it is good news.
    pub polarity: Polarity,
    /// What it says when it is true.
    pub meaning: &'static str,
}

impl ConditionInfo {
    /// What is known of a type of condition there; `None` for an implementation's own types.
    pub fn find(subject: ConditionSubject, condition: &str) -> Option<&'static ConditionInfo> {
        CONDITIONS.iter().find(|info| info.subject == subject && info.condition.as_str() == condition)
    }

    /// Whether controllers write it: deprecated and reserved types they do not.
    pub fn is_written(&self) -> bool {
        let same = |row: &&Row| row.subject == self.subject && row.condition == self.condition;
        ROWS.iter().filter(same).any(|row| row.origin != Origin::Deprecated)
    }
}

macro_rules! conditions {
    ($( $subject:ident $condition:ident $polarity:ident $meaning:literal {
        $( $truth:ident $reason:ident $origin:ident $why:literal, )+
    } )+) => {
        /// Every type of condition, with its meaning and polarity.
        pub const CONDITIONS: &[ConditionInfo] = &[ $( ConditionInfo {
            subject: ConditionSubject::$subject,
            condition: ConditionType::$condition,
            polarity: Polarity::$polarity,
            meaning: $meaning,
        } ),+ ];

        const ROWS: &[Row] = &[ $( $( Row {
            subject: ConditionSubject::$subject,
            condition: ConditionType::$condition,
            truth: Truth::$truth,
            reason: Reason::$reason,
            meaning: $why,
            origin: Origin::$origin,
        }, )+ )+ ];
    };
}

conditions! {
    GatewayClass Accepted Positive "The controller will serve Gateways of the class." {
        True Accepted Api "It will.",
        False InvalidParameters Api "What `parametersRef` names does not exist, is of no known kind, or is malformed.",
        False Unsupported Api "The implementation has no classes but its own.",
        False UnsupportedVersion Api "The CRDs in the cluster are of a version that is not served.",
        Unknown Pending Api "No controller has decided yet.",
        Unknown Waiting Deprecated "The same, by its name before v1.",
    }
    GatewayClass SupportedVersion Positive "The CRDs in the cluster are of a version that the controller knows." {
        True SupportedVersion Api "They are.",
        False UnsupportedVersion Api "One has no bundle version, or one that is not known.",
    }
    Gateway Accepted Positive "The Gateway is valid enough to configure a data plane." {
        True Accepted Api "It is, with every listener.",
        True ListenersNotValid Api "It is, but for some of its listeners.",
        False ListenersNotValid Api "None of its listeners is valid.",
        False Invalid Api "The spec is wrong as a whole.",
        False InvalidParameters Api "What `infrastructure.parametersRef` names does not exist, is of no known kind, or is malformed.",
        False UnsupportedAddress Api "An address is of a type that is not supported.",
        False NotReconciled Deprecated "No controller has looked at it.",
        Unknown Pending Api "No controller has looked at it yet.",
    }
    Gateway Programmed Positive "The data plane has, or will soon have, the configuration." {
        True Programmed Api "It has.",
        False Invalid Api "There is nothing valid to configure.",
        False Pending Api "The data plane has not taken it yet.",
        False NoResources Api "The infrastructure has no room for the Gateway.",
        False AddressNotAssigned Api "No address has been assigned yet.",
        False AddressNotUsable Api "An address that the spec asks for cannot be had.",
        Unknown Pending Api "It cannot be told yet.",
    }
    Gateway ResolvedRefs Positive "Every reference of the Gateway itself and of its listeners resolves." {
        True ResolvedRefs Api "They do.",
        False RefNotPermitted Api "A reference of the Gateway to another namespace has no ReferenceGrant.",
        False InvalidClientCertificateRef Api "`tls.backend.clientCertificateRef` names nothing usable.",
        False ListenersNotResolved Api "Some listener has a reference that does not resolve.",
    }
    Gateway InsecureFrontendValidationMode Negative "Some port serves clients without a valid certificate. Only ever there when true." {
        True ConfigurationChanged Api "The mode is `AllowInsecureFallback`.",
    }
    Gateway DefaultGateway Positive "Routes that use default Gateways are attached to it without naming it. Only ever there when true." {
        True DefaultGateway Gep "Its `defaultScope` is `All`; no reason is named anywhere.",
    }
    Gateway Scheduled Positive "`Accepted`, by its name before v1." {
        True Scheduled Deprecated "It is accepted.",
        False NotReconciled Deprecated "No controller has looked at it.",
    }
    Gateway Ready Positive "Reserved: connections are served from this moment on." {
        True Ready Deprecated "They are.",
        False ListenersNotReady Deprecated "Those of some listener are not.",
    }
    Listener Accepted Positive "The listener is valid, and all that it uses is supported." {
        True Accepted Api "It is.",
        False PortUnavailable Api "The port cannot be used.",
        False UnsupportedProtocol Api "The protocol is not supported.",
        False NoValidCaCertificate Api "No certificate authority is left to judge clients' certificates by.",
        False UnsupportedValue Api "Some field has a value that is not supported.",
        False HostnameConflict Suite "Another listener has its port, protocol and hostname.",
        False ProtocolConflict Suite "Another listener on its port speaks a protocol that cannot be told from its own.",
        Unknown Pending Api "No controller has looked at it yet.",
    }
    Listener Programmed Positive "The data plane has, or will soon have, the listener." {
        True Programmed Api "It has.",
        False Invalid Api "There is nothing valid to configure.",
        False Pending Api "The data plane has not taken it yet.",
        False InvalidTlsConfig Guide "It has no certificate to end TLS connections with.",
        False HostnameConflict Suite "It lost to another listener with its port, protocol and hostname.",
        False ProtocolConflict Suite "It lost to another listener on its port.",
        Unknown Pending Api "It cannot be told yet.",
    }
    Listener ResolvedRefs Positive "Every reference of the listener resolves, and so do the kinds of route that it lists." {
        True ResolvedRefs Api "They do.",
        False RefNotPermitted Api "A reference to another namespace has no ReferenceGrant.",
        False InvalidCertificateRef Api "A certificate does not exist, is of no known kind, or is malformed.",
        False InvalidRouteKinds Api "A kind of route is not known, or not served by the protocol.",
        False InvalidCaCertificateRef Api "A certificate authority does not exist, or is malformed.",
        False InvalidCaCertificateKind Api "A certificate authority is of no known kind.",
    }
    Listener Conflicted Negative "The listener cannot be told from another one." {
        True HostnameConflict Api "Another listener has its port, protocol and hostname.",
        True ProtocolConflict Api "Another listener on its port speaks a protocol that cannot be told from its own.",
        False NoConflicts Api "It can; need not be said.",
    }
    Listener OverlappingTlsConfig Negative "Another listener on the port ends TLS for some of its hosts. Only ever there when true." {
        True OverlappingHostnames Api "Their hostnames overlap.",
        True OverlappingCertificates Api "Their certificates do, which is said in preference.",
    }
    Listener Detached Negative "The opposite of `Accepted`, by its name before v1." {
        False Attached Deprecated "It is accepted.",
    }
    Listener Ready Positive "Reserved: connections are served from this moment on." {
        True Ready Deprecated "They are.",
        False Invalid Deprecated "There is nothing valid to serve.",
        False Pending Deprecated "They are not yet.",
    }
    ListenerSet Accepted Positive "The set joins its Gateway, with some listener at least." {
        True Accepted Api "It does, with every listener.",
        True ListenersNotValid Api "It does, but for some of its listeners.",
        False ListenersNotValid Api "None of its listeners is valid.",
        False NotAllowed Api "The Gateway does not allow sets of its namespace.",
        False ParentNotAccepted Api "The Gateway is not accepted.",
        False Invalid Api "The spec is wrong as a whole.",
        Unknown Pending Api "No controller has looked at it yet.",
    }
    ListenerSet Programmed Positive "The data plane has, or will soon have, the listeners." {
        True Programmed Api "It has.",
        False Invalid Api "There is nothing valid to configure.",
        False ParentNotProgrammed Api "The Gateway is not programmed.",
        False ListenersNotValid Api "None of its listeners is valid.",
        False PortUnavailable Api "The port of some listener cannot be used.",
        False NotAllowed Suite "The Gateway does not allow sets of its namespace.",
        Unknown Pending Api "It cannot be told yet.",
    }
    ListenerEntry Accepted Positive "The listener is valid, and all that it uses is supported." {
        True Accepted Api "It is.",
        False PortUnavailable Api "The port cannot be used.",
        False UnsupportedProtocol Api "The protocol is not supported.",
        False NoValidCaCertificate Suite "No certificate authority is left to judge clients' certificates by.",
        False UnsupportedValue Suite "Some field has a value that is not supported.",
        False HostnameConflict Suite "Another listener has its port, protocol and hostname.",
        False ProtocolConflict Suite "Another listener on its port speaks a protocol that cannot be told from its own.",
        False TooManyListeners Api "The Gateway has more listeners than can be served.",
        False Invalid Api "The spec is wrong.",
        Unknown Pending Api "No controller has looked at it yet.",
    }
    ListenerEntry Programmed Positive "The data plane has, or will soon have, the listener." {
        True Programmed Api "It has.",
        False Invalid Api "There is nothing valid to configure.",
        False Pending Api "The data plane has not taken it yet.",
        False PortUnavailable Api "The port cannot be used.",
        False InvalidTlsConfig Guide "It has no certificate to end TLS connections with.",
        False HostnameConflict Suite "It lost to another listener with its port, protocol and hostname.",
        False ProtocolConflict Suite "It lost to another listener on its port.",
        Unknown Pending Api "It cannot be told yet.",
    }
    ListenerEntry ResolvedRefs Positive "Every reference of the listener resolves, and so do the kinds of route that it lists." {
        True ResolvedRefs Api "They do.",
        False RefNotPermitted Api "A reference to another namespace has no ReferenceGrant.",
        False InvalidCertificateRef Api "A certificate does not exist, is of no known kind, or is malformed.",
        False InvalidRouteKinds Api "A kind of route is not known, or not served by the protocol.",
        False InvalidCaCertificateRef Suite "A certificate authority does not exist, or is malformed.",
        False InvalidCaCertificateKind Suite "A certificate authority is of no known kind.",
    }
    ListenerEntry Conflicted Negative "The listener cannot be told from another one." {
        True HostnameConflict Api "Another listener has its port, protocol and hostname.",
        True ProtocolConflict Api "Another listener on its port speaks a protocol that cannot be told from its own.",
        True ListenerConflict Api "Both; the suite wants one of the other two.",
        False NoConflicts Api "It can; need not be said.",
    }
    ListenerEntry OverlappingTlsConfig Negative "Another listener on the port ends TLS for some of its hosts. Only ever there when true." {
        True OverlappingHostnames Suite "Their hostnames overlap.",
        True OverlappingCertificates Suite "Their certificates do, which is said in preference.",
    }
    ListenerEntry Ready Positive "Reserved: connections are served from this moment on." {
        True Ready Deprecated "They are.",
        False Invalid Deprecated "There is nothing valid to serve.",
        False Pending Deprecated "They are not yet.",
    }
    Route Accepted Positive "The parent takes the route, with some rule at least." {
        True Accepted Api "It does.",
        False NotAllowedByListeners Api "No listener allows routes of its kind from its namespace.",
        False NoMatchingListenerHostname Api "No such listener takes any host of the route.",
        False NoMatchingParent Api "The parent has no listener of that section name and port.",
        False UnsupportedValue Api "An enum has a value that is not known, or no rule can be used.",
        False IncompatibleFilters Api "A rule has filters that exclude each other.",
        False Conflicted Gep "A more specific kind of route is attached to the port of the Service (GEP-1294).",
        False Pending Deprecated "It is not taken yet.",
        Unknown Pending Api "No controller has looked at it yet.",
    }
    Route ResolvedRefs Positive "Every reference of the route resolves." {
        True ResolvedRefs Api "They do.",
        False RefNotPermitted Api "A reference to another namespace has no ReferenceGrant.",
        False InvalidKind Api "A backend is of no known kind.",
        False BackendNotFound Api "A backend does not exist.",
        False UnsupportedProtocol Api "A backend speaks a protocol that is not supported.",
    }
    Route PartiallyInvalid Negative "Some rules cannot be used, others can. Only ever there when true." {
        True UnsupportedValue Api "The message begins with `Dropped Rule` or `Fall Back`.",
    }
    Policy Accepted Positive "The policy takes effect for the ancestor." {
        True Accepted Api "It does.",
        False Conflicted Api "Another policy for the same target comes before it.",
        False Invalid Api "The spec is wrong.",
        False TargetNotFound Api "What it is for does not exist, or cannot have such a policy.",
        False NoValidCaCertificate Api "None of its certificate authorities is valid (BackendTLSPolicy).",
    }
    Policy ResolvedRefs Positive "Every reference of the policy resolves (BackendTLSPolicy)." {
        True ResolvedRefs Api "They do.",
        False InvalidCaCertificateRef Api "A certificate authority does not exist, or is malformed.",
        False InvalidKind Api "A certificate authority is of no known kind.",
    }
    Mesh Accepted Positive "The controller serves the mesh." {
        True Accepted Api "It does.",
        False InvalidParameters Api "What `parametersRef` names does not exist, is of no known kind, or is malformed.",
        Unknown Pending Api "No controller has decided yet.",
    }
}

/// A condition with a status and a reason that go together.
///
/// There is no other way to make one than from the table, so that an impossible combination cannot
/// be written: [`legal!`](crate::legal) refuses it when it compiles, [`LegalCondition::find`] when it runs.
///
/// ```
/// use gateway_model::{ConditionSubject, ConditionType, LegalCondition, Reason, Truth, legal};
///
/// let refused = legal!(Route, Accepted, False, NoMatchingParent);
/// assert_eq!(refused.reason().as_str(), "NoMatchingParent");
/// let impossible = LegalCondition::find(ConditionSubject::Route, ConditionType::Accepted, Truth::True, Reason::NoMatchingParent);
/// assert!(impossible.is_none());
/// ```
///
/// ```compile_fail
/// gateway_model::legal!(Route, Accepted, True, NoMatchingParent);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LegalCondition(u16);

impl LegalCondition {
    /// The combination, if the specification allows it. O(size of the table).
    pub const fn find(
        subject: ConditionSubject,
        condition: ConditionType,
        truth: Truth,
        reason: Reason,
    ) -> Option<LegalCondition> {
        let mut rest = ROWS;
        let mut index = 0;
        while let [row, more @ ..] = rest {
            if row.subject as u8 == subject as u8
                && row.condition as u8 == condition as u8
                && row.truth as u8 == truth as u8
                && row.reason as u8 == reason as u8
            {
                return Some(LegalCondition(index));
            }
            rest = more;
            index += 1;
        }
        None
    }

    /// Every combination, subject by subject.
    pub fn all() -> impl Iterator<Item = LegalCondition> {
        (0..ROWS.len()).filter_map(|index| u16::try_from(index).ok()).map(LegalCondition)
    }

    /// What it is about.
    pub fn subject(self) -> ConditionSubject {
        self.row().subject
    }

    /// The same of another subject, if the specification has it there.
    pub fn about(self, subject: ConditionSubject) -> Option<LegalCondition> {
        let row = self.row();
        LegalCondition::find(subject, row.condition, row.truth, row.reason)
    }

    /// The type.
    pub fn condition(self) -> ConditionType {
        self.row().condition
    }

    /// Whether it holds.
    pub fn truth(self) -> Truth {
        self.row().truth
    }

    /// Why.
    pub fn reason(self) -> Reason {
        self.row().reason
    }

    /// What the reason says there.
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// Where the combination is written.
    pub fn origin(self) -> Origin {
        self.row().origin
    }

    /// Whether it is good news, by the type's polarity.
    pub fn is_good(self) -> bool {
        let row = self.row();
        let polarity = CONDITIONS
            .iter()
            .find(|info| info.subject == row.subject && info.condition == row.condition)
            .map_or(Polarity::Positive, |info| info.polarity);
        matches!((polarity, row.truth), (Polarity::Positive, Truth::True) | (Polarity::Negative, Truth::False))
    }

    /// The condition as the wire has it, with a message for people. The time of the last transition
    /// is left empty: it is known only beside what is stored.
    pub fn with_message(self, message: impl Into<String>, observed_generation: Option<i64>) -> Condition {
        Condition {
            r#type: self.condition().as_str().to_owned(),
            status: self.truth().into(),
            observed_generation,
            last_transition_time: Timestamp::default(),
            reason: self.reason().as_str().to_owned(),
            message: message.into(),
            ..Condition::default()
        }
    }

    fn row(self) -> &'static Row {
        // Only indices of rows exist, so the fallback is never taken.
        const FALLBACK: &Row = &Row {
            subject: ConditionSubject::GatewayClass,
            condition: ConditionType::Accepted,
            truth: Truth::Unknown,
            reason: Reason::Pending,
            meaning: "",
            origin: Origin::Deprecated,
        };
        ROWS.get(usize::from(self.0)).unwrap_or(FALLBACK)
    }
}

impl fmt::Debug for LegalCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row();
        write!(f, "{:?} {}={:?} {}", row.subject, row.condition, row.truth, row.reason)
    }
}

/// The [`LegalCondition`] of a subject, type, status and reason; an impossible combination does not compile.
///
/// ```
/// let accepted = gateway_model::legal!(Gateway, Accepted, True, Accepted);
/// assert!(accepted.is_good());
/// ```
#[macro_export]
macro_rules! legal {
    ($subject:ident, $condition:ident, $truth:ident, $reason:ident) => {
        const {
            match $crate::LegalCondition::find(
                $crate::ConditionSubject::$subject,
                $crate::ConditionType::$condition,
                $crate::Truth::$truth,
                $crate::Reason::$reason,
            ) {
                ::core::option::Option::Some(legal) => legal,
                ::core::option::Option::None => ::core::panic!("the specification has no such combination"),
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_there_once_and_belongs_to_a_type_with_a_polarity() {
        assert_eq!(LegalCondition::all().count(), ROWS.len());
        for legal in LegalCondition::all() {
            let found = LegalCondition::find(legal.subject(), legal.condition(), legal.truth(), legal.reason());
            assert_eq!(found, Some(legal), "twice in the table");
            assert_eq!(legal.reason().as_str().parse(), Ok(legal.reason()));
            assert_eq!(legal.condition().as_str().parse(), Ok(legal.condition()));
        }
        for (index, info) in CONDITIONS.iter().enumerate() {
            let same = |other: &&ConditionInfo| other.subject == info.subject && other.condition == info.condition;
            assert_eq!(CONDITIONS.iter().position(|other| same(&other)), Some(index), "{info:?}");
        }
        assert!("Gone".parse::<Reason>().is_err() && "accepted".parse::<ConditionType>().is_err());
    }

    #[test]
    fn whatever_is_said_of_a_gateways_listener_can_be_said_of_a_sets() {
        for legal in LegalCondition::all().filter(|legal| legal.subject() == ConditionSubject::Listener) {
            let there = legal.about(ConditionSubject::ListenerEntry);
            assert_eq!(there.is_some(), legal.condition() != ConditionType::Detached, "{legal:?}");
        }
        let written = |subject, name| ConditionInfo::find(subject, name).is_some_and(ConditionInfo::is_written);
        assert!(written(ConditionSubject::Gateway, "Programmed"));
        assert!(!written(ConditionSubject::Gateway, "Scheduled") && !written(ConditionSubject::Gateway, "Ready"));
        assert!(!written(ConditionSubject::Gateway, "example.com/Fast"));
    }

    #[test]
    fn conditions_that_are_only_ever_true_have_no_other_status() {
        let only_true = [
            ConditionType::PartiallyInvalid,
            ConditionType::OverlappingTlsConfig,
            ConditionType::InsecureFrontendValidationMode,
        ];
        for legal in LegalCondition::all().filter(|legal| only_true.contains(&legal.condition())) {
            assert_eq!(legal.truth(), Truth::True, "{legal:?}");
            assert!(!legal.is_good(), "{legal:?}");
        }
    }

    #[test]
    fn a_combination_is_a_condition_on_the_wire_and_good_news_by_its_polarity() {
        let cases = [
            (crate::legal!(Gateway, Accepted, True, Accepted), "Accepted", "True", "Accepted", true),
            (crate::legal!(Gateway, Accepted, False, Invalid), "Accepted", "False", "Invalid", false),
            (crate::legal!(Route, Accepted, Unknown, Pending), "Accepted", "Unknown", "Pending", false),
            (
                crate::legal!(Listener, Conflicted, True, HostnameConflict),
                "Conflicted",
                "True",
                "HostnameConflict",
                false,
            ),
        ];
        for (legal, kind, status, reason, is_good) in cases {
            let expected = Condition {
                r#type: kind.to_owned(),
                status: serde_json::from_value(status.into()).unwrap(),
                observed_generation: Some(7),
                reason: reason.to_owned(),
                message: "m".to_owned(),
                ..Condition::default()
            };
            assert_eq!(legal.with_message("m", Some(7)), expected);
            assert_eq!(legal.is_good(), is_good, "{expected:?}");
        }
    }
}
