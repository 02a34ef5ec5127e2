//! Requests made over the schema, with what is known to exist where it fits. What fits is guessed from names
//! and then learned: a choice that a peer accepts is made more often.

use super::lexicon::Words;
use super::names::{Names, Property, affinity};
use super::request::Request;
use crate::entropy::Entropy;
use crate::value::{Supply, Values, integer_value};
use arbitrary::Unstructured;
use qmprobe_schema::{Command, Schema, TypeId, TypeKind};
use qmprobe_wire::{Number, Value};
use std::collections::{HashMap, HashSet};

/// Bytes of choices that one request is made of.
const CHOICES_BYTES: usize = 768;
/// Members given to an object beyond those that its schema declares.
const EXTRA_MAX: usize = 4;
/// Types of a command's arguments that count for its weight.
const TYPES_MAX: usize = 512;
/// Places that one member draws from: those that fit best.
const TIES_MAX: usize = 24;
/// Places that fit less are not drawn from.
const AFFINITY_MIN: f32 = 0.05;
/// Bytes of long strings: beyond the usual buffers for names and paths.
const LONG_BYTES: [usize; 4] = [129, 260, 1030, 4100];
/// Bytes of a reply that cost as much as everything else of a request.
const REPLY_BYTES: f32 = 16_384.0;
/// Integers at which implementations differ: near powers of two, where types end and sizes are rounded.
const EDGES: [i128; 26] = [
    0,
    1,
    -1,
    2,
    3,
    7,
    8,
    16,
    255,
    256,
    511,
    512,
    4095,
    4096,
    65_535,
    65_536,
    1 << 20,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
    -(1 << 63),
    (1 << 64) - 1,
];

/// Where a string is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// What is known to exist.
    Known,
    /// A property of the thing named before it.
    Property,
    /// A letter: a new name, until it is taken.
    Fresh,
    Empty,
    Long,
}

/// The ways with their weights before anything is known.
const WAYS: [(Way, f32); 5] =
    [(Way::Known, 5.0), (Way::Property, 1.0), (Way::Fresh, 3.0), (Way::Empty, 0.7), (Way::Long, 0.1)];

/// How often a choice was made, and how often what it was part of was accepted.
#[derive(Clone, Copy, Debug, Default)]
struct Luck {
    made: f32,
    accepted: f32,
}

impl Luck {
    fn rate(self) -> f32 {
        (self.accepted + 1.0) / (self.made + 4.0)
    }

    fn count(&mut self, accepted: bool) {
        if self.made >= 64.0 {
            self.made /= 2.0;
            self.accepted /= 2.0;
        }
        self.made += 1.0;
        self.accepted += f32::from(u8::from(accepted));
    }
}

/// What a member of a command draws from.
#[derive(Debug, Default)]
struct Member {
    ways: [Luck; WAYS.len()],
    /// Places by their number, with the affinity.
    ties: Vec<(usize, f32, Luck)>,
    /// Places that were considered.
    considered: usize,
}

/// A choice that was made: the member, the way, the place among its ties.
type Choice = ((usize, String), usize, Option<usize>);

/// The choices that one request was made of.
#[derive(Debug)]
pub struct Choices(Vec<Choice>);

/// Makes requests.
#[derive(Debug)]
pub struct Composer<'s> {
    values: Values<'s>,
    /// What may be sent, with what each is worth.
    commands: Vec<(&'s Command, f32)>,
    /// Bytes of the replies to each, mostly of the latest.
    replies: Vec<f32>,
    members: HashMap<(usize, String), Member>,
    /// Of the last request.
    choices: Vec<Choice>,
    words: HashSet<&'s str>,
    /// The same in order.
    dictionary: Vec<&'s str>,
}

