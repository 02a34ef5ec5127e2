//! The released QEMU, storage daemon and guest agent, where they are installed: what is found of them is known.
#![allow(clippy::print_stderr, reason = "a test that did not run says so")]

mod stage;

use qmprobe_engine::event::Event;
use qmprobe_target::{Channel, PeerSpec};
use stage::{Over, run};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Rules whose cases are few and concern the session, not a command.
const SESSION_RULES: &[&str] = &[
    "greeting-shape",
    "negotiation-gate",
    "negotiation-once",
    "negotiation-per-connection",
    "envelope-members",
    "reply-id-echo",
    "reply-order",
    "json-error-answered",
    "json-error-no-id",
    "output-strict-json",
    "one-reply",
    "peer-survives",
];

/// The program's path; `None`, said aloud, where it is not installed.
fn installed(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = places.map(|place| place.join(program)).find(|path| path.is_file());
    if found.is_none() {
        assert_ne!(env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no {program}");
        eprintln!("not run: there is no {program}");
    }
    found
}

/// A program of a test's own. Another writes it: what we wrote could not be run while a process that some test forks
/// still has it open.
fn program(place: &Path, code: &[u8]) -> PathBuf {
    let (written, path) = (place.join("written"), place.join("program"));
    fs::write(&written, code).expect("it is written");
    let installed = Command::new("install").args([&written, &path]).status().expect("coreutils");
    assert!(installed.success());
    path
}

fn nothing_new(over: &Over) {
    let new = over.findings().into_iter().filter(|finding| finding.waived.is_none());
    let new: Vec<String> = new.map(|finding| format!("{}: {}", finding.rule, finding.case.name)).collect();
    assert_eq!(new, Vec::<String>::new());
    assert!(over.summary.complete, "{:?}", over.summary.cut);
}

#[test]
fn qemus_sessions_break_no_rule_but_known_ones() {
    let Some(binary) = installed("qemu-system-x86_64") else { return };
    let over = run(&PeerSpec::Qemu { binary, extra: Vec::new() }, |options| {
        options.strict = false;
        options.max_cases = Some(250);
    });
    let new: Vec<&str> = over
        .findings()
        .iter()
        .filter(|finding| finding.waived.is_none())
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(new, Vec::<&str>::new());
    assert!(over.summary.waived > 0, "the id 1e400 comes back as inf");
    assert!(over.summary.rules.len() >= SESSION_RULES.len());
}

#[test]
fn a_crash_of_qemu_is_found_made_small_and_reproduced() {
    let Some(binary) = installed("qemu-system-x86_64") else { return };
    let over = run(&PeerSpec::Qemu { binary, extra: Vec::new() }, |options| {
        options.rules = vec!["peer-survives".to_owned()];
        let mut schema = (*stage::schema_of(&options.peer)).clone();
        schema.commands.retain(|command| command.name == "object-add" || command.name == "quit");
        options.schema = Some(schema.into());
    });
    let findings = over.findings();
    // What ends it besides is one of the streams that are run last.
    let is_stream =
        |finding: &qmprobe_engine::Finding| finding.case.aim.as_deref() == Some("stream-predicted");
    let mut others = findings.iter().filter(|finding| !is_stream(finding));
    assert!(others.all(|finding| finding.command.as_deref() == Some("object-add")));
    for finding in findings.iter().filter(|finding| finding.waived.is_none()) {
        assert_eq!(finding.reproduced, 3, "{}", finding.case.name);
        assert!(finding.by_hand.contains("socat"));
    }
    let restarts = over.events.iter().filter(|event| matches!(event, Event::PeerRestarted { .. })).count();
    assert!(restarts >= 1, "quit ends it, as it should");
}

#[test]
fn what_a_full_queue_and_a_client_that_leaves_do_to_qemu_is_found_and_known() {
    let Some(binary) = installed("qemu-system-x86_64") else { return };
    let over = run(&PeerSpec::Qemu { binary, extra: Vec::new() }, |options| {
        options.strict = false;
        let mut schema = (*stage::schema_of(&options.peer)).clone();
        let is_kept = |name: &str| name.starts_with("query-") || name == "qom-list-types";
        schema.commands.retain(|command| is_kept(&command.name) || command.name == "qmp_capabilities");
        options.schema = Some(schema.into());
    });
    let findings = over.findings();
    let full = findings.iter().find(|finding| finding.stderr_tail.contains("QMP_REQ_QUEUE_LEN_MAX"));
    assert!(full.is_some_and(|finding| finding.waived.is_some()), "{findings:#?}");
    let left = findings.iter().find(|finding| finding.rule == "no-foreign-reply");
    assert!(left.is_some_and(|finding| finding.waived.is_some()), "{:?}", over.rules());
}

#[test]
fn a_peer_of_ours_that_takes_too_much_memory_is_started_anew() {
    let Some(binary) = installed("qemu-system-x86_64") else { return };
    let over = run(&PeerSpec::Qemu { binary, extra: Vec::new() }, |options| {
        options.limits.peer_rss_mib_max = 1;
        options.max_cases = Some(60);
    });
    let reason = over.events.iter().find_map(|event| match event {
        Event::PeerRestarted { reason } => Some(reason.as_str()),
        _ => None,
    });
    assert!(reason.is_some_and(|reason| reason.contains("MiB resident, 1 are allowed")), "{reason:?}");
    assert_eq!(over.summary.peer_starts, 2);
}

#[test]
fn the_storage_daemons_sessions_break_no_rule_but_known_ones() {
    let Some(binary) = installed("qemu-storage-daemon") else { return };
    let over = run(&PeerSpec::StorageDaemon { binary, extra: Vec::new() }, |options| {
        options.strict = false;
        options.rules = SESSION_RULES.iter().map(|rule| (*rule).to_owned()).collect();
        options.max_cases = Some(250);
    });
    assert!(over.findings().iter().all(|finding| finding.waived.is_some()), "{:?}", over.rules());
}

#[test]
fn the_guest_agent_breaks_no_rule_but_known_ones() {
    let Some(binary) = installed("qemu-ga") else { return };
    let over =
        run(&PeerSpec::GuestAgent { binary, extra: Vec::new(), channel: Channel::UnixListen }, |options| {
            options.strict = false
        });
    nothing_new(&over);
    let skipped = &over.summary.commands_skipped;
    let reason = skipped.get("guest-suspend-ram").map(String::as_str);
    assert!(matches!(reason, Some("not sandboxed" | "dangerous: needs the guest sandbox")), "{reason:?}");
    // Where nothing could stand in for the system's shutdown, a reason says so.
    let reason = skipped.get("guest-shutdown").map(String::as_str);
    assert!(reason.is_none_or(|why| why == "not sandboxed" || why.starts_with("dangerous")), "{reason:?}");
    let (exercised, declared) = (over.summary.commands_exercised, over.summary.commands_declared);
    assert!(exercised > 5 && exercised + skipped.len() as u64 <= declared, "{exercised} of {declared}");
}

#[test]
fn an_agent_that_takes_no_notice_of_its_settings_is_found() {
    let Some(real) = installed("qemu-ga") else { return };
    let place = tempfile::tempdir().expect("a directory");
    // It drops `-b` with what follows, and the file that a freeze leaves.
    let script = format!(
        "#!/bin/sh\nleft=$#\nwhile [ $left -gt 0 ]; do\n  if [ \"$1\" = -b ]; then shift; left=$((left - 1))\n  \
         else set -- \"$@\" \"$1\"; fi\n  shift; left=$((left - 1))\ndone\nrm -f qga.state.isfrozen\n\
         exec {} \"$@\"\n",
        real.display()
    );
    let binary = program(place.path(), script.as_bytes());
    let agent = PeerSpec::GuestAgent { binary, extra: Vec::new(), channel: Channel::UnixListen };
    let over = run(&agent, |options| options.strict = false);
    let new = over.findings().into_iter().filter(|finding| finding.waived.is_none());
    let kept = over.out.path().join("findings/command-not-found");
    let mut files: Vec<PathBuf> =
        new.filter_map(|finding| finding.file.as_ref()).map(PathBuf::from).collect();
    files.sort();
    let due = ["a-blocked-command-is-not-found.qmp", "a-frozen-agent-runs-only-what-needs-no-disk.qmp"];
    assert_eq!(files, due.map(|name| kept.join(name)));
    assert!(files.iter().all(|file| file.is_file()));
}

#[test]
fn an_agent_that_is_not_qemus_is_held_to_the_settings_that_it_heeds() {
    let Some(real) = installed("qemu-ga") else { return };
    let mut code = fs::read(real).expect("it can be read");
    // Nothing tells its origin any more, and it does not find the file of a freeze.
    for (old, new) in [("qobject/", "another/"), ("qga.state.isfrozen", "qga.state.isforgot")] {
        let places: Vec<_> = memchr::memmem::find_iter(&code, old).collect();
        assert!(!places.is_empty(), "{old}");
        places.iter().for_each(|at| code[*at..at + old.len()].copy_from_slice(new.as_bytes()));
    }
    let place = tempfile::tempdir().expect("a directory");
    let binary = program(place.path(), &code);
    let agent = PeerSpec::GuestAgent { binary, extra: Vec::new(), channel: Channel::UnixListen };
    nothing_new(&run(&agent, |options| options.strict = false));
}

#[test]
fn known_defects_are_known_of_an_agent_whose_guest_info_tells_no_version() {
    let Some(binary) = installed("qemu-ga") else { return };
    let extra = ["-b", "guest-info"].map(str::to_owned).to_vec();
    let over = run(&PeerSpec::GuestAgent { binary, extra, channel: Channel::UnixListen }, |options| {
        options.strict = false;
        options.rules = ["agent-outlives-client", "basic-commands"].map(str::to_owned).to_vec();
    });
    let mut told: Vec<_> =
        over.findings().iter().map(|finding| (finding.rule.clone(), finding.waived.is_some())).collect();
    told.sort();
    assert_eq!(
        told,
        [("agent-outlives-client", true), ("basic-commands", false)]
            .map(|(rule, waived)| (rule.to_owned(), waived))
    );
}

#[test]
fn any_bytes_are_answered_as_predicted() {
    let extra = Vec::new;
    let peers = [
        installed("qemu-system-x86_64").map(|binary| PeerSpec::Qemu { binary, extra: extra() }),
        installed("qemu-storage-daemon").map(|binary| PeerSpec::StorageDaemon { binary, extra: extra() }),
        installed("qemu-ga").map(|binary| PeerSpec::GuestAgent {
            binary,
            extra: extra(),
            channel: Channel::UnixListen,
        }),
    ];
    for peer in peers.iter().flatten() {
        let over = run(peer, |options| {
            options.rules = vec!["stream-predicted".to_owned()];
            options.max_cases = Some(300);
        });
        nothing_new(&over);
        assert_eq!(over.summary.judged, 300);
    }
}
