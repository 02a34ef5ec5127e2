//! Getting back in step with the released guest agents, where they are installed, and with one that cannot.
#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "a test that did not run says so")]

mod stage;

use qmprobe_engine::event::{Event, RecoveryBucket};
use qmprobe_target::{Channel, PeerSpec};
use stage::{Over, run};
use std::env;
use std::path::PathBuf;

/// Versions that may be installed side by side, as `$PEERS/bin/qemu-ga-VERSION`.
const VERSIONS: [&str; 4] = ["5.2", "7.2", "10.0", "11.1"];

fn agents() -> Vec<PathBuf> {
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let peers = env::var_os("PEERS").map_or(home.join(".cache/qemu-peers"), PathBuf::from);
    let kept = VERSIONS.map(|version| peers.join(format!("bin/qemu-ga-{version}")));
    let found: Vec<PathBuf> = kept.into_iter().filter(|path| path.is_file()).collect();
    if found.is_empty() {
        assert_ne!(env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no qemu-ga");
        eprintln!("not run: there is no qemu-ga");
    }
    found
}

fn swept(binary: PathBuf, extra: &[&str]) -> Over {
    let extra = extra.iter().map(|word| (*word).to_owned()).collect();
    run(&PeerSpec::GuestAgent { binary, extra, channel: Channel::UnixListen }, |options| {
        options.rules = vec!["sync-recovers".to_owned()];
    })
}

#[test]
fn every_released_agent_is_recovered_from_whatever_happens_to_its_stream() {
    for binary in agents() {
        let over = swept(binary.clone(), &[]);
        assert!(over.summary.complete, "{binary:?}: {:?}", over.summary.cut);
        assert_eq!(over.rules(), Vec::<&str>::new(), "{binary:?}");
        let places = || over.summary.recovery.iter().flat_map(|row| row.places);
        let sum = |of: fn(RecoveryBucket) -> u64| places().map(of).sum::<u64>();
        assert!(sum(|place| place.first + place.later) >= 10_000, "{binary:?}");
        assert!(sum(|place| place.later) >= 1_000, "faults on the way back cost a try");
        assert_eq!(sum(|place| place.never), 0, "{binary:?}");
        for row in &over.summary.recovery {
            assert!(row.tries_max <= row.tries_due, "{binary:?}: {row:?}");
        }
        assert!(over.summary.seconds < 90.0, "{binary:?}: {} s", over.summary.seconds);
    }
}

#[test]
fn an_agent_whose_delimited_sync_is_blocked_is_talked_to_by_the_plain_one() {
    let Some(binary) = agents().into_iter().next() else { return };
    let over = run(
        &PeerSpec::GuestAgent {
            binary,
            extra: vec!["-b".into(), "guest-sync-delimited".into()],
            channel: Channel::UnixListen,
        },
        |options| {
            options.rules = vec!["guest-info-agrees".to_owned()];
        },
    );
    assert_eq!(over.rules(), Vec::<&str>::new());
    assert!(over.summary.complete && over.summary.seconds < 5.0, "{:?}", over.summary);
    let said =
        |event: &Event| matches!(event, Event::Noted { text } if text.contains("guest-sync-delimited"));
    assert!(over.events.iter().any(said));
}

#[test]
fn a_blocked_command_that_must_not_run_is_looked_up_behind_walls() {
    for binary in agents() {
        let extra = vec!["-b".into(), "guest-exec".into()];
        let over = run(
            &PeerSpec::GuestAgent { binary: binary.clone(), extra, channel: Channel::UnixListen },
            |options| options.rules = vec!["guest-info-agrees".to_owned()],
        );
        assert_eq!(over.rules(), Vec::<&str>::new(), "{binary:?}");
        let walls = over
            .events
            .iter()
            .all(|event| !matches!(event, Event::Noted { text } if text.contains("without namespaces")));
        let looked_up = over.events.iter().any(|event| {
            matches!(event, Event::CaseEnded { command: Some(command), failed, .. }
                if command == "guest-exec" && failed.is_empty())
        });
        assert_eq!(looked_up, walls, "{binary:?}");
    }
}
