//! A server that somebody wrote on top of a strict JSON library, of which none has QEMU's extensions: it keeps its word.

use qmprobe_engine::campaign::{Options, run};
use qmprobe_engine::{Event, safety::Class};
use qmprobe_reference::{Bug, Config, Server};
use qmprobe_target::{Address, PeerSpec};
use qmprobe_wire::{Dialect, Limits, Version};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The rules with findings, and what was noted.
fn checked(dialect: Dialect, bugs: Vec<&'static Bug>) -> (BTreeSet<String>, Vec<String>) {
    let name = if dialect == Dialect::Qmp { "qemu-7.2" } else { "qga-10.0" };
    let schema = Arc::new(qmprobe_schema::shipped(name).expect("shipped").expect("well-formed"));
    let config = Config { schema: Arc::clone(&schema), dialect, bugs, version: Version::new(10, 0), seed: 0 };
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let socket = scratch.path().join("socket");
    let options = Options {
        peer: PeerSpec::Connect { address: Address::Unix(socket.clone()), dialect },
        peer_name: None,
        schema: Some(schema),
        allow: Class::Observing,
        rules: Vec::new(),
        seed: 0,
        time: None,
        out: scratch.path().to_owned(),
        waivers: Vec::new(),
        strict: false,
        limits: Limits { step_ms_max: 2_000, greeting_ms_max: 2_000, ..Limits::default() },
        max_cases: None,
    };
    let (mut found, mut notes) = (BTreeSet::new(), Vec::new());
    let mut sink = |event: &Event| match event {
        Event::FindingMade(finding) => drop(found.insert(finding.rule.clone())),
        Event::Noted { text } => notes.push(text.clone()),
        _ => {}
    };
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        tokio::select! {
            biased;
            ended = Server::strict(config).listen(&socket, None) => panic!("the server ended: {ended:?}"),
            ran = run(options, stop, &mut sink) => drop(ran.expect("the server can be tested")),
        }
    });
    (found, notes)
}

#[test]
fn a_strict_json_server_keeps_its_word_and_its_parser_is_noted() {
    // A warning: what JSON leaves open. An agent is sent such things only by corruption, as far as its time goes.
    let warnings = BTreeSet::from(["json-leniency".to_owned()]);
    for dialect in [Dialect::Qmp, Dialect::Qga] {
        let (found, notes) = checked(dialect, Vec::new());
        let due = if dialect == Dialect::Qmp { found == warnings } else { found.is_subset(&warnings) };
        assert!(due, "{dialect:?}: {found:?}");
        assert!(notes.iter().any(|note| note.contains("its parser is not just as QEMU's")), "{notes:?}");
    }
}

#[test]
fn a_strict_json_server_that_breaks_its_word_is_found_out() {
    let bug = qmprobe_reference::find_bug("id-dropped-on-error").expect("a bug");
    let (found, _) = checked(Dialect::Qmp, vec![bug]);
    assert_eq!(found, BTreeSet::from(["json-leniency".to_owned(), bug.rule.to_owned()]));
}
