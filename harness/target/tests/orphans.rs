//! No peer outlives the harness, even when the harness is killed without a chance to clean up.
#![allow(clippy::unwrap_used)]

mod peers;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// The example `hold`, which Cargo builds with the tests.
fn hold() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/hold")
}

/// Whether a process runs; one that ended and was not waited for does not.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

fn dies_with_the_harness(kind: &str, program: &str) {
    for binary in peers::all(program) {
        // A killed harness cannot remove its peer's scratch directory.
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(hold());
        command.arg(kind).arg(&binary).env("TMPDIR", folder.path()).stdout(Stdio::piped());
        let mut harness = command.spawn().unwrap();
        let mut output = BufReader::new(harness.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let peer: u32 = line.trim().parse().unwrap();
        let family = peers::descendants(harness.id());
        assert!(family.contains(&peer) && family.iter().all(|pid| runs(*pid)), "{family:?}");
        harness.kill().unwrap();
        harness.wait().unwrap();
        let gone = (0..200).any(|_| {
            thread::sleep(Duration::from_millis(10));
            !family.iter().any(|pid| runs(*pid))
        });
        assert!(gone, "{binary:?} outlived the harness: {family:?}");
    }
}

#[test]
fn qemu_dies_with_the_harness() {
    dies_with_the_harness("qemu", "qemu-system-x86_64");
}

#[test]
fn the_storage_daemon_dies_with_the_harness() {
    dies_with_the_harness("storage-daemon", "qemu-storage-daemon");
}

#[test]
fn the_agent_and_its_walls_die_with_the_harness() {
    dies_with_the_harness("guest-agent", "qemu-ga");
}