impl<'s> Composer<'s> {
    /// For the commands that `may` be sent.
    pub fn new(schema: &'s Schema, may: &dyn Fn(&str) -> bool) -> Composer<'s> {
        let allowed = schema.commands.iter().filter(|command| may(&command.name));
        let words = schema.types.iter().filter_map(|ty| match &ty.kind {
            TypeKind::Enum(values) => Some(values.values.iter().map(|value| value.name.as_str())),
            _ => None,
        });
        let words: HashSet<&str> = words.flatten().collect();
        let mut dictionary: Vec<&str> = words.iter().copied().collect();
        dictionary.sort_unstable();
        let commands: Vec<_> = allowed.map(|command| (command, worth(schema, command))).collect();
        Composer {
            replies: vec![0.0; commands.len()],
            values: Values::new(schema),
            commands,
            members: HashMap::new(),
            choices: Vec::new(),
            words,
            dictionary,
        }
    }

    /// Whether the schema has this word among the values of some enumeration.
    pub fn is_word(&self, text: &str) -> bool {
        self.words.contains(text)
    }

    /// The next request; `None` when there is no command that may be sent.
    pub fn next(&mut self, entropy: &mut Entropy, names: &Names) -> Option<Request> {
        let worths = self.commands.iter().zip(&self.replies);
        let nth = weighted(entropy, worths.map(|((_, worth), bytes)| worth / (1.0 + bytes / REPLY_BYTES)))?;
        self.make(nth, entropy, names)
    }

    /// A request of this command.
    pub fn command(&mut self, name: &str, entropy: &mut Entropy, names: &Names) -> Option<Request> {
        let nth = self.commands.iter().position(|(command, _)| command.name == name)?;
        self.make(nth, entropy, names)
    }

    /// Those of the last request.
    pub fn choices(&mut self) -> Choices {
        Choices(std::mem::take(&mut self.choices))
    }

    /// Tells what came of a request: whether it was carried out, and the bytes of the reply.
    pub fn report(&mut self, command: &str, choices: Choices, accepted: bool, bytes: usize) {
        if let Some(nth) = self.commands.iter().position(|(known, _)| known.name == command) {
            self.replies[nth] += (bytes as f32 - self.replies[nth]) / 4.0;
        }
        for (key, way, place) in choices.0 {
            let Some(member) = self.members.get_mut(&key) else { continue };
            member.ways[way].count(accepted);
            let tie = place.and_then(|place| member.ties.iter_mut().find(|(at, ..)| *at == place));
            if let Some((_, _, luck)) = tie {
                luck.count(accepted);
            }
        }
    }

    /// A word that the schema has among the values of some enumeration; none where it has no such words.
    pub fn word(&self, entropy: &mut Entropy) -> &'s str {
        self.dictionary.get(entropy.below(self.dictionary.len().max(1))).copied().unwrap_or_default()
    }

    /// Another number.
    pub fn number(&self, entropy: &mut Entropy) -> Value {
        integer_value(edge(entropy))
    }

    /// A string for a member of a command.
    pub fn text(&self, command: &str, member: &str, names: &Names, entropy: &mut Entropy) -> Value {
        let fitting = if entropy.once_in(4) { Vec::new() } else { names.fitting(command, member) };
        match fitting.len() {
            0 if entropy.once_in(4) => Value::string(""),
            0 => Value::string(letter(entropy)),
            // The best fitting first, and now and then any.
            count => {
                let end = if entropy.coin() { count.min(8) } else { count };
                Value::string(fitting[entropy.below(end)])
            }
        }
    }

    fn make(&mut self, nth: usize, entropy: &mut Entropy, names: &Names) -> Option<Request> {
        let command = self.commands.get(nth)?.0;
        self.choices.clear();
        let mut bytes = [0; CHOICES_BYTES];
        entropy.fill(&mut bytes);
        let mut supply = Known {
            names,
            entropy,
            members: &mut self.members,
            choices: &mut self.choices,
            command: nth,
            of_command: names.lexicon().words(&command.name),
            command_name: &command.name,
            subject: None,
            property: None,
            optional: 0,
        };
        supply.optional = [0, 24, 64, 128, 224][supply.entropy.below(5)];
        let arguments = match command.arguments {
            None => None,
            Some(ty) => {
                let made = self.values.supplied(ty, &mut Unstructured::new(&bytes), &mut supply).ok()?;
                Some(if command.marshalled { made } else { supply.with_properties(made) })
            }
        };
        let bare = matches!(&arguments, Some(Value::Object(members)) if members.is_empty());
        Some(Request { command: command.name.clone(), arguments: arguments.filter(|_| !bare) })
    }
}

