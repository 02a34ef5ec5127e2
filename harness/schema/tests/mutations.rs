//! Damaged documents of every kind: the loaders end soon, do not panic, and point into the text.
//! `QMPROBE_FUZZ_SECONDS` makes it go on for longer, from another seed each time.

mod versions;

use qmprobe_schema::{Provenance, SourceOptions, to_own};
use qmprobe_schema::{from_source, load_text, scrape, shipped, shipped_names};
use std::path::Path;
use std::time::{Duration, Instant};
use versions::Documents;

/// Mutants in an ordinary run.
const MUTANTS: u64 = 4000;
/// The longest that one mutant may take, on a busy machine.
const SLOWEST: Duration = Duration::from_secs(1);

const ERAS: &[&str] =
    &["1.1", "1.5", "1.7", "2.3", "2.4", "2.12", "4.1", "5.2", "6.1", "7.2", "8.1", "9.0", "11.1"];

/// Something of everything that the language has.
const SOURCE: &str = r"##
# = Lamps
##
{ 'pragma': { 'doc-required': false, 'member-name-exceptions': [ 'Lamp' ] } }
{ 'include': 'other.json' }

##
# @Lamp:
#
# @watts: power
#     of it
#
# Features:
# @dim: may be dimmed
#
# Since: 1.0
##
{ 'struct': 'Lamp', 'base': 'Thing',
  'data': { 'watts': 'uint8', '*name': { 'type': 'str', 'if': 'CONFIG_NAMES', 'features': [ 'deprecated' ] } },
  'features': [ 'dim', { 'name': 'odd', 'if': { 'not': 'CONFIG_ODD' } } ] }
{ 'enum': 'Colour', 'data': [ 'red', { 'name': 'green', 'if': { 'any': [ 'A', 'B' ] } } ], 'prefix': 'C' }
{ 'union': 'Light', 'base': { 'colour': 'Colour', '*on': 'bool' }, 'discriminator': 'colour',
  'data': { 'red': 'Lamp', 'green': { 'type': 'Empty', 'if': 'A' } } }
{ 'alternate': 'Ref', 'data': { 'name': 'str', 'lamp': 'Lamp', 'none': 'null' } }
{ 'type': 'Old', 'data': { 'in': { 'a': 'int', 'b': [ 'str' ] } } }
{ 'union': 'Simple', 'data': { 'a': 'Lamp', 'b': [ 'int' ] } }
{ 'command': 'set-light', 'data': 'Light', 'boxed': true, 'returns': [ 'Ref' ], 'allow-oob': true,
  'success-response': false, 'gen': false, 'allow-preconfig': true, 'if': { 'all': [ 'A', 'B' ] } }
{ 'command': 'old' 'data': { 'x': '**' }, 'gen': 'no', }
{ 'event': 'LIT', 'data': { 'by': 'Ref', 'at': 'size' }, 'if': 'defined(A) && (!defined(B) || defined(C))' }
";
const OTHER: &str = "{ 'struct': 'Thing', 'data': { '*id': 'str' } }\n{ 'struct': 'Empty', 'data': { } }\n";

/// Pieces that mutants get.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "'",
    "\"",
    "#",
    "##\n",
    "\n",
    "\\",
    "\\u00e9",
    "\u{e9}",
    "\u{a0}",
    "\u{feff}",
    "\0",
    "true",
    "false",
    "null",
    "''",
    "'*'",
    "'**'",
    "'Lamp'",
    "'Light'",
    "'base'",
    "'if'",
    "'data'",
    "'features'",
    "'discriminator'",
    "'type'",
    "'union'",
    "{ 'include': 'x.json' }\n",
    "# @x: y\n",
    "# Returns:\n",
    "1\n2\n3\n4\n",
    "[[[[[[[[",
    "{'a':{'a':{'a':",
    "{ 'not': ",
    "1e999",
    "-1",
    "\"~\"",
    "[Lamp]",
];

/// A generator of numbers (xorshift), the same for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// The text with one to four changes: pieces put in, taken out, doubled or moved.
fn mutant(text: &str, numbers: &mut Numbers) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(text.len() + 1);
        let end = (at + 1 + numbers.below(40)).min(text.len());
        match numbers.below(6) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..at, PIECES[numbers.below(PIECES.len())].chars())),
            2 => drop(text.splice(at..end.min(at + 1), PIECES[numbers.below(PIECES.len())].chars())),
            3 => {
                let copy = text[at..end].to_vec();
                let times = 1 + numbers.below(3) * numbers.below(60);
                text.splice(at..at, copy.iter().copied().cycle().take(copy.len() * times));
            }
            4 => {
                let cut: Vec<char> = text.drain(at..end).collect();
                let to = numbers.below(text.len() + 1);
                text.splice(to..to, cut);
            }
            _ => text.truncate(at),
        }
    }
    text.into_iter().collect()
}

fn load_source(text: &str, era: Option<&str>, ignore_docs: bool, partial: bool) {
    let era = era.map(|era| era.parse().expect("a version"));
    let documents = [("x.json", text), ("other.json", OTHER)];
    let options = SourceOptions { era, partial, ignore_docs };
    let Err(errors) = from_source(Path::new("x.json"), &Documents(&documents), &options) else { return };
    let lines = text.lines().count() + 1;
    assert!(errors.iter().len() > 0, "refused without a word: {text}");
    for error in errors.iter() {
        assert!(error.line >= 1 && error.line <= lines && error.column >= 1, "{error}\n{text}");
    }
    assert!(!errors.render(false).is_empty());
}

/// One mutant through one of the loaders.
fn load(seed: u64, own: &[String]) {
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    match numbers.below(8) {
        0 => {
            let text = mutant(&own[numbers.below(own.len())], &mut numbers);
            let _ = load_text(&text, "x.json");
        }
        1 => {
            let undone = scrape::undo(&mutant(SOURCE, &mut numbers));
            load_source(&undone.text, None, true, true);
        }
        2 => load_source(&mutant(SOURCE, &mut numbers), None, false, false),
        _ => {
            let era = ERAS[numbers.below(ERAS.len())];
            let (ignore_docs, partial) = (numbers.below(2) == 0, numbers.below(4) == 0);
            load_source(&mutant(SOURCE, &mut numbers), Some(era), ignore_docs, partial);
        }
    }
}

#[test]
fn damaged_documents_are_refused_soon_and_in_place() {
    let small = shipped_names().filter(|name| name.starts_with("era/"));
    let own: Vec<String> = small
        .map(|name| to_own(&shipped(name).expect("listed").expect(name), &Provenance::default()))
        .filter(|text| text.len() < 8000)
        .collect();
    let seconds = std::env::var("QMPROBE_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let first = if until.is_some() { u64::from(std::process::id()) << 32 } else { 0 };
    for seed in first.. {
        let begun = Instant::now();
        if until.map_or(seed == MUTANTS, |until| begun >= until) {
            break;
        }
        load(seed, &own);
        assert!(begun.elapsed() < SLOWEST, "seed {seed} took {:?}", begun.elapsed());
    }
}
