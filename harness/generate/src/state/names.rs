//! What a peer has shown to exist: strings that it told, or took, by where they stood; and the properties of
//! things that have any.

use super::lexicon::{Lexicon, Words};
use qmprobe_schema::Schema;
use qmprobe_wire::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Strings of one place.
const STRINGS_MAX: usize = 1024;
/// Bytes of a string that is worth keeping.
const BYTES_MAX: usize = 128;
/// Values of one reply that are looked at.
const VALUES_MAX: usize = 8192;
/// Things whose properties are known.
const SUBJECTS_MAX: usize = 4096;
/// Properties of one thing.
const PROPERTIES_MAX: usize = 256;

/// Whether a string was told or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Side {
    /// It stood in arguments that were accepted.
    Taken,
    /// It stood in a reply.
    Told,
}

/// A place where strings stand.
#[derive(Debug)]
pub(super) struct Place {
    pub member: String,
    pub of_command: Words,
    pub of_member: Words,
    pub strings: Vec<String>,
    seen: HashSet<String>,
    /// How many of them outlast a round.
    lasting: usize,
}

/// A property of a thing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Property {
    pub name: String,
    /// In the peer's words: `bool`, `uint32`, `link<iothread>`.
    pub ty: String,
    /// Values that its description lists.
    pub choices: Vec<String>,
}

/// What is known to exist.
#[derive(Debug)]
pub struct Names {
    lexicon: Lexicon,
    places: Vec<Place>,
    index: HashMap<(String, String, Side), usize>,
    subjects: BTreeMap<String, Vec<Property>>,
    /// Those that do not outlast a round.
    passing: Vec<String>,
}

impl Names {
    /// Nothing yet.
    pub fn new(schema: &Schema) -> Names {
        Names {
            lexicon: Lexicon::new(schema),
            places: Vec::new(),
            index: HashMap::new(),
            subjects: BTreeMap::new(),
            passing: Vec::new(),
        }
    }

    /// Takes in a command that was carried out, and its return.
    pub fn learn(&mut self, command: &str, arguments: Option<&Value>, returned: &Value) {
        let mut taken = Vec::new();
        arguments.into_iter().for_each(|arguments| strings(arguments, &mut taken));
        let mut told = Vec::new();
        strings(returned, &mut told);
        if let [(_, subject)] = taken.as_slice() {
            self.learn_properties(subject, returned);
        }
        for (side, found) in [(Side::Taken, taken), (Side::Told, told)] {
            let mut places: Vec<(&str, usize)> = Vec::new();
            for (member, text) in found.into_iter().filter(|(_, text)| is_worth_keeping(text)) {
                let known = places.iter().find(|(of, _)| *of == member).map(|(_, at)| *at);
                let at = known.unwrap_or_else(|| {
                    let at = self.place(command, member, side);
                    places.push((member, at));
                    at
                });
                self.keep(at, text);
                if text.starts_with('/') {
                    // Where there is a path there is the way to it.
                    let ends = text.match_indices('/').map(|(at, _)| at.max(1));
                    ends.for_each(|end| self.keep(at, &text[..end]));
                }
            }
        }
    }

    /// A list of things with a name and a type each is the properties of what was asked about.
    fn learn_properties(&mut self, subject: &str, returned: &Value) {
        let Some(listed) = returned.as_array().filter(|listed| !listed.is_empty()) else { return };
        if self.subjects.len() >= SUBJECTS_MAX || self.subjects.contains_key(subject) {
            return;
        }
        let text = |entry: &Value, name: &str| Some(entry.get(name)?.as_str()?.to_owned());
        let property = |entry: &Value| {
            let choices = text(entry, "description").map(|words| choices(&words)).unwrap_or_default();
            Some(Property { name: text(entry, "name")?, ty: text(entry, "type")?, choices })
        };
        let properties: Option<Vec<Property>> = listed.iter().take(PROPERTIES_MAX).map(property).collect();
        let Some(properties) = properties else { return };
        if subject.starts_with('/') {
            let at = self.place("", "path", Side::Told);
            for child in properties.iter().filter(|property| property.ty.starts_with("child<")) {
                let path = format!("{}/{}", subject.trim_end_matches('/'), child.name);
                self.keep(at, &path);
            }
        }
        self.passing.push(subject.to_owned());
        self.subjects.insert(subject.to_owned(), properties);
    }

