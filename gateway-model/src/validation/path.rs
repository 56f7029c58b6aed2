//! Where in an object validation is. Texts are made only for what is told.

use std::fmt::{self, Write as _};

/// A place in an object, linked to the places around it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'a> {
    Root,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub(crate) fn field(&'a self, name: &'a str) -> Path<'a> {
        Path::Field(self, name)
    }

    /// The name of the innermost field; an item has its list's.
    pub(crate) fn name(&self) -> &'a str {
        match self {
            Path::Root => "",
            Path::Field(_, name) => name,
            Path::Item(list, _) => list.name(),
        }
    }

    pub(crate) fn item(&'a self, index: usize) -> Path<'a> {
        Path::Item(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(parent, name) => {
                parent.fmt(f)?;
                f.write_char('.')?;
                f.write_str(name)
            }
            Path::Item(parent, index) => {
                parent.fmt(f)?;
                write!(f, "[{index}]")
            }
        }
    }
}
