//! Requests that are known to end a peer are kept from being sent for a while, and each time for longer: one
//! defect must not keep a campaign from finding the next.

use qmprobe_generate::state::shape::Feature;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Cases for which a request is avoided the first time.
const CASES: u64 = 4_000;
/// The same where it took others before it: then it may be harmless by itself, and is common.
const CASES_OF_SEQUENCE: u64 = 400;
/// How often the time is doubled.
const DOUBLINGS_MAX: u32 = 8;

/// What requests that end a peer alike have in common.
#[derive(Debug)]
struct Pattern {
    signature: String,
    /// The places that matter, with the classes that were seen there.
    places: BTreeMap<String, BTreeSet<String>>,
    first: u64,
    times: u32,
    until: u64,
}

/// What is avoided, by command.
#[derive(Debug, Default)]
pub(super) struct Avoid {
    patterns: HashMap<String, Vec<Pattern>>,
}

impl Avoid {
    /// Whether the request is to be left out at this moment, counted in cases.
    pub fn blocks(&self, command: &str, features: &[Feature], now: u64) -> bool {
        let known = self.patterns.get(command).into_iter().flatten();
        known.filter(|pattern| now < pattern.until).any(|pattern| {
            pattern.places.iter().all(|(place, classes)| {
                features.iter().any(|(at, class)| at == place && classes.contains(class))
            })
        })
    }

    /// The command is watched at all: whoever asks may spare himself the features.
    pub fn watches(&self, command: &str) -> bool {
        self.patterns.contains_key(command)
    }

    /// A request ended a peer. `features` are those of the smallest request that does, if it was made smaller;
    /// `others` is whether it took more than this one.
    pub fn note(&mut self, signature: &str, command: &str, features: &[Feature], others: bool, now: u64) {
        let patterns = self.patterns.entry(command.to_owned()).or_default();
        if let Some(known) = patterns.iter_mut().find(|pattern| pattern.signature == signature) {
            known.again(features, now);
            return;
        }
        let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (place, class) in features.iter().filter(|(place, _)| !place.is_empty()) {
            places.entry(place.clone()).or_default().insert(class.clone());
        }
        let first = if others { CASES_OF_SEQUENCE } else { CASES };
        let signature = signature.to_owned();
        patterns.push(Pattern { signature, places, first, times: 0, until: now + first });
    }
}

impl Pattern {
    /// It happened again: with other values at the places that matter, or without some of them.
    fn again(&mut self, features: &[Feature], now: u64) {
        self.places.retain(|place, _| features.iter().any(|(at, _)| at == place));
        for (place, classes) in &mut self.places {
            classes.extend(features.iter().filter(|(at, _)| at == place).map(|(_, class)| class.clone()));
        }
        self.times = (self.times + 1).min(DOUBLINGS_MAX);
        self.until = now + (self.first << self.times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(list: &[(&str, &str)]) -> Vec<Feature> {
        list.iter().map(|(place, class)| ((*place).to_owned(), (*class).to_owned())).collect()
    }

    #[test]
    fn what_ended_a_peer_is_avoided_for_a_while_and_its_neighbours_are_not() {
        let mut avoid = Avoid::default();
        let fatal = features(&[("", "{..}"), ("qom-type", "ram"), ("size", "0")]);
        avoid.note("s", "object-add", &fatal, false, 100);
        let also = features(&[("", "{..}"), ("id", "text"), ("qom-type", "ram"), ("size", "0")]);
        assert!(avoid.blocks("object-add", &also, 101));
        assert!(!avoid.blocks("object-add", &also, 100 + CASES));
        assert!(!avoid.blocks("object-del", &also, 101));
        let harmless = features(&[("qom-type", "ram"), ("size", "+")]);
        assert!(!avoid.blocks("object-add", &harmless, 101));
    }

    #[test]
    fn other_values_that_end_it_alike_are_learned_and_the_time_doubles() {
        let mut avoid = Avoid::default();
        avoid.note("s", "object-add", &features(&[("size", "0")]), false, 0);
        let negative = features(&[("id", "text"), ("size", "-")]);
        assert!(!avoid.blocks("object-add", &negative, 1));
        avoid.note("s", "object-add", &negative, false, 1);
        assert!(avoid.blocks("object-add", &negative, 2));
        assert!(avoid.blocks("object-add", &features(&[("size", "0")]), 2 * CASES - 1));
    }

    #[test]
    fn two_defects_of_one_command_are_avoided_apart() {
        let mut avoid = Avoid::default();
        avoid.note("one", "x", &features(&[("a", "0")]), false, 0);
        avoid.note("two", "x", &features(&[("b", "0")]), true, 0);
        assert!(avoid.blocks("x", &features(&[("a", "0"), ("b", "+")]), CASES_OF_SEQUENCE + 1));
        assert!(!avoid.blocks("x", &features(&[("b", "0")]), CASES_OF_SEQUENCE + 1));
    }
}
