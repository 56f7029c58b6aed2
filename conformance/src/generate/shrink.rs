//! Laws over many cases, and the smallest case that breaks one.

use std::fmt;

use serde_json::Value;

use super::{Case, Seed, Settings};

/// How often a case is tried with something taken out of it.
const TRIES: usize = 20_000;

/// A case that breaks a law.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The law's name.
    pub law: String,
    /// The seed that makes the case.
    pub seed: u64,
    /// The case, made small.
    pub case: Case,
    /// What the law says about it.
    pub complaint: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken { law, seed, case, complaint } = self;
        writeln!(f, "{law}: seed {seed}, made small:\n\n{case}\n{complaint}")
    }
}

/// Runs a law over the cases of some seeds; the first case that breaks it is made small.
///
/// The law is given the case and its seed, for choices of its own; it complains in words.
///
/// # Errors
///
/// The case that breaks the law.
pub fn find(
    law_name: &str,
    settings: &Settings,
    seeds: impl IntoIterator<Item = u64>,
    law: impl Fn(&Case, u64) -> Result<(), String>,
) -> Result<(), Box<Broken>> {
    for seed in seeds {
        let case = Case::draw(&mut Seed::new(seed), settings);
        if let Err(complaint) = law(&case, seed) {
            let case = shrink(case, |case| law(case, seed).is_err());
            let complaint = law(&case, seed).err().unwrap_or(complaint);
            return Err(Box::new(Broken { law: law_name.to_owned(), seed, case, complaint }));
        }
    }
    Ok(())
}

/// Takes out of a case whatever it stays broken without: objects, rules, matches, single fields.
///
/// Works on documents, so it knows nothing of what they mean; what cannot be read any more counts
/// as not broken.
pub fn shrink(case: Case, is_broken: impl Fn(&Case) -> bool) -> Case {
    let mut smallest = case;
    let mut documents = smallest.documents();
    let mut tries = 0;
    loop {
        let size = places(&documents).len();
        let mut at = 0;
        while let Some(place) = places(&documents).get(at) {
            tries += 1;
            if tries > TRIES {
                return smallest;
            }
            let fewer = without(&documents, place);
            match fewer.as_ref().and_then(|fewer| Case::read(fewer.clone()).ok()).filter(|case| is_broken(case)) {
                // What stood behind it now stands in its place.
                Some(case) => {
                    smallest = case;
                    documents = fewer.unwrap_or(documents);
                }
                None => at += 1,
            }
        }
        if places(&documents).len() == size {
            return smallest;
        }
    }
}

/// Where a value stands: the keys and positions that lead to it.
type Place = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Position(usize),
}

/// Every place below the root that holds a value, the wider before the narrower.
fn places(documents: &Value) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    let mut level: Vec<(Place, &Value)> = vec![(Vec::new(), documents)];
    while !level.is_empty() {
        let mut next = Vec::new();
        for (place, value) in level {
            let below = |step| [place.as_slice(), &[step]].concat();
            match value {
                Value::Object(fields) => {
                    next.extend(fields.iter().map(|(key, value)| (below(Step::Key(key.clone())), value)))
                }
                Value::Array(items) => {
                    next.extend(items.iter().enumerate().map(|(index, value)| (below(Step::Position(index)), value)));
                }
                _ => {}
            }
        }
        found.extend(next.iter().map(|(place, _)| place.clone()));
        level = next;
    }
    found
}

fn without(documents: &Value, place: &[Step]) -> Option<Value> {
    let mut documents = documents.clone();
    let (last, path) = place.split_last()?;
    let holder = path.iter().try_fold(&mut documents, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Position(index) => value.get_mut(*index),
    })?;
    match (last, holder) {
        (Step::Key(key), Value::Object(fields)) => fields.remove(key).map(|_| ()),
        (Step::Position(index), Value::Array(items)) => items.get(*index).is_some().then(|| {
            items.remove(*index);
        }),
        _ => None,
    }?;
    Some(documents)
}
