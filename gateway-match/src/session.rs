//! Sessions: how the requests of a client stay with the backend that had the first of them.
//!
//! Data and pure functions for what GEP-1619 decides. [`SessionPolicy`] says what carries a session
//! and how long it lasts; [`SessionToken`] is what the client carries; the rule says where a token
//! leads ([`Rule::resume`](crate::Rule::resume)).

use std::ops::ControlFlow;
use std::time::Duration;

use gateway_model::{CookieLifetimeType, SessionPersistence, SessionPersistenceType};
use http::HeaderName;
use http::header::COOKIE;

use crate::request::Headers;
use crate::setting::{SettingError, SettingFault, SettingProblem, duration};

mod token;

pub use token::{SessionEnd, SessionToken};
pub(crate) use token::{backend_hash, rule_hash};

/// How the requests of a session stay with one backend (experimental).
/// spec: `SessionPersistence`, GEP-1619.
///
/// Of a rule, or of a backend through an XBackendTrafficPolicy. The field `idleTimeout`, which v1.6
/// took away, plays no part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionPolicy {
    carrier: SessionCarrier,
    name: Option<Box<str>>,
    absolute_timeout: Option<gateway_model::Duration>,
    permanent: bool,
}

/// What carries a session. spec: `SessionPersistence.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionCarrier {
    /// A cookie.
    Cookie,
    /// A header, of the answer first and then of the requests.
    Header,
}

impl SessionPolicy {
    /// Compiles the session persistence of a rule or of a policy. An empty name is none.
    ///
    /// # Errors
    ///
    /// An unknown type, a name that no cookie or header can have, a permanent cookie without
    /// `absoluteTimeout`, details of a cookie beside a header, a text that is no duration.
    pub fn compile(wire: &SessionPersistence) -> Result<Self, SettingError> {
        Self::new(wire).map_err(SettingError::from)
    }

    pub(crate) fn new(wire: &SessionPersistence) -> Result<Self, SettingFault> {
        let unknown = |field: &str, value: &str| {
            Err((field.to_owned(), SettingProblem::UnknownValue { value: value.to_owned() }))
        };
        let carrier = match wire.session_type() {
            SessionPersistenceType::Cookie => SessionCarrier::Cookie,
            SessionPersistenceType::Header => SessionCarrier::Header,
            other => return unknown("type", other.as_str()),
        };
        if carrier == SessionCarrier::Header && wire.cookie_config.is_some() {
            return Err(("cookieConfig".to_owned(), SettingProblem::CookieOfHeader));
        }
        let permanent = match wire.cookie_config.as_ref().and_then(|config| config.lifetime_type.as_ref()) {
            None | Some(CookieLifetimeType::Session) => false,
            Some(CookieLifetimeType::Permanent) => true,
            Some(other) => return unknown("cookieConfig.lifetimeType", other.as_str()),
        };
        let absolute_timeout = duration("absoluteTimeout", wire.absolute_timeout.as_ref())?;
        if permanent && absolute_timeout.is_none() {
            return Err(("absoluteTimeout".to_owned(), SettingProblem::PermanentWithoutTimeout));
        }
        let name = wire.session_name.as_deref().filter(|name| !name.is_empty());
        if let Some(name) = name
            // Names of cookies and of headers are tokens both. RFC 6265 section 4.1.1, RFC 9110 section 5.1.
            && HeaderName::from_bytes(name.as_bytes()).is_err()
        {
            let problem = SettingProblem::SessionName { name: name.to_owned(), carrier: carrier.as_str() };
            return Err(("sessionName".to_owned(), problem));
        }
        Ok(SessionPolicy { carrier, name: name.map(Into::into), absolute_timeout, permanent })
    }

    /// What carries the session.
    pub fn carrier(&self) -> SessionCarrier {
        self.carrier
    }

    /// The name of the cookie or header as written; `None` leaves it to the implementation, and
    /// [`RuleSession::name`](crate::RuleSession::name) is one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How long a session lasts at most; `None` is for ever.
    pub fn absolute_timeout(&self) -> Option<Duration> {
        self.absolute_timeout.as_ref().map(gateway_model::Duration::to_std)
    }

    /// The field `absoluteTimeout` as written.
    pub fn absolute_timeout_as_written(&self) -> Option<&gateway_model::Duration> {
        self.absolute_timeout.as_ref()
    }

    /// Whether the cookie outlives the browser's session: then its age is the absolute timeout.
    /// spec: `CookieConfig.lifetimeType`.
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// The tokens that a request carries under a name, in order: a client may send several cookies
    /// of one name, and cookies of others beside them. Texts that are no token are passed over.
    pub(crate) fn visit_tokens<H: Headers + ?Sized>(
        &self,
        name: &str,
        headers: &H,
        each: &mut dyn FnMut(SessionToken) -> ControlFlow<()>,
    ) {
        let mut offer = |text: &str| SessionToken::parse(text).map_or(ControlFlow::Continue(()), &mut *each);
        match self.carrier {
            SessionCarrier::Header => {
                let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return };
                headers.visit(&name, &mut |value| {
                    str::from_utf8(value).map_or(ControlFlow::Continue(()), |text| offer(text.trim()))
                });
            }
            SessionCarrier::Cookie => headers.visit(&COOKIE, &mut |value| {
                let Ok(text) = str::from_utf8(value) else { return ControlFlow::Continue(()) };
                cookies(text).filter(|(found, _)| *found == name).try_for_each(|(_, value)| offer(value))
            }),
        }
    }

    /// The header of the answer that gives a client its token: `Set-Cookie`, or the session's header.
    ///
    /// A cookie is for every path (`Path=/`), out of reach of scripts and of other sites. `secure`
    /// keeps it to HTTPS; over plain HTTP a browser would drop it then. spec: GEP-1619, cookie
    /// attributes. Without Max-Age unless it is permanent.
    pub(crate) fn response_header(&self, name: &str, token: &SessionToken, secure: bool) -> (HeaderName, String) {
        match (self.carrier, HeaderName::from_bytes(name.as_bytes())) {
            (SessionCarrier::Header, Ok(header)) => (header, token.to_string()),
            _ => {
                let mut cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict");
                if secure {
                    cookie.push_str("; Secure");
                }
                if let Some(age) = self.absolute_timeout().filter(|_| self.permanent) {
                    cookie.push_str(&format!("; Max-Age={}", age.as_secs()));
                }
                (http::header::SET_COOKIE, cookie)
            }
        }
    }
}

impl SessionCarrier {
    fn as_str(self) -> &'static str {
        match self {
            SessionCarrier::Cookie => "cookie",
            SessionCarrier::Header => "header",
        }
    }
}

/// The cookies of a Cookie header, as name and value. RFC 6265 section 4.2.1, and quotes around a
/// value as section 4.1.1 admits them. O(length).
fn cookies(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let value = value.trim();
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        Some((name.trim(), unquoted))
    })
}

#[cfg(test)]
mod tests;
