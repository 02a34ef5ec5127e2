//! The header: `key: value` lines above the conversation.

use crate::error::{Problem, Suggestion};
use crate::model::{Header, KnownDefect, Session};
use qmprobe_wire::{Dialect, VersionRange};

/// Every key, and what its value is called where it can be wrong.
pub(crate) const KEYS: &[&str] = &[
    "rule",
    "dialect",
    "versions",
    "needs",
    "peer",
    "arguments",
    "monitors",
    "session",
    "events",
    "desc",
    "unjudged",
    "known-defect",
];

/// The kinds of peer that a scenario may be for.
const PEERS: &[&str] = &["qemu", "storage-daemon", "guest-agent", "other", "reference"];
const VERSIONS: &str = "range of versions: write `7.2`, `5.2-11.1`, `>=6.0` or `<=10.0`";

/// What is wrong with a value, and what to write instead.
pub(crate) type Refused = (Problem, Option<Suggestion>);

/// Takes one header line in. `rules` are the slugs there are; empty when they are not known.
pub(crate) fn take(header: &mut Header, key: &str, value: &str, rules: &[&str]) -> Result<(), Refused> {
    match key {
        "rule" => {
            header.rules = words(
                value,
                "rule",
                |word| rules.is_empty() || rules.contains(&word),
                |word| Some(Suggestion::named(word, rules.iter().copied())),
            )?
        }
        "dialect" => {
            header.dialect = *one_of(value, "dialect", &[("qmp", Dialect::Qmp), ("qga", Dialect::Qga)])?;
        }
        "versions" => header.versions = versions(value)?,
        "needs" => header.needs = words(value, "command", is_name, |_| None)?,
        "peer" => {
            header.peers = words(
                value,
                "kind of peer",
                |word| PEERS.contains(&word),
                |word| Some(Suggestion::alike(word, PEERS)),
            )?
        }
        "arguments" => header.arguments = arguments(value)?,
        "monitors" => header.monitors = words(value, "name of a client", is_client, |_| None)?,
        "session" => {
            let sessions =
                [("negotiated", Session::Negotiated), ("oob", Session::Oob), ("fresh", Session::Fresh)];
            header.session = *one_of(value, "session", &sessions)?;
        }
        "events" => {
            header.exact_events = *one_of(value, "way with events", &[("any", false), ("exact", true)])?
        }
        "desc" => header.compare_desc = *one_of(value, "way with desc", &[("any", false), ("exact", true)])?,
        "unjudged" => header.unjudged = Some(reason(value)?),
        "known-defect" => {
            let (range, why) = value.split_once(' ').unwrap_or((value, ""));
            header.known_defect = Some(KnownDefect { versions: versions(range)?, reason: reason(why)? });
        }
        _ => {
            let problem = Problem::Key { key: key.to_owned() };
            return Err((problem, Some(Suggestion::alike(key, KEYS))));
        }
    }
    Ok(())
}

/// A name that a client may have.
pub(crate) fn is_client(word: &str) -> bool {
    is_name(word)
        && word.len() <= 16
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_name(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !word.is_empty() && word.bytes().all(plain)
}

fn reason(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    match text.is_empty() {
        true => {
            Err((Problem::Value { value: String::new(), what: "reason" }, Some(Suggestion::Words("say why"))))
        }
        false => Ok(text.to_owned()),
    }
}

fn versions(text: &str) -> Result<VersionRange, Refused> {
    let wrong = || (Problem::Value { value: text.to_owned(), what: VERSIONS }, None);
    VersionRange::parse(text).ok_or_else(wrong)
}

fn one_of<'t, T>(value: &str, what: &'static str, table: &'t [(&'static str, T)]) -> Result<&'t T, Refused> {
    let found = table.iter().find(|(word, _)| *word == value);
    found.map(|(_, meaning)| meaning).ok_or_else(|| {
        let known = table.iter().map(|(word, _)| *word).collect();
        let hint = Suggestion::OneOf { given: value.to_owned(), known };
        (Problem::Value { value: value.to_owned(), what }, Some(hint))
    })
}

/// Words apart by commas or spaces.
fn words(
    value: &str,
    what: &'static str,
    is_good: impl Fn(&str) -> bool,
    hint: impl Fn(&str) -> Option<Suggestion>,
) -> Result<Vec<String>, Refused> {
    let words = value.split([',', ' ']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let bad = words.iter().copied().find(|word| !is_good(word)).or(words.is_empty().then_some(""));
    match bad {
        Some(word) => Err((Problem::Value { value: word.to_owned(), what }, hint(word))),
        None => Ok(words.into_iter().map(str::to_owned).collect()),
    }
}

/// Words as a shell cuts them, single quotes keeping together what has spaces.
fn arguments(value: &str) -> Result<Vec<String>, Refused> {
    let mut words = Vec::new();
    let mut word = None;
    let mut quoted = false;
    for c in value.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_with(String::new);
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_with(String::new).push(c),
        }
    }
    if quoted {
        let what = "list of arguments: a single quote is open";
        return Err((Problem::Value { value: value.to_owned(), what }, None));
    }
    words.extend(word);
    Ok(words)
}

/// The value of `arguments:` that gives these words.
pub(crate) fn argument_line(words: &[String]) -> String {
    let word = |word: &String| match word.contains(' ') || word.is_empty() {
        true => format!("'{word}'"),
        false => word.clone(),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}
