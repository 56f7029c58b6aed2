//! What the client of a session carries.

use std::fmt;
use std::time::Duration;

use gateway_model::ObjectKey;

use crate::route::BackendName;

/// What the client of a session carries: the rule that the session is of, the backend and endpoint
/// that it leads to, and when it began.
///
/// Its text form is stable: other versions of this crate, and other processes, read it. It names
/// rule and backend by hash, so that it is short and says little; the endpoint is the embedder's
/// text (an address, say) and stands in it readable. The text is not signed. A client that makes
/// one up reaches backends of the one rule only, but names an endpoint of its own choice: look the
/// endpoint up among the backend's, and sign or encrypt the text where that is not enough.
///
/// ```
/// use gateway_match::SessionToken;
///
/// let text = "1.9f86d081884c7d65.2c26b46b68ffc68f.6553f100.10.0.0.7:8080";
/// let token = SessionToken::parse(text).unwrap();
/// assert_eq!(token.endpoint(), "10.0.0.7:8080");
/// assert_eq!(token.began(), std::time::Duration::from_secs(1_700_000_000));
/// assert_eq!(token.to_string(), text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionToken {
    pub(crate) rule: u64,
    pub(crate) backend: u64,
    began: u64,
    endpoint: String,
}

/// Why a token leads nowhere: the request is picked for like a new one, and gets a new token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEnd {
    /// It is of another rule. spec: GEP-1619: rules MUST NOT share sessions.
    OtherRule,
    /// The absolute timeout has passed. spec: `SessionPersistence.absoluteTimeout`.
    Expired,
    /// The rule has no such backend any more, or it cannot be used.
    BackendGone,
    /// The rule has no session persistence, or none for that backend.
    NotPersistent,
}

const VERSION: &str = "1";
/// Longer texts are no tokens: cookies and headers of that size do not come through anyway.
const MAX_LENGTH: usize = 4096;

impl SessionToken {
    pub(crate) fn new(rule: u64, backend: u64, began: Duration, endpoint: &str) -> Self {
        SessionToken { rule, backend, began: began.as_secs(), endpoint: endpoint.to_owned() }
    }

    /// Reads the text form; `None` if it is none. O(length).
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut fields = text.splitn(5, '.');
        if fields.next()? != VERSION {
            return None;
        }
        let mut number = |digits: usize| {
            let field = fields.next()?;
            let well_formed = (digits == 0 || field.len() == digits)
                && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if well_formed { u64::from_str_radix(field, 16).ok() } else { None }
        };
        let (rule, backend, began) = (number(16)?, number(16)?, number(0)?);
        Some(SessionToken { rule, backend, began, endpoint: unescape(fields.next()?)? })
    }

    /// The endpoint of the backend, as the embedder named it; empty if it did not.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// When the session began, from the embedder's own epoch, in whole seconds.
    pub fn began(&self) -> Duration {
        Duration::from_secs(self.began)
    }
}

impl fmt::Display for SessionToken {
    /// The text form: characters that cookies and headers take unquoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}.{:016x}.{:016x}.{:x}.", self.rule, self.backend, self.began)?;
        for byte in self.endpoint.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']' | b'/' => {
                    write!(f, "{}", char::from(byte))?;
                }
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// What a rule is in tokens: its route and its name, or its position if it has none.
pub(crate) fn rule_hash(route: &ObjectKey, index: usize, name: Option<&str>) -> u64 {
    let rule = name.map_or_else(|| format!("#{index}"), str::to_owned);
    fnv1a(&[route.kind.as_str(), &route.namespace, &route.name, &rule])
}

/// What a backend is in tokens.
pub(crate) fn backend_hash(name: &BackendName) -> u64 {
    let port = name.port.map(|port| port.to_string()).unwrap_or_default();
    fnv1a(&[&name.group, &name.kind, &name.namespace, &name.name, &port])
}

/// FNV-1a with 64 bits over texts, each with an end of its own: a hash that stays the same over
/// versions and machines, which the standard library's does not promise.
fn fnv1a(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_survives_its_text() {
        for endpoint in ["", "10.0.0.7:8080", "[2001:db8::1]:80", "a b;c,d\"%\\", "pöd/7", "x.y.z"] {
            let token = SessionToken::new(7, u64::MAX, Duration::from_secs(1), endpoint);
            let text = token.to_string();
            assert_eq!(SessionToken::parse(&text).as_ref(), Some(&token), "{text}");
            assert_eq!((token.endpoint(), token.began()), (endpoint, Duration::from_secs(1)));
            assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let long = format!("1.{0:016x}.{0:016x}.0.{1}", 0, "x".repeat(5000));
        for text in [
            "",
            "1",
            "2.0000000000000000.0000000000000000.0.x",
            "1.0.0000000000000000.0.x",
            "1.0000000000000000.000000000000000G.0.x",
            "1.0000000000000000.000000000000000A.0.x",
            "1.0000000000000000.0000000000000000..x",
            "1.0000000000000000.0000000000000000.+1.x",
            "1.0000000000000000.0000000000000000.11111111111111111.x",
            "1.0000000000000000.0000000000000000.0",
            "1.0000000000000000.0000000000000000.0.%4",
            "1.0000000000000000.0000000000000000.0.%zz",
            "1.0000000000000000.0000000000000000.0.%ff",
            long.as_str(),
        ] {
            assert_eq!(SessionToken::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_may_be_as_long_as_its_bound_and_no_longer() {
        let start = format!("1.{0:016x}.{0:016x}.0.", 0);
        for (length, is_token) in [(MAX_LENGTH, true), (MAX_LENGTH + 1, false)] {
            let text = start.clone() + &"x".repeat(length - start.len());
            assert_eq!(SessionToken::parse(&text).is_some(), is_token, "{length}");
        }
    }
}