/// Supplies one request.
struct Known<'k> {
    names: &'k Names,
    entropy: &'k mut Entropy,
    members: &'k mut HashMap<(usize, String), Member>,
    choices: &'k mut Vec<Choice>,
    command: usize,
    command_name: &'k str,
    of_command: Words,
    /// The last thing named that has properties.
    subject: Option<String>,
    /// The one of its properties that was named.
    property: Option<Property>,
    optional: u8,
}

impl Supply for Known<'_> {
    fn string(&mut self, member: &str) -> Option<Value> {
        let key = (self.command, member.to_owned());
        let state = self.members.entry(key.clone()).or_default();
        state.consider(&self.of_command, member, self.names);
        let lucks = WAYS.iter().zip(state.ways).map(|((way, weight), luck)| match way {
            Way::Known if state.ties.is_empty() => 0.0,
            Way::Property if self.subject.is_none() => 0.0,
            _ => weight * (luck.rate() + 0.05),
        });
        let way = weighted(self.entropy, lucks)?;
        let (place, text) = match WAYS[way].0 {
            Way::Known => {
                let weights = state.ties.iter().map(|(at, affinity, luck)| {
                    match self.names.places()[*at].strings.len() {
                        0 => 0.0,
                        _ => affinity * luck.rate(),
                    }
                });
                let tie = weighted(self.entropy, weights);
                let place = tie.map(|tie| state.ties[tie].0);
                let text = place.map(|place| self.one_of(place));
                (place, text.unwrap_or_default())
            }
            Way::Property => {
                let property = self.some_property()?;
                let name = property.name.clone();
                self.property = Some(property);
                (None, name)
            }
            Way::Fresh => (None, letter(self.entropy).to_owned()),
            Way::Empty => (None, String::new()),
            Way::Long => (None, "a".repeat(self.entropy.pick(&LONG_BYTES))),
        };
        if self.names.is_subject(&text) {
            self.subject = Some(text.clone());
        }
        self.chose(key, way, place, Value::String(text))
    }

    fn integer(&mut self, _member: &str, min: i128, max: i128) -> Option<Value> {
        if self.entropy.once_in(3) {
            return None;
        }
        Some(integer_value(edge(self.entropy).clamp(min, max)))
    }

    fn any(&mut self, _member: &str) -> Option<Value> {
        let property = match self.property.take() {
            Some(property) => property,
            None => self.some_property()?,
        };
        Some(self.of_property(&property))
    }

    fn optional(&self) -> u8 {
        self.optional
    }
}

impl Known<'_> {
    fn chose(
        &mut self,
        key: (usize, String),
        way: usize,
        place: Option<usize>,
        value: Value,
    ) -> Option<Value> {
        self.choices.push((key, way, place));
        Some(value)
    }

    /// A string of a place, a late one half the time.
    fn one_of(&mut self, place: usize) -> String {
        let strings = &self.names.places()[place].strings;
        let back = strings.len().min(if self.entropy.coin() { 4 } else { strings.len() });
        let at = strings.len() - 1 - self.entropy.below(back);
        strings.get(at).cloned().unwrap_or_default()
    }

    fn some_property(&mut self) -> Option<Property> {
        let properties = self.names.properties(self.subject.as_ref()?)?;
        properties.get(self.entropy.below(properties.len())).cloned()
    }

    /// Gives an open object some properties of what it names.
    fn with_properties(&mut self, arguments: Value) -> Value {
        let Value::Object(mut members) = arguments else { return arguments };
        for _ in 0..self.entropy.below(EXTRA_MAX + 1) {
            let Some(property) = self.some_property() else { break };
            if members.iter().all(|(name, _)| *name != property.name) {
                let value = self.of_property(&property);
                members.push((property.name, value));
            }
        }
        Value::Object(members)
    }

    /// A value for a property, mostly of its type.
    fn of_property(&mut self, property: &Property) -> Value {
        if self.entropy.once_in(24) {
            return edge_value(self.entropy);
        }
        let choices = property.choices.len();
        let ty = property.ty.as_str();
        match ty {
            _ if choices > 0 && !self.entropy.once_in(4) => {
                Value::string(property.choices[self.entropy.below(choices)].as_str())
            }
            "bool" => Value::Bool(self.entropy.coin()),
            _ if ty.starts_with("int") || ty.starts_with("uint") || ty == "size" || ty == "number" => {
                integer_value(edge(self.entropy))
            }
            _ => self.string_of(property),
        }
    }

    /// What a property of another type may be called: something known under a name like its own.
    fn string_of(&mut self, property: &Property) -> Value {
        let strings = self.names.fitting(self.command_name, &format!("{}-{}", property.name, property.ty));
        match self.entropy.below(8) {
            0 => Value::string(letter(self.entropy)),
            1 => Value::string(""),
            2 => edge_value(self.entropy),
            _ if strings.is_empty() => Value::string(letter(self.entropy)),
            nth => {
                let end = if nth < 6 { strings.len().min(6) } else { strings.len() };
                Value::string(strings[self.entropy.below(end)])
            }
        }
    }
}

