//! Laws: what holds for whatever bytes choose.
//!
//! Each law is the body of a fuzz target of the same name (`fuzz/`), and `tests/laws.rs` runs it over
//! random bytes and over the target's seeds, so that neither needs a fuzzer to be kept.
//!
//! ```
//! use gateway_conformance::laws::LAWS;
//!
//! let duration = LAWS.iter().find(|law| law.name == "duration").unwrap();
//! assert_eq!(duration.check(b"1h30m\n90m"), Ok(()));
//! ```

mod crowd;
mod documents;
mod duration;
mod filters;
mod hostname;
mod merge;
mod routing;
mod split;
mod update;

pub use routing::{agree, attach_alike};

/// A law.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// Its name, and that of its fuzz target.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Whether the bytes are text (or documents), rather than one choice after the other.
    pub reads_text: bool,
    check: fn(&[u8]) -> Result<(), String>,
}

impl Law {
    /// Whether the law holds for what the bytes choose.
    ///
    /// # Errors
    ///
    /// What was chosen, and how it breaks the law.
    pub fn check(&self, bytes: &[u8]) -> Result<(), String> {
        (self.check)(bytes)
    }

    /// The law of that name.
    pub fn find(name: &str) -> Option<&'static Law> {
        LAWS.iter().find(|law| law.name == name)
    }
}

/// Every law.
pub const LAWS: &[Law] = &[
    Law {
        name: "crowd",
        says: "with hundreds of matches for a few hosts, the router answers as the oracle does, and as a rebuild does after edits",
        reads_text: false,
        check: crowd::check,
    },
    Law {
        name: "duration",
        says: "what is a duration and how long it is follows the grammar of GEP-2257; texts stay, lengths print and parse",
        reads_text: true,
        check: duration::check,
    },
    Law {
        name: "filters",
        says: "redirects, rewrites, header modifiers and CORS do what models do that were written from the field's descriptions",
        reads_text: false,
        check: filters::check,
    },
    Law {
        name: "grpc",
        says: "with GRPCRoutes, and HTTPRoutes beside them, the router answers as the oracle does",
        reads_text: false,
        check: routing::grpc,
    },
    Law {
        name: "hostname",
        says: "parsing and printing are inverse; an intersection takes exactly the hosts that both take",
        reads_text: true,
        check: hostname::check,
    },
    Law {
        name: "manifests",
        says: "bytes to documents, objects, validation, features, topology, routers, decisions, statuses and patches: never a panic",
        reads_text: true,
        check: documents::manifests,
    },
    Law {
        name: "merge",
        says: "merging is idempotent and bounded, leaves to others what is theirs, settles between two writers, and its patch leads there",
        reads_text: false,
        check: merge::check,
    },
    Law {
        name: "mesh",
        says: "with Services as parents, the router of a client answers as the oracle does",
        reads_text: false,
        check: routing::mesh,
    },
    Law {
        name: "route",
        says: "with HTTPRoutes, the router answers as the oracle does",
        reads_text: false,
        check: routing::http,
    },
    Law {
        name: "split",
        says: "counts stay within their bound at every number of picks; a weight of zero gets nothing",
        reads_text: false,
        check: split::check,
    },
    Law {
        name: "tls",
        says: "with TLSRoutes, TCPRoutes and UDPRoutes, the router answers as the oracle does",
        reads_text: false,
        check: routing::streams,
    },
    Law {
        name: "update",
        says: "after each of a sequence of edits, routers and statuses are those of a rebuild, and rules keep their ids",
        reads_text: false,
        check: update::check,
    },
    Law {
        name: "validate",
        says: "raw JSON to validation in both channels: never a panic, and what may be created may be updated to itself",
        reads_text: true,
        check: documents::validate,
    },
];

/// Fails with a message unless something holds.
fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}
