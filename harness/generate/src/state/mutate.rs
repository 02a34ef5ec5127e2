//! Changes of sequences that showed something new: one request more, less or another, other values in it, the
//! end of another sequence.

use super::compose::Composer;
use super::names::Names;
use super::request::Request;
use crate::entropy::Entropy;
use crate::value::integer_value;
use qmprobe_wire::Value;

/// Requests of a sequence.
const REQUESTS_MAX: usize = 24;
/// Changes made at once.
const CHANGES_MAX: usize = 3;
/// Places of one request's arguments that may be changed.
const PLACES_MAX: usize = 128;
/// Levels of nesting that are looked into.
const NESTING_MAX: usize = 16;
/// Bytes of an integer that are changed.
const INTEGER_BYTES: usize = 8;
/// The most that an integer becomes more or less.
const STEPS_MAX: usize = 35;
/// Where a value may become another, it is taken away one in so many times.
const AWAY_ONE_IN: usize = 4;
/// The same where what is there led somewhere.
const VARIED_AWAY_ONE_IN: usize = 16;
/// Characters of a string that was changed.
const CHARACTERS_MAX: usize = 8192;

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
                    change(request, composer, names, AWAY_ONE_IN, entropy);
                }
            }
        }
        requests.truncate(REQUESTS_MAX);
    }
    requests
}

/// The sequence with some values of its last request changed: it is the one that showed something new.
pub fn varied(
    sequence: &[Request],
    composer: &Composer<'_>,
    names: &Names,
    entropy: &mut Entropy,
) -> Vec<Request> {
    let mut requests = sequence.to_vec();
    // Mostly one value: what the others came to is worth keeping.
    let changes = if entropy.once_in(4) { 1 + entropy.below(CHANGES_MAX) } else { 1 };
    if let Some(last) = requests.last_mut() {
        (0..changes).for_each(|_| change(last, composer, names, VARIED_AWAY_ONE_IN, entropy));
    }
    requests
}

/// Puts another value somewhere in the arguments, or one in so many times takes a member away.
fn change(
    request: &mut Request,
    composer: &Composer<'_>,
    names: &Names,
    away_one_in: usize,
    entropy: &mut Entropy,
) {
    let Some(arguments) = &mut request.arguments else { return };
    let places = places(arguments, 0).min(PLACES_MAX);
    if places <= 1 {
        return;
    }
    // The first is the arguments as a whole.
    let mut at = 1 + entropy.below(places - 1);
    let mut target = Target { command: &request.command, composer, names, away_one_in, entropy };
    target.change(arguments, "", &mut at, 0);
}

struct Target<'t, 's> {
    command: &'t str,
    composer: &'t Composer<'s>,
    names: &'t Names,
    away_one_in: usize,
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
                    if *at == 0 && self.entropy.once_in(self.away_one_in) {
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
            Value::Number(number) => match number.as_integer() {
                Some(integer) if !self.entropy.once_in(8) => nudged(integer, self.entropy),
                _ => self.composer.number(self.entropy),
            },
            Value::String(text) => match self.entropy.below(4) {
                0 => self.composer.text(self.command, member, self.names, self.entropy),
                1 => Value::string(self.composer.word(self.entropy)),
                _ => Value::String(respelt(text, self.entropy)),
            },
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

/// An integer with another byte, mostly the lowest, or near it: a bit, a few steps.
fn nudged(integer: i128, entropy: &mut Entropy) -> Value {
    let byte = if entropy.once_in(4) { 8 * entropy.below(INTEGER_BYTES) } else { 0 };
    let other = match entropy.below(8) {
        0 => integer + 1 + entropy.below(STEPS_MAX) as i128,
        1 => integer - 1 - entropy.below(STEPS_MAX) as i128,
        2 => integer ^ (1 << (byte + entropy.below(8))),
        _ => integer & !(0xff << byte) | ((entropy.below(256) as i128) << byte),
    };
    // Beyond, it would be no integer.
    integer_value(other.clamp(i128::from(i64::MIN), i128::from(u64::MAX)))
}

/// A string with one of its characters changed, gone, doubled, or one more.
fn respelt(text: &str, entropy: &mut Entropy) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let printable = |entropy: &mut Entropy| char::from(b' ' + entropy.below(95) as u8);
    let at = entropy.below(characters.len().max(1));
    match (entropy.below(8), characters.get(at).copied()) {
        (0, Some(_)) => drop(characters.remove(at)),
        (1, Some(character)) => characters.insert(at, character),
        (2, _) | (_, None) => {
            let end = entropy.below(characters.len() + 1);
            characters.insert(end, printable(entropy));
        }
        (_, Some(_)) => characters[at] = printable(entropy),
    }
    characters.truncate(CHARACTERS_MAX);
    characters.into_iter().collect()
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
    use std::collections::HashSet;

    #[test]
    fn every_value_of_one_byte_of_an_integer_and_of_one_character_is_come_upon() {
        let mut entropy = Entropy::new(5, 0);
        let (mut bytes, mut letters) = (HashSet::new(), HashSet::new());
        for _ in 0..20_000 {
            let Value::Number(number) = nudged(0x1234, &mut entropy) else { panic!("a number") };
            let integer = number.as_integer().unwrap();
            assert!((i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&integer));
            bytes.extend((integer >> 8 == 0x12).then_some(integer & 0xff));
            letters.extend(respelt("ab", &mut entropy).chars().next());
        }
        assert_eq!((bytes.len(), letters.len()), (256, 95));
        assert!(respelt("", &mut entropy).len() == 1);
    }

    #[test]
    fn a_varied_sequence_differs_in_its_last_request_alone() {
        let schema = shipped("qemu-7.2").unwrap().unwrap();
        let names = Names::new(&schema);
        let mut composer = Composer::new(&schema, &|_| true);
        let mut entropy = Entropy::new(4, 0);
        let with_arguments = |request: &Request| request.arguments.is_some();
        let mut differs = 0;
        for _ in 0..200 {
            let first = composer.next(&mut entropy, &names).unwrap();
            let Some(last) = composer.next(&mut entropy, &names).filter(with_arguments) else { continue };
            let sequence = [first.clone(), last.clone()];
            let other = varied(&sequence, &composer, &names, &mut entropy);
            assert_eq!((other.len(), &other[0], &other[1].command), (2, &first, &last.command));
            differs += usize::from(other[1] != last);
        }
        assert!(differs > 80, "{differs}");
    }

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