impl Member {
    /// Looks at the places that are new since the last time.
    fn consider(&mut self, of_command: &Words, member: &str, names: &Names) {
        let places = names.places();
        if self.considered == places.len() {
            return;
        }
        let of_member = names.lexicon().words(member);
        for (at, place) in places.iter().enumerate().skip(self.considered) {
            let same = if place.member == member { 2.0 } else { 1.0 };
            let affinity = same * affinity(of_command, &of_member, place);
            if affinity > AFFINITY_MIN {
                self.ties.push((at, affinity, Luck::default()));
            }
        }
        self.ties.sort_by(|(_, one, _), (_, other, _)| other.total_cmp(one));
        self.ties.truncate(TIES_MAX);
        self.considered = places.len();
    }
}

/// The number of one of the weights, by chance in their proportion.
fn weighted(entropy: &mut Entropy, weights: impl Iterator<Item = f32> + Clone) -> Option<usize> {
    const GRAIN: usize = 1 << 24;
    let total: f32 = weights.clone().sum();
    if total <= 0.0 {
        return None;
    }
    let mut at = entropy.below(GRAIN) as f32 / GRAIN as f32 * total;
    let mut last = None;
    for (nth, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
        if at < weight {
            return Some(nth);
        }
        at -= weight;
        last = Some(nth);
    }
    last
}

/// An integer at an edge, or a step beside it.
fn edge(entropy: &mut Entropy) -> i128 {
    let edge = entropy.pick(&EDGES);
    if entropy.once_in(4) { edge + entropy.below(3) as i128 - 1 } else { edge }
}

fn edge_value(entropy: &mut Entropy) -> Value {
    match entropy.below(5) {
        0 => Value::Null,
        1 => Value::Bool(entropy.coin()),
        2 => Value::Number(Number::Double(entropy.pick(&[0.5, -1.5, 1e300]))),
        3 => Value::string(entropy.pick(&["", "-1", "0", "1M"])),
        _ => integer_value(edge(entropy)),
    }
}

/// Few letters: what is made under one is soon asked for, and made again.
fn letter(entropy: &mut Entropy) -> &'static str {
    entropy.pick(&["a", "b", "c", "d", "e", "f"])
}

