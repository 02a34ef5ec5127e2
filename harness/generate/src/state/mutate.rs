//! Changes of sequences that showed something new: one request more, less or another, other values in it, the
//! end of another sequence.

use super::compose::Composer;
use super::names::Names;
use super::request::Request;
use crate::entropy::Entropy;
use qmprobe_wire::Value;

/// Requests of a sequence.
const REQUESTS_MAX: usize = 24;
/// Changes made at once.
const CHANGES_MAX: usize = 3;
/// Places of one request's arguments that may be changed.
const PLACES_MAX: usize = 128;
/// Levels of nesting that are looked into.
const NESTING_MAX: usize = 16;

/// The sequence after some changes. `other` is one to borrow from.
pub fn mutated(
    sequence: &[Request],
    other: &[Request],
    composer: &mut Composer<'_>,
    names: &Names,
    entropy: &mut Entropy,
) -> Vec<Request> {
    let mut requests = sequence.to_vec();
    for _ in 0..1 + entropy.below(CHANGES_MAX) {
        let at = entropy.below(requests.len().max(1));
        match entropy.below(8) {
            0 if requests.len() > 1 => drop(requests.remove(at)),
            1 => requests.extend(composer.next(entropy, names)),
            2 => {
                if let Some(fresh) = composer.next(entropy, names) {
                    requests.insert(at, fresh);
                }
            }
            3 if !requests.is_empty() => requests.push(requests[at].clone()),
            4 if !other.is_empty() => {
                requests.truncate(at + 1);
                requests.extend_from_slice(&other[entropy.below(other.len())..]);
            }
            5 => {
                let again = requests.get(at).map(|request| request.command.clone());
                let again = again.and_then(|command| composer.command(&command, entropy, names));
                requests.splice(at..(at + 1).min(requests.len()), again);
            }
            _ => {
                if let Some(request) = requests.get_mut(at) {
                    change(request, composer, names, entropy);
                }
            }
        }
        requests.truncate(REQUESTS_MAX);
    }
    requests
}

/// Puts another value somewhere in the arguments, or takes a member away.
fn change(request: &mut Request, composer: &Composer<'_>, names: &Names, entropy: &mut Entropy) {
    let Some(arguments) = &mut request.arguments else { return };
    let places = places(arguments, 0).min(PLACES_MAX);
    if places <= 1 {
        return;
    }
    // The first is the arguments as a whole.
    let mut at = 1 + entropy.below(places - 1);
    let mut target = Target { command: &request.command, composer, names, entropy };
    target.change(arguments, "", &mut at, 0);
}

struct Target<'t, 's> {
    command: &'t str,
    composer: &'t Composer<'s>,
    names: &'t Names,
    entropy: &'t mut Entropy,
}

impl Target<'_, '_> {
    /// Changes the value number `at`; true when it was among these. Recursion is bounded by [`NESTING_MAX`].
    fn change(&mut self, value: &mut Value, member: &str, at: &mut usize, depth: usize) -> bool {
        if *at == 0 {
            self.replace(value, member);
            return true;
        }
        *at -= 1;
        if depth >= NESTING_MAX {
            return false;
        }
        match value {
            Value::Object(members) => {
                for nth in 0..members.len() {
                    if *at == 0 && self.entropy.once_in(4) {
                        members.remove(nth);
                        return true;
                    }
                    let (name, value) = &mut members[nth];
                    let name = name.clone();
                    if self.change(value, &name, at, depth + 1) {
                        return true;
                    }
                }
                false
            }
            Value::Array(elements) => {
                elements.iter_mut().any(|element| self.change(element, member, at, depth + 1))
            }
            _ => false,
        }
    }

    fn replace(&mut self, value: &mut Value, member: &str) {
        let other = match value {
            Value::Bool(flag) => Value::Bool(!*flag),
            Value::Number(_) => self.composer.number(self.entropy),
            Value::String(_) => self.composer.text(self.command, member, self.names, self.entropy),
            Value::Array(elements) => {
                match elements.first().cloned() {
                    Some(first) if self.entropy.coin() => elements.push(first),
                    _ => elements.clear(),
                }
                return;
            }
            Value::Null | Value::Object(_) => Value::Null,
        };
        *value = other;
    }
}

/// The values in a value, itself among them. Recursion is bounded by [`NESTING_MAX`].
fn places(value: &Value, depth: usize) -> usize {
    let within = |value: &Value| if depth >= NESTING_MAX { 0 } else { places(value, depth + 1) };
    1 + match value {
        Value::Object(members) => members.iter().map(|(_, value)| within(value)).sum::<usize>(),
        Value::Array(elements) => elements.iter().map(within).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_schema::shipped;

    #[test]
    fn a_mutated_sequence_differs_stays_short_and_follows_from_its_entropy() {
        let schema = shipped("qemu-7.2").unwrap().unwrap();
        let names = Names::new(&schema);
        let all = |_: &str| true;
        let make = |nth| {
            let mut composer = Composer::new(&schema, &all);
            let mut entropy = Entropy::new(3, nth);
            let sequence: Vec<Request> = (0..5).filter_map(|_| composer.next(&mut entropy, &names)).collect();
            let changed = mutated(&sequence, &sequence, &mut composer, &names, &mut entropy);
            (sequence, changed)
        };
        let mut differs = 0;
        for nth in 0..200 {
            let (sequence, changed) = make(nth);
            assert!(changed.len() <= REQUESTS_MAX);
            assert_eq!(changed, make(nth).1);
            differs += usize::from(sequence != changed);
        }
        assert!(differs > 150, "{differs} of 200");
    }
}
