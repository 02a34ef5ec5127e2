//! What the documents say is held to the code: command lines are understood, files exist, waivers are read.
//! What a run prints is held to the README by `tests/documents.rs`.

use crate::args::Args;
use clap::Parser;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "schemas/README.md",
    "corpora/README.md",
    "scenarios/README.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The documents that there are, with their names.
fn documents() -> Vec<(&'static str, String)> {
    let read = |name: &&'static str| Some((*name, fs::read_to_string(root().join(name)).ok()?));
    DOCUMENTS.iter().filter_map(read).collect()
}

/// The lines within fences that are marked with `language`.
fn fenced<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(marked) => inside = !inside && marked == language,
            None if inside => lines.push(line),
            None => {}
        }
    }
    lines
}

/// The words of a shell's line, up to a comment; single quotes hold together what they enclose.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for symbol in line.chars() {
        match symbol {
            '\'' => quoted = !quoted,
            '#' if !quoted => break,
            ' ' if !quoted => words.push(String::new()),
            _ => words.iter_mut().last().into_iter().for_each(|word| word.push(symbol)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The arguments of every line in the documents that runs the tool.
fn command_lines() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (name, text) in documents() {
        for line in fenced(&text, "console") {
            let Some(line) = line.strip_prefix("$ ") else { continue };
            let ours = ["qmprobe ", "cargo run --release -- "].iter().find_map(|how| line.strip_prefix(how));
            found.extend(ours.map(|arguments| (format!("{name}: {line}"), words(arguments))));
        }
    }
    found
}

#[test]
fn every_command_line_in_the_documents_is_understood() {
    let lines = command_lines();
    assert!(lines.len() >= 10, "the documents show how to use the tool");
    for (place, arguments) in lines {
        let parsed = Args::try_parse_from(["qmprobe".to_owned()].into_iter().chain(arguments));
        assert!(parsed.is_ok(), "{place}\n{}", parsed.unwrap_err());
    }
}

#[test]
fn every_waiver_in_the_documents_is_one() {
    let texts: Vec<String> = documents()
        .iter()
        .map(|(_, text)| fenced(text, "toml").join("\n"))
        .filter(|toml| !toml.is_empty())
        .collect();
    assert!(!texts.is_empty());
    for text in texts {
        let read = qmprobe_engine::waivers::parse(&text, "a document");
        assert!(read.as_ref().is_ok_and(|waivers| !waivers.is_empty()), "{read:?}\n{text}");
    }
}

#[test]
fn every_file_that_the_documents_name_exists() {
    let tops = ["harness/", "schemas/", "corpora/", "scenarios/", ".ci/"];
    let mut seen = 0;
    for (name, text) in documents() {
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = tops.iter().any(|top| quoted.starts_with(top))
                && !quoted.contains(['<', '*', '{', ' ', '\n', '…']);
            if is_path {
                seen += 1;
                assert!(root().join(quoted).exists(), "{name} names {quoted}");
            }
        }
    }
    assert!(seen >= 20, "ARCHITECTURE.md names where things are");
}

#[test]
fn every_rule_that_the_readme_names_exists() {
    for (place, arguments) in command_lines() {
        let after = |flag: &str| {
            let mut pairs = arguments.windows(2).filter(|pair| pair[0] == flag);
            pairs.next().map(|pair| pair[1].clone())
        };
        for rule in after("explain").into_iter().chain(after("--rule")) {
            assert!(qmprobe_check::find(&rule).is_some(), "{place}");
        }
        if let Some(bug) = after("--bug") {
            assert!(qmprobe_reference::find_bug(&bug).is_some(), "{place}");
        }
    }
}