/// How often a command is worth sending: by the types that its arguments have to show.
fn worth(schema: &Schema, command: &Command) -> f32 {
    let mut types: Vec<TypeId> = command.arguments.into_iter().collect();
    let mut at = 0;
    while let Some(ty) = types.get(at).copied().filter(|_| types.len() < TYPES_MAX) {
        at += 1;
        let parts: Vec<TypeId> = match &schema.ty(ty).kind {
            TypeKind::Array(element) => vec![*element],
            TypeKind::Alternate(alternate) => alternate.choices.clone(),
            TypeKind::Object(object) => {
                let branches = object.variants.iter().flat_map(|variants| &variants.branches);
                object
                    .members
                    .iter()
                    .map(|member| member.ty)
                    .chain(branches.map(|branch| branch.ty))
                    .collect()
            }
            _ => Vec::new(),
        };
        for part in parts {
            if !types.contains(&part) {
                types.push(part);
            }
        }
    }
    let open = if command.marshalled { 0.0 } else { 3.0 };
    0.2 + (1.0 + types.len() as f32).ln() + open
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_schema::shipped;
    use qmprobe_wire::parse::parse;

    fn schema() -> Schema {
        shipped("qemu-7.2").unwrap().unwrap()
    }

    fn requests(schema: &Schema, names: &Names, command: Option<&str>, count: u64) -> Vec<Request> {
        let mut composer = Composer::new(schema, &|_| true);
        let make = |nth| {
            let mut entropy = Entropy::new(1, nth);
            match command {
                Some(command) => composer.command(command, &mut entropy, names),
                None => composer.next(&mut entropy, names),
            }
        };
        (0..count).filter_map(make).collect()
    }

    #[test]
    fn the_same_seed_and_names_give_the_same_requests() {
        let schema = schema();
        let names = Names::new(&schema);
        assert_eq!(requests(&schema, &names, None, 300), requests(&schema, &names, None, 300));
        assert_eq!(requests(&schema, &names, None, 300).len(), 300);
    }

    #[test]
    fn every_command_that_may_be_sent_is_and_no_other() {
        let schema = schema();
        let names = Names::new(&schema);
        let mut composer = Composer::new(&schema, &|name| name.starts_with("query-"));
        for nth in 0..500 {
            let request = composer.next(&mut Entropy::new(1, nth), &names).unwrap();
            assert!(request.command.starts_with("query-"));
        }
        let sent: HashSet<String> =
            requests(&schema, &names, None, 20_000).into_iter().map(|request| request.command).collect();
        assert_eq!(sent.len(), schema.commands.len());
    }

    #[test]
    fn an_open_object_gets_properties_of_what_it_names_with_values_of_their_types() {
        let schema = schema();
        let mut names = Names::new(&schema);
        let told = parse(br#"[{"name":"zap","type":"bool"}]"#, 8).value.unwrap();
        let asked = parse(br#"{"typename":"gadget"}"#, 8).value.unwrap();
        names.learn("device-list-properties", Some(&asked), &told);
        let made = requests(&schema, &names, Some("device_add"), 400);
        let with = |request: &&Request| {
            let arguments = request.arguments.as_ref();
            arguments.is_some_and(|arguments| matches!(arguments.get("zap"), Some(Value::Bool(_))))
        };
        assert!(made.iter().filter(with).count() > 20);
        let names_it = |request: &Request| String::from_utf8_lossy(&request.bytes(None)).contains("gadget");
        assert!(made.iter().filter(with).all(names_it));
    }

    #[test]
    fn a_member_is_given_what_exists_and_that_more_often_when_it_is_accepted() {
        let schema = schema();
        let mut names = Names::new(&schema);
        let made = parse(br#"{"id":"o77"}"#, 8).value.unwrap();
        names.learn("object-add", Some(&made), &Value::Object(Vec::new()));
        let hits = |reports: bool| {
            let mut composer = Composer::new(&schema, &|_| true);
            let mut hits = 0;
            for nth in 0..300 {
                let request = composer.command("object-del", &mut Entropy::new(2, nth), &names).unwrap();
                let hit = request.arguments.unwrap().get("id").unwrap().as_str() == Some("o77");
                hits += u32::from(hit);
                if reports {
                    let choices = composer.choices();
                    composer.report("object-del", choices, hit, 20);
                }
            }
            hits
        };
        assert!(hits(false) > 60);
        assert!(hits(true) > hits(false) + 50);
    }

    #[test]
    fn edges_of_sizes_and_empty_strings_and_lists_are_likely() {
        let schema = schema();
        let names = Names::new(&schema);
        let is = |text: &str| {
            let made = requests(&schema, &names, None, 5_000);
            made.iter().filter(|one| String::from_utf8_lossy(&one.bytes(None)).contains(text)).count()
        };
        for text in [":-1", ":0,", ":\"\"", ":[]", "18446744073709551615", "-9223372036854775808"] {
            assert!(is(text) >= 10, "{text}: {}", is(text));
        }
    }
}
