//! How much of a request is looked at.

use super::{Headers, RequestView};

/// Bounds on a request, for those whose server has none of its own.
///
/// A router needs none: it allocates nothing for a header and keeps nothing of a request. But each header costs time
/// where rules name some, so who takes requests as they come asks [`check`](Self::check) first and answers 431 to those
/// that are beyond a bound.
///
/// | bound | default | counts |
/// | --- | --- | --- |
/// | [`max_headers`](Self::max_headers) | 10,000 | values of headers; one that is repeated counts as often |
///
/// ```
/// use gateway_match::{RequestLimits, RequestView};
///
/// let limits = RequestLimits::default().max_headers(1);
/// let headers = [("cookie", "a=1"), ("cookie", "b=2")];
/// let problem = limits.check(&RequestView::new("GET", "shop.example.com", "/", &headers)).unwrap_err();
/// assert_eq!(problem.to_string(), "more than 1 headers");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    headers: usize,
}

/// What a request has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestExcess {
    /// More values of headers than [`RequestLimits::max_headers`].
    #[error("more than {limit} headers")]
    Headers {
        /// How many there may be.
        limit: usize,
    },
}

impl Default for RequestLimits {
    fn default() -> Self {
        RequestLimits { headers: 10_000 }
    }
}

impl RequestLimits {
    /// The values of headers that a request may have, without Host; 10,000 by default.
    #[must_use]
    pub fn max_headers(mut self, headers: usize) -> Self {
        self.headers = headers;
        self
    }

    /// Whether a request is within the bounds. O(1) for headers that can be [counted](Headers::count); others pass.
    ///
    /// # Errors
    ///
    /// The first bound that it is beyond.
    pub fn check<H: Headers + ?Sized>(&self, request: &RequestView<'_, H>) -> Result<(), RequestExcess> {
        match request.headers().count() {
            Some(count) if count > self.headers => Err(RequestExcess::Headers { limit: self.headers }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_have_as_many_values_of_headers_as_the_limit_says() {
        let limits = RequestLimits::default().max_headers(2);
        let excess = Err(RequestExcess::Headers { limit: 2 });
        let pairs = [("a", "1"), ("A", "2"), ("b", "3")];
        for (count, expected) in [(0, Ok(())), (2, Ok(())), (3, excess)] {
            let found = limits.check(&RequestView::new("GET", "", "/", &pairs[..count]));
            assert_eq!(found, expected, "{count} of {pairs:?}");
            assert_eq!(limits.check(&RequestView::new("GET", "", "/", &pairs[..count].to_vec())), expected);
        }
        assert_eq!(limits.check(&RequestView::new("GET", "", "/", &pairs)), excess);
        assert_eq!(limits.check(&RequestView::new("GET", "", "/", &())), Ok(()));
        let request =
            pairs.iter().fold(http::Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let parts = request.body(()).unwrap().into_parts().0;
        assert_eq!(limits.check(&RequestView::from_parts(&parts)), excess, "{parts:?}");
    }

    #[test]
    fn headers_that_cannot_be_counted_pass() {
        struct Endless;

        impl Headers for Endless {
            fn visit(&self, _: &http::HeaderName, each: &mut dyn FnMut(&[u8]) -> std::ops::ControlFlow<()>) {
                let _ = each(b"x");
            }
        }

        let request = RequestView::new("GET", "", "/", &Endless);
        assert_eq!(RequestLimits::default().max_headers(0).check(&request), Ok(()));
    }
}
