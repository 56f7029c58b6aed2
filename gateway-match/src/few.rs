//! Lists that nearly always have one entry.

use std::ops::Deref;

/// A list of nearly always one entry, which then lies in the place of the list and needs no allocation.
///
/// Smaller than a `SmallVec`: there are several for each rule of a router.
#[derive(Clone, Debug)]
pub(crate) enum Few<T> {
    One(T),
    Other(Box<[T]>),
}

impl<T> Few<T> {
    /// Adds an entry. O(n).
    pub(crate) fn push(&mut self, entry: T) {
        let before = std::mem::take(self);
        *self = match before {
            Few::One(first) => Few::Other(Box::new([first, entry])),
            Few::Other(others) if others.is_empty() => Few::One(entry),
            Few::Other(others) => Few::Other(others.into_iter().chain([entry]).collect()),
        };
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few::Other(Box::default())
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Few::One(entry) => std::slice::from_ref(entry),
            Few::Other(entries) => entries,
        }
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut entries = entries.into_iter();
        match (entries.next(), entries.next()) {
            (None, _) => Few::default(),
            (Some(only), None) => Few::One(only),
            (Some(first), Some(second)) => Few::Other([first, second].into_iter().chain(entries).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn it_holds_what_was_given_in_that_order() {
        for count in 0..5 {
            let given: Vec<usize> = (0..count).collect();
            let mut pushed = Few::default();
            given.iter().for_each(|entry| pushed.push(*entry));
            assert_eq!(&*pushed, given);
            assert_eq!(&*given.iter().copied().collect::<Few<usize>>(), given);
        }
    }

    #[test]
    fn it_is_as_large_as_two_words() {
        assert_eq!(size_of::<Few<Arc<str>>>(), 24);
        assert_eq!(size_of::<Few<Arc<u32>>>(), 16);
        assert_eq!(size_of::<Few<(u32, bool)>>(), 16);
        assert_eq!(size_of::<Few<u32>>(), 16);
    }
}
