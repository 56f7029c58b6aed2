//! How much input a reader takes.

/// Bounds on what [`read_documents`](super::read_documents) takes from one file.
///
/// Every bound has its own [`Problem`](super::Problem), so a caller can tell which one was met.
/// The defaults are wide enough for the export of a whole cluster.
///
/// | bound | default | counts |
/// | --- | --- | --- |
/// | [`max_bytes`](Self::max_bytes) | 256 MiB | the bytes of the file |
/// | [`max_documents`](Self::max_documents) | 1,000,000 | documents in the file, empty and broken ones included |
/// | [`max_depth`](Self::max_depth) | 100 | mappings and sequences inside each other |
/// | [`max_nodes`](Self::max_nodes) | 10,000,000 | values in one document; keys are not counted |
/// | [`max_alias_nodes`](Self::max_alias_nodes) | 1,000,000 | values in one document that came from aliases |
///
/// ```
/// use gateway_model::yaml::{Limits, Problem, read_documents};
///
/// let limits = Limits::default().max_depth(2);
/// let problems: Vec<_> = read_documents(b"a: {b: {c: 1}}", &limits)
///     .filter_map(|document| document.err())
///     .map(|error| error.problem)
///     .collect();
/// assert_eq!(problems, [Problem::TooDeep { limit: 2 }]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(super) bytes: usize,
    pub(super) documents: usize,
    pub(super) depth: usize,
    pub(super) nodes: usize,
    pub(super) alias_nodes: usize,
}

impl Limits {
    /// The largest depth that [`max_depth`](Self::max_depth) can set.
    ///
    /// Values are dropped, compared and printed recursively, so their depth stays bounded whatever
    /// the caller asks for.
    pub const DEEPEST: usize = 120;

    /// The names that [`set`](Self::set) knows, in the order of the table above.
    pub const NAMES: [&str; 5] = ["bytes", "documents", "depth", "nodes", "alias-nodes"];

    /// Sets a bound by its name, as a command line has it. False if no bound has that name.
    ///
    /// ```
    /// use gateway_model::yaml::Limits;
    ///
    /// let mut limits = Limits::default();
    /// assert!(limits.set("depth", 20) && !limits.set("breadth", 20));
    /// assert_eq!(limits, Limits::default().max_depth(20));
    /// ```
    pub fn set(&mut self, name: &str, value: usize) -> bool {
        let limits = self.clone();
        *self = match name {
            "bytes" => limits.max_bytes(value),
            "documents" => limits.max_documents(value),
            "depth" => limits.max_depth(value),
            "nodes" => limits.max_nodes(value),
            "alias-nodes" => limits.max_alias_nodes(value),
            _ => return false,
        };
        true
    }

    /// The bytes that one file may have; see [`max_bytes`](Self::max_bytes). Whoever reads the file need not read
    /// more than one byte beyond.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The bytes that one file may have; 268,435,456 by default. A larger file is one
    /// [`Problem::TooManyBytes`](super::Problem::TooManyBytes) and nothing of it is read.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The documents that one file may hold; 1,000,000 by default. Those before the bound are
    /// read, the rest is one [`Problem::TooManyDocuments`](super::Problem::TooManyDocuments).
    #[must_use]
    pub fn max_documents(mut self, documents: usize) -> Self {
        self.documents = documents;
        self
    }

    /// How many mappings and sequences may be inside each other; 100 by default, and never more
    /// than [`DEEPEST`](Self::DEEPEST). A deeper document is a
    /// [`Problem::TooDeep`](super::Problem::TooDeep).
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.depth = depth.min(Self::DEEPEST);
        self
    }

    /// The values (scalars, mappings, sequences; keys are not counted) that one document may have;
    /// 10,000,000 by default. More are a [`Problem::TooManyNodes`](super::Problem::TooManyNodes).
    #[must_use]
    pub fn max_nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// The values that one document may get from its aliases; 1,000,000 by default. Text counts
    /// as one value more for every 64 bytes. More are a
    /// [`Problem::TooManyAliasNodes`](super::Problem::TooManyAliasNodes).
    #[must_use]
    pub fn max_alias_nodes(mut self, nodes: usize) -> Self {
        self.alias_nodes = nodes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, documents: 1_000_000, depth: 100, nodes: 10_000_000, alias_nodes: 1_000_000 }
    }
}
