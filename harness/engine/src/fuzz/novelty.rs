//! What a case showed, as features that are counted: a case is worth keeping when it shows one for the first
//! time, and worth going back to when what it showed is rare.

use qmprobe_generate::state::shape::Feature;
use qmprobe_wire::{Message, MessageKind, Value};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Features of one command; beyond that its further ones are not told apart.
const FEATURES_MAX: u32 = 512;
/// Values of a return whose places are features.
const VALUES_MAX: usize = 256;
/// Levels of nesting of a return that are told apart.
const NESTING_MAX: usize = 4;

/// How often each feature was seen.
#[derive(Debug, Default)]
pub(super) struct Novelty {
    seen: HashMap<u64, u32>,
    /// Features by command.
    of_command: HashMap<String, u32>,
}

impl Novelty {
    /// Counts what a request brought about. Returns its features, and whether one of them is new.
    pub fn take(&mut self, command: &str, arguments: &[Feature], messages: &[&Message]) -> (Vec<u64>, bool) {
        let mut features = Vec::new();
        for message in messages {
            match message.kind {
                MessageKind::Return => {
                    features.extend(arguments.iter().map(|feature| hash(&(command, "with", feature))));
                    features.push(hash(&(command, "return")));
                    if let Some(returned) = message.get("return") {
                        places(returned, hash(&command), 0, &mut features);
                    }
                }
                MessageKind::Error => {
                    let desc = message.get("error").and_then(|error| error.get("desc")?.as_str());
                    let text = template(desc.unwrap_or_default());
                    features.push(hash(&(command, message.error_class(), text)));
                }
                MessageKind::Event => {
                    features.push(hash(&(command, "event", message.get("event").and_then(Value::as_str))));
                }
                MessageKind::Greeting | MessageKind::Other => {}
            }
        }
        features.sort_unstable();
        features.dedup();
        let mut is_new = false;
        let room = self.of_command.entry(command.to_owned()).or_default();
        features.retain(|feature| match self.seen.get_mut(feature) {
            Some(count) => {
                *count = count.saturating_add(1);
                true
            }
            None if *room >= FEATURES_MAX => false,
            None => {
                *room += 1;
                self.seen.insert(*feature, 1);
                is_new = true;
                true
            }
        });
        (features, is_new)
    }

    /// How often the rarest of these was seen.
    pub fn rarest(&self, features: &[u64]) -> u32 {
        features.iter().filter_map(|feature| self.seen.get(feature)).min().copied().unwrap_or(u32::MAX)
    }
}

/// The places of a value with the JSON type of each. Recursion is bounded by [`NESTING_MAX`].
fn places(value: &Value, at: u64, depth: usize, out: &mut Vec<u64>) {
    if depth >= NESTING_MAX || out.len() >= VALUES_MAX {
        return;
    }
    out.push(hash(&(at, value.json_type())));
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| places(value, hash(&(at, name)), depth + 1, out));
        }
        Value::Array(elements) => {
            elements.iter().take(8).for_each(|element| places(element, hash(&(at, "[]")), depth + 1, out));
        }
        _ => {}
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The text of an error without what it is about: numbers, and what stands in quotes.
pub(super) fn template(desc: &str) -> String {
    let mut out = String::with_capacity(desc.len());
    let mut quote = None;
    for c in desc.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => {
                quote = Some(if c == '`' { '\'' } else { c });
                out.push('\'');
            }
            None if c.is_ascii_digit() => {}
            None => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_about_other_names_and_numbers_are_the_same() {
        assert_eq!(template("Node 'a' not found"), template("Node 'bc' not found"));
        assert_eq!(template("slot 3 function 0"), template("slot 11 function 7"));
        assert_ne!(template("Node 'a' not found"), template("Device 'a' not found"));
        assert_eq!(template("open 'quote"), "open '");
    }

    #[test]
    fn returns_of_another_shape_are_new_and_of_other_values_are_not() {
        let shape = |value: Value| {
            let mut out = Vec::new();
            places(&value, 0, 0, &mut out);
            out
        };
        let object = |name: &str, value: Value| Value::Object(vec![(name.to_owned(), value)]);
        assert_eq!(shape(object("a", Value::int(1))), shape(object("a", Value::int(2))));
        assert_ne!(shape(object("a", Value::int(1))), shape(object("b", Value::int(1))));
        assert_ne!(shape(object("a", Value::int(1))), shape(object("a", Value::Null)));
    }
}
