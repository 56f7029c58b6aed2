//! Places in a file of cases.

use std::fmt;

use gateway_model::yaml::{Place, Positions, Segment};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The way from a document to something in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

impl Path {
    pub(super) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    pub(super) fn key(mut self, key: &str) -> Self {
        self.push(Step::Key(key.to_owned()));
        self
    }

    pub(super) fn index(mut self, index: usize) -> Self {
        self.push(Step::Index(index));
        self
    }

    /// Where it leads, or else what is around it.
    pub(super) fn place(&self, positions: &Positions<'_>) -> Option<Place> {
        let segments = self.segments();
        let position = (0..=segments.len()).rev().find_map(|end| positions.at(segments.get(..end)?))?;
        Some(position.key.unwrap_or(position.value))
    }

    /// Where the items of the list are to which it leads.
    pub(super) fn places_of_items(&self, positions: &Positions<'_>) -> Vec<Place> {
        positions.items(&self.segments()).map(|position| position.value).collect()
    }

    fn segments(&self) -> Vec<Segment<'_>> {
        let segments = self.0.iter().map(|step| match step {
            Step::Key(key) => Segment::Key(key),
            Step::Index(index) => Segment::Index(*index),
        });
        segments.collect()
    }

    /// The rest of the way, for who is at a place on it.
    pub(super) fn below(&self, place: &Path) -> Option<Path> {
        self.0.strip_prefix(place.0.as_slice()).map(|rest| Path(rest.to_vec()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position > 0 => write!(f, ".{key}")?,
                Step::Key(key) => f.write_str(key)?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// The known word that was probably meant, if one is near enough.
pub(super) fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The distance takes the product of the lengths.
    const LONGEST: usize = 40;
    if word.len() > LONGEST {
        return None;
    }
    let near = known.map(|candidate| (distance(word, candidate), candidate)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(4)).map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out or replaced; case does not count.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = *above;
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_told_its_neighbour() {
        let known = ["route", "rule", "ruleName", "redirect", "match"];
        let cases = [
            ("routte", Some("route")),
            ("rout", Some("route")),
            ("Rule", Some("rule")),
            ("rulename", Some("ruleName")),
            ("rdeirect", Some("redirect")),
            ("nonsense", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(closest(word, known.into_iter()), expected, "{word}");
        }
        assert_eq!(closest(&"x".repeat(1 << 20), known.into_iter()), None);
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("abc", "")), (3, 3, 3));
    }

    #[test]
    fn a_path_reads_as_errors_write_it() {
        let path = Path::default().key("cases").index(3).key("expect").key("a.b/c");
        assert_eq!(path.to_string(), "cases[3].expect.a.b/c");
        let case = Path::default().key("cases").index(3);
        assert_eq!(path.below(&case).unwrap().to_string(), "expect.a.b/c");
        assert_eq!(case.below(&path), None);
    }
}
