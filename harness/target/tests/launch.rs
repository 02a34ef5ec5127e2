//! Real peers of every version there is: started, talked to, watched and ended.
#![allow(clippy::unwrap_used)]

mod peers;

use qmprobe_target::{Channel, Core, Error, Exit, Peer, PeerSpec, Read};
use qmprobe_wire::{Dialect, Limits};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use std::path::Path;
use std::time::{Duration, Instant};

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
}

fn spawned(command: &str) -> PeerSpec {
    PeerSpec::Spawn { command: command.to_owned(), dialect: Dialect::Qmp }
}

/// A storage daemon as somebody's own server: runs `before`, then listens.
fn talking_daemon(binary: &Path, before: &str) -> PeerSpec {
    let listens = "--chardev socket,id=c,path={socket},server=on,wait=off --monitor c";
    spawned(&format!("sh -c '{before}; exec {} {listens}'", binary.display()))
}

async fn refused(spec: &PeerSpec, limits: &Limits) -> Error {
    match Peer::open(spec, limits).await {
        Ok(peer) => panic!("started: {}", peer.command_line()),
        Err(error) => error,
    }
}

#[tokio::test]
async fn every_monitor_greets_each_client_and_is_gone_after_its_stop() {
    let monitors = peers::all("qemu-system-x86_64").into_iter().map(peers::qemu);
    let daemons = peers::all("qemu-storage-daemon").into_iter().map(peers::storage_daemon);
    for spec in monitors.chain(daemons) {
        let mut peer = peers::open(&spec).await;
        for _ in 0..3 {
            let mut connection = peers::monitor(&mut peer).await;
            let version = peers::ask(&mut connection, r#"{"execute":"query-version"}"#).await;
            assert!(version.starts_with(r#"{"return""#), "{version}");
            connection.close(1_000).await;
        }
        assert!(peer.rss_kib().unwrap() > 1_000);
        let by_hand = format!("path={},", peer.command_line_socket().unwrap());
        assert!(peer.command_line().contains(&by_hand), "{}", peer.command_line());
        assert_eq!(peer.exited(), None);
        let (pid, scratch) = (peer.pid().unwrap(), peer.scratch().unwrap().to_owned());
        assert!(scratch.is_dir());
        assert_eq!(peer.stop().await.unwrap().status, "signal 9 (SIGKILL)");
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
        assert!(!scratch.exists());
    }
}

#[tokio::test]
async fn every_agent_answers_each_client() {
    for spec in peers::all("qemu-ga").into_iter().map(peers::guest_agent) {
        let mut peer = peers::open(&spec).await;
        for _ in 0..3 {
            let mut connection = peer.connect().await.unwrap();
            assert_eq!(
                peers::ask(&mut connection, r#"{"execute":"guest-ping"}"#).await,
                "{\"return\": {}}\n"
            );
            connection.close(1_000).await;
        }
        assert_eq!(peer.exited(), None);
        peer.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_quits_ends_with_status_zero() {
    let Some(binary) = peers::one("qemu-system-x86_64") else { return };
    let mut peer = peers::open(&peers::qemu(binary)).await;
    let mut connection = peers::monitor(&mut peer).await;
    peers::ask(&mut connection, r#"{"execute":"quit"}"#).await;
    let exit = peer.wait_exit(5_000).await.unwrap();
    assert_eq!((exit.status.as_str(), exit.signalled, exit.code), ("exit status 0", false, Some(0)));
    assert!(matches!(peer.connect().await, Err(Error::Connect { .. })));
    assert_eq!(peer.stop().await, Some(exit));
}

#[tokio::test]
async fn a_crash_is_told_as_its_signal_with_the_last_words() {
    let Some(binary) = peers::one("qemu-storage-daemon") else { return };
    let mut peer = peers::open(&talking_daemon(&binary, "echo last words >&2")).await;
    assert_eq!(peer.wait_exit(20).await, None);
    kill(peer.pid().unwrap(), Signal::SEGV);
    let exit = peer.wait_exit(5_000).await.unwrap();
    assert_eq!((exit.status.as_str(), exit.signalled), ("signal 11 (SIGSEGV)", true));
    assert!(exit.stderr_tail.starts_with("last words\n"), "{}", exit.stderr_tail);
}

#[tokio::test]
#[allow(clippy::print_stderr, reason = "a test that did not run says so")]
async fn a_crash_leaves_a_core_in_the_peers_directory_only_where_it_was_opened_for_that() {
    let Some(binary) = peers::one("qemu-storage-daemon") else { return };
    let limit = getrlimit(Resource::Core);
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    if limit.maximum == Some(0) || pattern.starts_with(['|', '/']) || pattern.trim().is_empty() {
        return eprintln!("not run: there is no limit, or no pattern, that a core is left with");
    }
    setrlimit(Resource::Core, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let spec = PeerSpec::StorageDaemon { binary, extra: Vec::new() };
    let dumping = Peer::open_dumping(&spec, &Limits::default()).await.unwrap();
    for (mut peer, leaves) in [(dumping, true), (peers::open(&spec).await, false)] {
        kill(peer.pid().unwrap(), Signal::SEGV);
        let core = peer.wait_exit(20_000).await.unwrap().core;
        let there = core.map(|core| match core {
            Core::File(path) => path.is_file() && path.starts_with(peer.scratch().unwrap()),
            Core::HandedTo(_) => false,
        });
        assert_eq!(there, leaves.then_some(true));
    }
}

#[tokio::test]
async fn an_abort_of_the_agent_is_told_as_one_through_its_walls() {
    for binary in peers::all("qemu-ga") {
        let mut peer = peers::open(&peers::guest_agent(binary)).await;
        let family = peers::descendants(peer.pid().unwrap());
        let agent = family.last().copied().or(peer.pid()).unwrap();
        assert!(!peer.sandboxed() || family.len() >= 2, "{family:?}");
        kill(agent, Signal::ABORT);
        let exit = peer.wait_exit(5_000).await.unwrap();
        assert_eq!((exit.status.as_str(), exit.signalled), ("signal 6 (SIGABRT)", true));
    }
}

#[tokio::test]
async fn a_peer_that_dies_at_start_says_why() {
    let limits = Limits::default();
    for (program, spec) in
        [("qemu-system-x86_64", "qemu"), ("qemu-storage-daemon", "daemon"), ("qemu-ga", "agent")]
    {
        for binary in peers::all(program) {
            let extra = vec!["--no-such-option".to_owned()];
            let spec = match spec {
                "qemu" => PeerSpec::Qemu { binary, extra },
                "daemon" => PeerSpec::StorageDaemon { binary, extra },
                _ => PeerSpec::GuestAgent { binary, extra, channel: Channel::UnixListen },
            };
            let error = refused(&spec, &limits).await;
            assert!(matches!(&error, Error::DiedAtStart { exit: Exit { code: Some(1), .. }, .. }), "{error}");
            assert!(error.to_string().contains("no-such-option"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_machine_of_the_users_is_started_instead_of_none() {
    let Some(binary) = peers::one("qemu-system-x86_64") else { return };
    let extra = ["-M", "microvm", "-S"].map(str::to_owned).to_vec();
    let mut peer = peers::open(&PeerSpec::Qemu { binary, extra }).await;
    let mut connection = peers::monitor(&mut peer).await;
    let machine = r#"{"execute":"qom-get","arguments":{"path":"/machine","property":"type"}}"#;
    assert_eq!(peers::ask(&mut connection, machine).await, "{\"return\": \"microvm-machine\"}\r\n");
}

#[tokio::test]
async fn a_spawned_command_needs_a_socket_and_has_to_use_it() {
    let limits = Limits { greeting_ms_max: 200, ..Limits::default() };
    assert!(matches!(refused(&spawned("true"), &limits).await, Error::NoSocket(_)));
    let early = refused(&spawned("sh -c 'echo no: {socket} >&2; exit 3'"), &limits).await;
    assert!(matches!(&early, Error::DiedAtStart { exit, .. } if exit.code == Some(3)), "{early}");
    assert!(early.to_string().contains("no: /"), "{early}");
    let began = Instant::now();
    let late = refused(&spawned("sh -c 'echo I sleep; exec sleep 60' {socket}"), &limits).await;
    assert!(matches!(&late, Error::StartTimeout { waited_ms: 200, .. }), "{late}");
    assert!(late.to_string().contains("I sleep"), "{late}");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_talkative_peer_is_never_held_up_and_only_its_last_words_are_kept() {
    let Some(binary) = peers::one("qemu-storage-daemon") else { return };
    let mut peer = peers::open(&talking_daemon(&binary, "yes blah | head -c 1000000; echo the end")).await;
    let mut bytes = Vec::new();
    let read = peer.connect().await.unwrap().read(&mut bytes, 5_000).await;
    assert!(matches!(read, Read::Bytes(_)), "{read:?}");
    let tail = peer.stderr_tail();
    assert!(tail.ends_with("blah\nthe end\n"), "{tail}");
    assert_eq!(tail.len(), Limits::default().stderr_bytes_max);
}

#[tokio::test]
async fn what_a_dead_leader_leaves_behind_dies_with_it() {
    let limits = Limits { greeting_ms_max: 500, ..Limits::default() };
    let mark = format!("{}.5", 1_000 + std::process::id());
    let error = refused(&spawned(&format!("sh -c 'sleep {mark} & exit 4' {{socket}}")), &limits).await;
    assert!(matches!(error, Error::DiedAtStart { .. }), "{error}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    assert_eq!(lines.filter(|line| line.starts_with("sleep") && line.contains(&mark)).count(), 0);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error_with_its_name() {
    let spec = peers::qemu("qemu-system-nonsense".into());
    let error = refused(&spec, &Limits::default()).await;
    assert!(matches!(error, Error::NotFound(_)));
    assert!(error.to_string().contains("qemu-system-nonsense"), "{error}");
}

#[tokio::test]
async fn the_first_client_of_a_fresh_monitor_gets_one_greeting_and_answers() {
    for binary in peers::all("qemu-storage-daemon") {
        for _ in 0..5 {
            let mut peer = peers::open(&peers::storage_daemon(binary.clone())).await;
            let mut connection = peers::monitor(&mut peer).await;
            assert_eq!(connection.read(&mut Vec::new(), 10).await, Read::TimedOut);
        }
    }
}