    /// The number of the place where a member of a command keeps what stands in it.
    fn place(&mut self, command: &str, member: &str, side: Side) -> usize {
        let key = (command.to_owned(), member.to_owned(), side);
        let (lexicon, places) = (&self.lexicon, &mut self.places);
        *self.index.entry(key).or_insert_with(|| {
            places.push(Place {
                member: member.to_owned(),
                of_command: lexicon.words(command),
                of_member: lexicon.words(member),
                strings: Vec::new(),
                seen: HashSet::new(),
                lasting: 0,
            });
            places.len() - 1
        })
    }

    fn keep(&mut self, at: usize, text: &str) {
        let place = &mut self.places[at];
        if is_worth_keeping(text) && place.strings.len() < STRINGS_MAX && !place.seen.contains(text) {
            place.seen.insert(text.to_owned());
            place.strings.push(text.to_owned());
        }
    }

    /// What is known now outlasts rounds.
    pub fn settle(&mut self) {
        self.places.iter_mut().for_each(|place| place.lasting = place.strings.len());
        self.passing.clear();
    }

    /// A fresh peer: what the last one had beyond what lasts is gone.
    pub fn forget(&mut self) {
        for place in self.places.iter_mut().filter(|place| place.strings.len() > place.lasting) {
            for gone in place.strings.drain(place.lasting..) {
                place.seen.remove(&gone);
            }
        }
        for gone in self.passing.drain(..) {
            self.subjects.remove(&gone);
        }
    }

    /// Every string that was told or taken under a name like `member`, of commands like `command`, each once.
    pub fn fitting(&self, command: &str, member: &str) -> Vec<&str> {
        let (of_command, of_member) = (self.lexicon.words(command), self.lexicon.words(member));
        let mut seen = HashSet::new();
        let mut places: Vec<(f32, &Place)> =
            self.places.iter().map(|place| (affinity(&of_command, &of_member, place), place)).collect();
        places.retain(|(affinity, place)| *affinity > 0.0 && !place.strings.is_empty());
        places.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let strings = places.into_iter().flat_map(|(_, place)| place.strings.iter().map(String::as_str));
        strings.filter(|text| seen.insert(*text)).collect()
    }

    /// Whether the peer has said what properties the thing of this name has.
    pub fn is_subject(&self, name: &str) -> bool {
        self.subjects.contains_key(name)
    }

    /// How many strings and subjects are known.
    pub fn len(&self) -> (usize, usize) {
        (self.places.iter().map(|place| place.strings.len()).sum(), self.subjects.len())
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }

    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    pub(super) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    pub(super) fn properties(&self, subject: &str) -> Option<&[Property]> {
        self.subjects.get(subject).map(Vec::as_slice)
    }
}

fn is_worth_keeping(text: &str) -> bool {
    !text.is_empty() && text.len() <= BYTES_MAX && !text.contains(char::is_control)
}

/// How well what stands at a place suits a member of a command: their own names say most, then that one is
/// named as the other's command is.
pub(super) fn affinity(of_command: &Words, of_member: &Words, place: &Place) -> f32 {
    4.0 * of_member.common(&place.of_member)
        + 3.0 * of_member.common(&place.of_command)
        + 1.5 * of_command.common(&place.of_member)
        + of_command.common(&place.of_command)
}

/// The strings in a value with the members they stand under, those of a list under the list's.
fn strings<'v>(value: &'v Value, out: &mut Vec<(&'v str, &'v str)>) {
    let mut open = vec![("", value)];
    let mut looked = 0;
    while let Some((member, value)) = open.pop() {
        looked += 1;
        if looked > VALUES_MAX {
            return;
        }
        match value {
            Value::String(text) => out.push((member, text)),
            Value::Array(elements) => open.extend(elements.iter().rev().map(|element| (member, element))),
            Value::Object(members) => {
                open.extend(members.iter().rev().map(|(name, value)| (name.as_str(), value)));
            }
            _ => {}
        }
    }
}

