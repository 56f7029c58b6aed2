//! `matchit`: a radix tree of paths, without hosts, precedence or conditions.

use gateway_model::PathMatchType;

use crate::workload::{Asked, Condition, Table};

/// The paths of a table in a `matchit::Router`.
#[derive(Debug)]
pub struct PathTree(matchit::Router<u32>);

impl PathTree {
    /// The tree of a table of exact paths and prefixes. A prefix is two of its routes: itself, and what lies below.
    pub fn new(table: &Table) -> Self {
        let mut tree = matchit::Router::new();
        for (number, entry) in (0..).zip(table.entries()) {
            let Condition::Http(condition) = &entry.condition else { continue };
            let path = condition.path_value();
            tree.insert(path, number).expect("paths of a table are different");
            if condition.path_type() == PathMatchType::PathPrefix {
                tree.insert(format!("{path}/{{*rest}}"), number).expect("paths of a table are different");
            }
        }
        PathTree(tree)
    }

    /// The route for a request.
    pub fn find(&self, asked: &Asked<'_>) -> Option<u32> {
        self.0.at(asked.view.path()).ok().map(|found| *found.value)
    }
}
