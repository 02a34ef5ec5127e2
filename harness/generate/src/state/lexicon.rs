//! The words that names are made of, and how much two names have in common. A word that many names have says
//! little about any of them.

use qmprobe_schema::{Schema, TypeKind};
use std::collections::HashMap;

/// Letters that each half of a run-together word must have: `typename`, `chardev`.
const HALF_MIN: usize = 3;
/// How many names a word may be in before it counts half.
const COMMON: f32 = 16.0;

/// The words of one schema's names, with their weights.
#[derive(Debug)]
pub(super) struct Lexicon {
    words: HashMap<String, Word>,
}

/// A word by its number, so that words compare at once.
#[derive(Clone, Copy, Debug)]
struct Word {
    number: u32,
    names: u32,
}

/// The words of one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words(Vec<(u32, f32)>);

impl Words {
    /// The weight of what both have.
    pub fn common(&self, other: &Words) -> f32 {
        let shared = self.0.iter().filter(|(word, _)| other.0.iter().any(|(theirs, _)| word == theirs));
        shared.map(|(_, weight)| weight).sum()
    }
}

impl Lexicon {
    pub fn new(schema: &Schema) -> Lexicon {
        let mut lexicon = Lexicon { words: HashMap::new() };
        let commands = schema.commands.iter().map(|command| command.name.as_str());
        let objects = schema.types.iter().filter_map(|ty| match &ty.kind {
            TypeKind::Object(object) => Some(object),
            _ => None,
        });
        let members = objects.flat_map(|object| object.members.iter().map(|member| member.name.as_str()));
        for name in commands.chain(members) {
            for word in split(name) {
                let number = lexicon.words.len() as u32;
                lexicon.words.entry(word).or_insert(Word { number, names: 0 }).names += 1;
            }
        }
        lexicon
    }

    /// The words of a name, as far as the schema has them; those that it is run together of as well.
    pub fn words(&self, name: &str) -> Words {
        let mut found = Words::default();
        for word in split(name) {
            let halves = (HALF_MIN..=word.len().saturating_sub(HALF_MIN)).filter_map(|at| {
                let (front, back) = (word.get(..at)?, word.get(at..)?);
                let both = self.words.contains_key(front) && self.words.contains_key(back);
                both.then_some([front, back])
            });
            for part in halves.flatten().chain([word.as_str()]) {
                let Some(known) = self.words.get(part) else { continue };
                let weight = COMMON / (COMMON + known.names as f32);
                if found.0.iter().all(|(number, _)| *number != known.number) {
                    found.0.push((known.number, weight));
                }
            }
        }
        found
    }
}

/// The words between hyphens, in the singular.
fn split(name: &str) -> impl Iterator<Item = String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(|part| {
        let part = part.to_ascii_lowercase();
        match (part.strip_suffix("ies"), part.strip_suffix('s')) {
            (Some(stem), _) if stem.len() >= HALF_MIN => format!("{stem}y"),
            (_, Some(stem)) if stem.len() >= HALF_MIN && !stem.ends_with('s') => stem.to_owned(),
            _ => part,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_schema::shipped;

    fn common(one: &str, other: &str) -> f32 {
        let schema = shipped("qemu-7.2").unwrap().unwrap();
        let lexicon = Lexicon::new(&schema);
        lexicon.words(one).common(&lexicon.words(other))
    }

    #[test]
    fn names_that_share_a_rare_word_have_more_in_common() {
        assert!(common("node-name", "snapshot-node-name") > common("node-name", "filename"));
        assert!(
            common("block-dirty-bitmap-add", "block-dirty-bitmap-merge")
                > common("block-dirty-bitmap-add", "set_link")
        );
    }

    #[test]
    fn run_together_and_plural_words_are_taken_apart() {
        assert!(common("typename", "qom-list-types") > 0.0);
        assert!(common("property", "qom-list-properties") > 0.0);
        assert_eq!(common("property", "bus"), 0.0);
    }
}
