//! A campaign that counts the edges of its peer's program comes upon what one that only listens does not.
#![allow(clippy::print_stderr, clippy::expect_used, reason = "a test that did not run says so")]

use qmprobe_engine::event::{Event, Finding, Round};
use qmprobe_engine::fuzz::shard::Shard;
use qmprobe_engine::fuzz::{OUT_BYTES_MAX, Options, run};
use qmprobe_engine::{campaign, safety::Class};
use qmprobe_schema::from_introspection;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the server declares.
const DECLARED: &str = r#"[
    {"name": "qmp_capabilities", "meta-type": "command", "arg-type": "0", "ret-type": "1"},
    {"name": "query-version", "meta-type": "command", "arg-type": "1", "ret-type": "any"},
    {"name": "tune", "meta-type": "command", "arg-type": "4", "ret-type": "1"},
    {"name": "0", "meta-type": "object", "members": [{"name": "enable", "type": "2", "default": null}]},
    {"name": "1", "meta-type": "object", "members": []},
    {"name": "2", "meta-type": "array", "element-type": "3"},
    {"name": "3", "meta-type": "enum", "values": ["oob"]},
    {"name": "4", "meta-type": "object", "members": [
        {"name": "gain", "type": "int"}, {"name": "offset", "type": "int"},
        {"name": "label", "type": "str"}, {"name": "level", "type": "int"}]},
    {"name": "int", "meta-type": "builtin", "json-type": "int"},
    {"name": "str", "meta-type": "builtin", "json-type": "string"},
    {"name": "any", "meta-type": "builtin", "json-type": "value"}
]"#;

/// Cases that either campaign has: when the guided one comes upon it depends on the machine, mostly before the 70,000th.
const CASES: u64 = 200_000;
/// Edges of a map, as AFL++ has them when nobody says.
const EDGES: usize = 1 << 16;

/// The server, built so that it counts its edges; `None` where there is no such compiler.
fn server(place: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/afl/monitor.c");
    let program = place.join("monitor");
    let mut command = Command::new("afl-cc");
    command.env("AFL_QUIET", "1").args(["-O1", "-w", "-o"]).arg(&program).arg(source);
    let built = command.output().ok()?;
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Some(program)
}

/// The crashes that a campaign found, and its last round.
fn campaign(program: &Path, out: &Path, coverage: Option<usize>) -> (Vec<Finding>, Round) {
    let schema = from_introspection(DECLARED, "the test").expect("a schema");
    let command = format!("{} {{socket}}", program.display());
    let options = Options {
        run: campaign::Options {
            peer: PeerSpec::Spawn { command, dialect: Dialect::Qmp },
            peer_name: None,
            schema: Some(schema.into()),
            allow: Class::Destroying,
            rules: vec!["peer-survives".to_owned()],
            seed: 1,
            time: None,
            out: out.to_owned(),
            waivers: Vec::new(),
            strict: true,
            limits: Limits { step_ms_max: 3_000, ..Limits::default() },
            max_cases: Some(CASES),
        },
        resume: false,
        out_bytes_max: OUT_BYTES_MAX,
        shard: Shard::WHOLE,
        only_systematic: false,
        corpus: None,
        jobs: 1,
        coverage,
    };
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let (mut findings, mut last) = (Vec::new(), Round::default());
    let mut sink = |event: &Event| match event {
        Event::FindingMade(finding) => {
            findings.push((**finding).clone());
            stopper.send_replace(true);
        }
        Event::RoundEnded(round) => last = round.clone(),
        _ => {}
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(options, stop, &mut sink)).expect("a campaign");
    (findings, last)
}

#[test]
fn what_lies_behind_four_nested_conditions_falls_to_coverage_and_to_nothing_else() {
    let place = tempfile::tempdir().expect("a directory");
    let Some(program) = server(place.path()) else {
        assert_ne!(std::env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no afl-cc");
        return eprintln!("not run: there is no afl-cc");
    };
    let (found, last) = campaign(&program, &place.path().join("guided"), Some(EDGES));
    assert!(last.edges > 30, "{} edges: the peer counts them", last.edges);
    let [crash] = found.as_slice() else { panic!("one crash: {found:?}") };
    assert_eq!((crash.class.as_str(), crash.command.as_deref()), ("SIGABRT", Some("tune")));
    assert_eq!((crash.reproduced, crash.tries, crash.case.steps.len()), (5, 5, 1));
    let (missed, last) = campaign(&program, &place.path().join("unguided"), None);
    assert!(missed.is_empty() && last.edges == 0, "{missed:?}");
}
