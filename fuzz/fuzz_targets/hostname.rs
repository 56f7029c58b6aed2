//! Hostnames: parsing and printing are inverse, and the intersection of two takes exactly the
//! hosts that both take.
#![no_main]

use gateway_model::{Host, Hostname, host_of_authority};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str, &str)| {
    let (a, b, authority) = texts;
    if let Host::Name(host) = host_of_authority(authority) {
        assert!(authority.contains(host));
    }
    let (Ok(a), Ok(b)) = (Hostname::parse(a), Hostname::parse(b)) else { return };
    assert_eq!(Hostname::parse(a.as_str()).as_ref(), Ok(&a));
    let both = a.intersect(&b);
    assert_eq!(both, b.intersect(&a));
    if let Host::Name(host) = host_of_authority(authority) {
        assert_eq!(both.is_some_and(|both| both.matches(host)), a.matches(host) && b.matches(host), "{a} {b} {host}");
    }
});