/// `on/off/auto` lists three values.
fn choices(description: &str) -> Vec<String> {
    let is_word = |word: &&str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let lists = description.split([' ', '(', ')', ',']).filter(|text| text.contains('/'));
    let words = lists.flat_map(|list| list.split('/').filter(is_word).map(str::to_owned));
    words.take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_schema::shipped;
    use qmprobe_wire::parse::parse;

    fn read(text: &str) -> Value {
        parse(text.as_bytes(), 16).value.unwrap()
    }

    fn names() -> Names {
        Names::new(&shipped("qemu-7.2").unwrap().unwrap())
    }

    #[test]
    fn what_one_command_made_is_offered_first_to_its_counterpart() {
        let mut names = names();
        names.learn("chardev-add", Some(&read(r#"{"id":"c0"}"#)), &read("{}"));
        names.learn("netdev_add", Some(&read(r#"{"id":"n0"}"#)), &read("{}"));
        names.learn("object-add", Some(&read(r#"{"id":"o0"}"#)), &read("{}"));
        assert_eq!(names.fitting("chardev-remove", "id")[0], "c0");
        assert_eq!(names.fitting("netdev_del", "id")[0], "n0");
        assert_eq!(names.fitting("object-del", "id")[0], "o0");
    }

    #[test]
    fn a_list_of_names_and_types_is_the_properties_of_what_was_asked_about() {
        let mut names = names();
        let told = read(
            r#"[{"name":"cache","type":"str"},{"name":"rom","type":"OnOffAuto","description":"on/off/auto"}]"#,
        );
        names.learn("device-list-properties", Some(&read(r#"{"typename":"e1000"}"#)), &told);
        assert!(names.is_subject("e1000"));
        assert_eq!(names.properties("e1000").unwrap()[1].choices, ["on", "off", "auto"]);
        assert_eq!(names.fitting("device_add", "driver")[0], "e1000");
        names.learn("query-x", Some(&read(r#"{"typename":"other"}"#)), &read(r#"[{"name":"a"}]"#));
        assert!(!names.is_subject("other"), "without types it is no list of properties");
    }

    #[test]
    fn a_path_teaches_the_way_to_it_and_its_children() {
        let mut names = names();
        names.learn("query-cpus-fast", None, &read(r#"[{"qom-path":"/machine/cpu[0]"}]"#));
        let paths = names.fitting("qom-list", "path");
        assert!(paths.contains(&"/machine") && paths.contains(&"/"), "{paths:?}");
        let told = read(r#"[{"name":"peripheral","type":"child<container>"}]"#);
        names.learn("qom-list", Some(&read(r#"{"path":"/machine"}"#)), &told);
        assert!(names.fitting("qom-list", "path").contains(&"/machine/peripheral"));
    }

    #[test]
    fn only_what_was_settled_outlasts_a_peer() {
        let mut names = names();
        names.learn("object-add", Some(&read(r#"{"id":"old"}"#)), &read("{}"));
        names.settle();
        names.learn("object-add", Some(&read(r#"{"id":"new"}"#)), &read("{}"));
        assert_eq!(names.fitting("object-del", "id").len(), 2);
        names.forget();
        assert_eq!(names.fitting("object-del", "id"), ["old"]);
        names.learn("object-add", Some(&read(r#"{"id":"new"}"#)), &read("{}"));
        assert_eq!(names.fitting("object-del", "id").len(), 2, "it can be learned again");
    }

    #[test]
    fn a_reply_of_any_size_or_depth_is_looked_at_in_part() {
        let deep = (0..100_000).fold(Value::string("x"), |inner, _| Value::Array(vec![inner]));
        let mut names = names();
        names.learn("query-name", None, &deep);
        assert!(names.is_empty());
        // Dropping so deep a value by recursion is not what is tested.
        std::mem::forget(deep);
    }
}
