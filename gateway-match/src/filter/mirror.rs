//! Copies of requests that go elsewhere. spec: `HTTPRequestMirrorFilter`.

use gateway_model::{BackendObjectReference, RequestMirror};

use super::problem::{Fault, FilterProblem};

/// Where copies go, and of which share of the requests.
///
/// The answers to copies are thrown away, and each goes to one endpoint of the target. Whether the
/// target exists and may be referred to is not decided here: a mirror whose target is invalid is
/// left out, and the request itself is not affected.
///
/// ```
/// use gateway_match::{Filters, Profile};
///
/// let filter = serde_json::from_str(
///     r#"{"type": "RequestMirror", "requestMirror": {
///         "backendRef": {"name": "shadow", "port": 8080}, "fraction": {"numerator": 2, "denominator": 5}
///     }}"#,
/// )?;
/// let filters = Filters::compile(&[filter], &Profile::default()).unwrap();
/// let mirror = filters.mirrors().next().unwrap();
///
/// let copied: Vec<u64> = (0..10).filter(|n| mirror.mirrors(*n)).collect();
/// assert_eq!(copied, [2, 4, 7, 9]); // two of every five, evenly spread
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorRule {
    target: BackendObjectReference,
    numerator: u32,
    denominator: u32,
}

impl MirrorRule {
    /// The backend that gets the copies, as the route names it.
    pub fn target(&self) -> &BackendObjectReference {
        &self.target
    }

    /// The share of the requests, as numerator and denominator: a percentage is over 100, and all
    /// requests are 1 over 1. Not reduced; the denominator is never 0.
    pub fn fraction(&self) -> (u32, u32) {
        (self.numerator, self.denominator)
    }

    /// Whether request number `n` (from 0) is copied: among the first `n` requests there are
    /// exactly floor(`n` · fraction) copied ones, for every `n`.
    ///
    /// The caller keeps the counter, one for each filter or for all that see the same requests. A
    /// backend's filter sees that backend's requests only; counted by the rule's number, its share
    /// could fall together with the pattern of the split. Exact for every `n`; O(1), no allocation.
    pub fn mirrors(&self, n: u64) -> bool {
        self.copies_among(u128::from(n) + 1) > self.copies_among(u128::from(n))
    }

    /// The same from a random number of the caller's, evenly spread over all 64 bits, without a
    /// counter. O(1), no allocation.
    pub fn mirrors_by(&self, random: u64) -> bool {
        (u128::from(random) * u128::from(self.denominator)) >> 64 < u128::from(self.numerator)
    }

    /// A count is at most 2^64 and a numerator below 2^31, so the product fits.
    fn copies_among(&self, requests: u128) -> u128 {
        requests * u128::from(self.numerator) / u128::from(self.denominator)
    }

    pub(super) fn compile(wire: &RequestMirror) -> Result<Self, Fault> {
        let (numerator, denominator) = match (wire.percent, &wire.fraction) {
            (None, None) => (1, 1),
            (Some(_), Some(_)) => return Err((String::new(), FilterProblem::PercentAndFraction)),
            (Some(percent), None) => {
                (share(percent, 100).ok_or_else(|| ("percent".to_owned(), FilterProblem::Percent { percent }))?, 100)
            }
            (None, Some(fraction)) => {
                let (numerator, denominator) = (fraction.numerator, fraction.denominator());
                let fault = || {
                    let problem = FilterProblem::Fraction { numerator, denominator };
                    ("fraction".to_owned(), problem)
                };
                let over = u32::try_from(denominator).ok().filter(|over| *over > 0).ok_or_else(fault)?;
                (share(numerator, over).ok_or_else(fault)?, over)
            }
        };
        Ok(MirrorRule { target: wire.backend_ref.clone(), numerator, denominator })
    }
}

/// A number from nothing to the whole.
fn share(number: i32, whole: u32) -> Option<u32> {
    u32::try_from(number).ok().filter(|share| *share <= whole)
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
