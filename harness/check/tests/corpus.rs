//! The model of QEMU's parser and dispatcher against what real peers answered to every input of the corpus.

use qmprobe_check::Accepted;
use qmprobe_check::stream::{Peer, Predicted, predict_stream};
use qmprobe_schema::shipped;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::parse::parse;
use qmprobe_wire::{Dialect, SessionState, Value, Version};
use std::fs;
use std::path::{Path, PathBuf};

const NESTING: usize = 1024;

/// One reply: class (none for a return), id, sentinel.
#[derive(Debug, PartialEq)]
struct Reply {
    class: Option<String>,
    id: Option<Value>,
    sentinel: bool,
}

fn entries() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/wire");
    let verdicts = ["accept", "reject", "either"].map(|verdict| root.join(verdict));
    let files = verdicts.iter().flat_map(|dir| fs::read_dir(dir).expect("a directory"));
    let mut inputs: Vec<PathBuf> = files.map(|file| file.expect("an entry").path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|extension| extension == "bin"));
    inputs.sort();
    inputs
}

/// The sections of a file of replies: what peer, and its replies.
fn recorded(path: &Path) -> Vec<(String, Vec<Reply>)> {
    let text = fs::read_to_string(path.with_extension("replies")).expect("replies beside the input");
    let mut sections: Vec<(String, Vec<Reply>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("# "), sections.last_mut()) {
            (Some(peer), _) => sections.push((peer.to_owned(), Vec::new())),
            (None, Some((_, replies))) => replies.push(reply(line)),
            (None, None) => panic!("{}: a reply before any section", path.display()),
        }
    }
    sections
}

fn reply(line: &str) -> Reply {
    let value = parse(line.as_bytes(), NESTING).value.expect("a line of JSON");
    let class = value.get("class").and_then(Value::as_str).map(str::to_owned);
    assert_eq!(value.get("kind").and_then(Value::as_str) == Some("error"), class.is_some(), "{line}");
    Reply { class, id: value.get("id").cloned(), sentinel: value.get("sentinel").is_some() }
}

fn replies(dialect: Dialect, version: Version, input: &[u8]) -> Vec<Reply> {
    let (name, last) = match dialect {
        Dialect::Qmp => ("qemu-7.2", "query-name"),
        Dialect::Qga => ("qga-7.2", "guest-ping"),
    };
    let schema = shipped(name).expect("shipped").expect("well-formed");
    let tail = format!("{{\"execute\":\"{last}\",\"id\":\"end\"}}\n");
    let stream = [input, b"\n\xff\n", tail.as_bytes()].concat();
    let peer = Peer { schema: &schema, version: Some(version), model: Model::of(Some(version)) };
    let predicted = predict_stream(&peer, SessionState::command_mode(dialect), &stream);
    predicted.iter().map(replied).collect()
}

fn replied(one: &Predicted) -> Reply {
    let expectation = &one.expectation;
    let class = match expectation.accepted {
        Accepted::RETURN => None,
        Accepted::GENERIC => Some("GenericError".to_owned()),
        Accepted::NOT_FOUND => Some("CommandNotFound".to_owned()),
        other => panic!("{} is not certain", other.describe().join(", ")),
    };
    let sentinel = class.is_none() && expectation.command.as_deref() == Some("guest-sync-delimited");
    Reply { class, id: expectation.id.clone(), sentinel }
}

#[test]
fn the_model_gives_every_reply_that_real_peers_gave() {
    let entries = entries();
    assert!(entries.len() >= 250, "{} entries", entries.len());
    for path in &entries {
        let input = fs::read(path).expect("the input");
        let sections = recorded(path);
        let section = |peer: &str| sections.iter().find(|(name, _)| name == peer).map(|(_, replies)| replies);
        for (dialect, name) in [(Dialect::Qmp, "qmp"), (Dialect::Qga, "qga")] {
            let older = section(&format!("{name} 7.2")).expect("a section for 7.2");
            let newer = section(&format!("{name} 11.1")).unwrap_or(older);
            for (version, expected) in [(Version::new(7, 2), older), (Version::new(11, 1), newer)] {
                let made = replies(dialect, version, &input);
                assert!(made == *expected, "{} to {name} {version}: {made:?}", path.display());
            }
        }
    }
}

#[test]
fn an_entry_lies_where_its_verdict_says() {
    for path in entries() {
        let mut outcomes = Vec::new();
        let mut automaton = Automaton::new(Model::V3_1);
        automaton.feed(&fs::read(&path).expect("the input"), &mut outcomes);
        let refused = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Error { .. }));
        let recorded = recorded(&path);
        let errors = |(_, replies): &(String, Vec<Reply>)| replies.iter().any(|reply| reply.class.is_some());
        match path.parent().and_then(Path::file_name).and_then(|verdict| verdict.to_str()) {
            Some("accept") => assert!(!refused && !automaton.pending(), "{}", path.display()),
            Some("reject") => assert!(recorded.iter().all(errors), "{}", path.display()),
            _ => {}
        }
    }
}
