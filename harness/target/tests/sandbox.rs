//! What peers of ours can reach from inside: next to nothing. Nothing is asked of an unsandboxed agent.
#![allow(clippy::unwrap_used)]

mod peers;

use qmprobe_target::{Peer, PeerSpec};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// Peers that a test has at work at once, and how often.
const PEERS_AT_ONCE: usize = 3;

/// A file that no peer may be able to make.
const OUTSIDE: &str = "/usr/qmprobe-was-here";

/// Opens the peer; says that the test is not run where this machine gives no namespaces.
async fn sandboxed(spec: &PeerSpec) -> Option<Peer> {
    let peer = peers::open(spec).await;
    if !peer.sandboxed() {
        peers::skip(&peer.notes().join("; "));
        return None;
    }
    assert_eq!(peer.notes(), [""; 0]);
    Some(peer)
}

/// A line of `/proc/PID/FILE`, without its label.
fn fact(pid: u32, file: &str, label: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(label)).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_held(pid: u32) {
    assert_eq!(fact(pid, "status", "CapEff:"), "0000000000000000");
    assert_eq!(fact(pid, "status", "CapPrm:"), "0000000000000000");
    assert_eq!(fact(pid, "status", "NoNewPrivs:"), "1");
    // Bit 24 is signal 25, SIGXFSZ.
    let ignored = u64::from_str_radix(&fact(pid, "status", "SigIgn:"), 16).unwrap();
    assert_eq!(ignored >> 24 & 1, 1);
    assert_eq!(fact(pid, "limits", "Max core file size"), "0 0 bytes");
    assert_eq!(fact(pid, "limits", "Max file size"), "16777216 16777216 bytes");
    assert_eq!(fact(pid, "limits", "Max address space"), "17179869184 17179869184 bytes");
    for namespace in ["mnt", "net", "ipc", "uts"] {
        let of = |who: &str| fs::read_link(format!("/proc/{who}/ns/{namespace}")).unwrap();
        assert_ne!(of(&pid.to_string()), of("self"), "{namespace}");
    }
}

#[tokio::test]
async fn every_monitor_writes_in_its_scratch_directory_only() {
    let monitors = peers::all("qemu-system-x86_64").into_iter().map(peers::qemu);
    let daemons = peers::all("qemu-storage-daemon").into_iter().map(peers::storage_daemon);
    for spec in monitors.chain(daemons) {
        let Some(mut peer) = sandboxed(&spec).await else { return };
        let pid = peer.pid().unwrap();
        assert_held(pid);
        // The storage daemon has no seccomp filter of its own.
        assert_eq!(fact(pid, "status", "Seccomp:"), if spec.kind() == "qemu" { "2" } else { "0" });
        let mut connection = peers::monitor(&mut peer).await;
        let inside = peer.scratch().unwrap().join("log");
        for (index, (path, works)) in
            [(Path::new(OUTSIDE), false), (Path::new("/tmp/qmprobe-was-here"), false), (&inside, true)]
                .into_iter()
                .enumerate()
        {
            let file = format!(r#"{{"type":"file","data":{{"out":"{}"}}}}"#, path.display());
            let command =
                format!(r#"{{"execute":"chardev-add","arguments":{{"id":"c{index}","backend":{file}}}}}"#);
            let reply = peers::ask(&mut connection, &command).await;
            assert_eq!(reply.starts_with(r#"{"return""#), works, "{path:?}: {reply}");
            assert_eq!(path.exists(), works, "{path:?}");
        }
    }
}

#[tokio::test]
async fn peers_that_live_at_once_share_no_namespace_and_one_that_has_died_leaves_its_network_behind() {
    let Some(binary) = peers::one("qemu-storage-daemon") else { return };
    let spec = peers::storage_daemon(binary);
    let of = |peer: &Peer| {
        let pid = peer.pid().unwrap();
        ["user", "net", "mnt", "ipc", "uts"]
            .map(|name| fs::read_link(format!("/proc/{pid}/ns/{name}")).unwrap())
    };
    let mut networks = BTreeSet::new();
    for _ in 0..PEERS_AT_ONCE {
        let mut alive = Vec::new();
        for _ in 0..PEERS_AT_ONCE {
            let Some(peer) = sandboxed(&spec).await else { return };
            assert_held(peer.pid().unwrap());
            alive.push(peer);
        }
        let theirs: Vec<_> = alive.iter().map(of).collect();
        let distinct: BTreeSet<_> = theirs.iter().flatten().collect();
        assert_eq!(distinct.len(), theirs.iter().flatten().count(), "{theirs:?}");
        networks.extend(theirs.into_iter().map(|[_, network, ..]| network));
    }
    // Other tests of this program start peers too, and may take a room or leave one.
    assert!(networks.len() < PEERS_AT_ONCE * PEERS_AT_ONCE, "{networks:?}");
}

#[tokio::test]
async fn a_peer_finds_no_disks_and_no_sockets_of_the_system() {
    let Some(binary) = peers::one("qemu-storage-daemon") else { return };
    let Some(peer) = sandboxed(&peers::storage_daemon(binary)).await else { return };
    let root = format!("/proc/{}/root", peer.pid().unwrap());
    assert_eq!(fs::read_dir(format!("{root}/run")).unwrap().count(), 0);
    let allowed = ["full", "kvm", "null", "random", "shm", "urandom", "zero"];
    for entry in fs::read_dir(format!("{root}/dev")).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(allowed.iter().any(|allowed| name == *allowed), "{name:?}");
    }
    assert!(fs::metadata(format!("{root}/dev/null")).is_ok());
}

/// Runs a shell script inside a sandboxed agent and returns its output.
async fn run_inside(peer: &mut Peer, script: &str) -> String {
    assert!(peer.sandboxed());
    let output = peer.scratch().unwrap().join("output");
    let done = peer.scratch().unwrap().join("done");
    let script = format!("({script}) > {} 2>&1; : > {}", output.display(), done.display());
    let mut connection = peer.connect().await.unwrap();
    let command =
        format!(r#"{{"execute":"guest-exec","arguments":{{"path":"/bin/sh","arg":["-c","{script}"]}}}}"#);
    let reply = peers::ask(&mut connection, &command).await;
    assert!(reply.contains("pid"), "{reply}");
    connection.close(1_000).await;
    for _ in 0..500 {
        if done.exists() {
            return fs::read_to_string(output).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the script did not end");
}

#[tokio::test]
async fn what_an_agent_executes_can_change_nothing_outside() {
    for binary in peers::all("qemu-ga") {
        let Some(mut peer) = sandboxed(&peers::guest_agent(binary)).await else { return };
        let agent = *peers::descendants(peer.pid().unwrap()).last().unwrap();
        assert_held(agent);
        let script = "for f in /usr /etc /sys /proc / /home /dev/shm/../..; do echo x > $f/qmprobe-was-here && echo wrote $f; done; \
                      echo x > /proc/sys/kernel/hostname && echo hostname; echo x > /proc/sysrq-trigger && echo sysrq; \
                      mount -t tmpfs none /mnt && echo mounted; echo x > /tmp/qmprobe-was-here; echo x > /var/qmprobe-was-here; \
                      ls /run | grep -vxc mount; ls -d /proc/[1-9]* | wc -l; wc -l < /proc/net/dev; kill -9 1; echo end";
        let output = run_inside(&mut peer, script).await;
        assert!(output.ends_with("end\n"), "{output}");
        for forbidden in ["wrote", "hostname\n", "sysrq\n", "mounted"] {
            assert!(!output.lines().any(|line| line.starts_with(forbidden.trim())), "{forbidden}: {output}");
        }
        assert!(!Path::new("/tmp/qmprobe-was-here").exists() && !Path::new("/var/qmprobe-was-here").exists());
        let numbers: Vec<u32> = output.lines().filter_map(|line| line.trim().parse().ok()).collect();
        // Nothing in /run but what mount(8) leaves there; a handful of processes; two heading lines and the loopback device.
        assert!(matches!(numbers[..], [0, 2..10, 3]), "{output}");
        assert_eq!(peer.exited(), None);
        assert_eq!(
            peers::ask(&mut peer.connect().await.unwrap(), r#"{"execute":"guest-ping"}"#).await,
            "{\"return\": {}}\n"
        );
    }
}

#[tokio::test]
async fn a_shutdown_runs_what_stands_in_for_it_and_tells_by_its_silence_that_it_worked() {
    for binary in peers::all("qemu-ga") {
        let Some(mut peer) = sandboxed(&peers::guest_agent(binary.clone())).await else { return };
        if !peer.only_plays_shutdown() {
            return peers::skip("there is no overlay to put a harmless shutdown in");
        }
        assert_held(*peers::descendants(peer.pid().unwrap()).last().unwrap());
        let scratch = peer.scratch().unwrap().to_owned();
        let mut connection = peer.connect().await.unwrap();
        let down = |mode: &str| {
            format!(r#"{{"execute":"guest-shutdown","arguments":{{"mode":"{mode}"}},"id":"d"}}"#)
        };
        let ping = r#"{"execute":"guest-ping","id":"p"}"#;
        for mode in ["halt", "powerdown", "reboot"] {
            let reply = peers::ask(&mut connection, &format!("{}{ping}", down(mode))).await;
            assert_eq!(reply, "{\"return\": {}, \"id\": \"p\"}\n", "{binary:?}: {mode}");
        }
        let calls = fs::read_to_string(scratch.join("shutdown.calls")).unwrap();
        assert_eq!(calls.lines().filter(|call| call.starts_with("/sbin/")).count(), 3, "{binary:?}: {calls}");
        fs::write(scratch.join("shutdown.fails"), "").unwrap();
        let reply = peers::ask(&mut connection, &down("halt")).await;
        assert!(reply.contains(r#""id": "d""#) && reply.contains("GenericError"), "{binary:?}: {reply}");
        let reply = peers::ask(&mut connection, ping).await;
        assert_eq!(reply, "{\"return\": {}, \"id\": \"p\"}\n", "{binary:?}");
        connection.close(1_000).await;
    }
}

/// What an agent that is asked to could change of this machine.
fn outside() -> [Option<Vec<u8>>; 5] {
    let files = ["/etc/passwd", "/etc/shadow", "/etc/hostname", "/proc/sys/kernel/random/boot_id"];
    let [passwords, shadow, name, boot] = files.map(|path| fs::read(path).ok());
    [passwords, shadow, name, boot, fs::read(OUTSIDE).ok()]
}

#[tokio::test]
async fn an_agent_that_is_told_to_write_freeze_and_set_passwords_and_clocks_changes_nothing_outside() {
    let write = format!(r#"{{"execute":"guest-file-open","arguments":{{"path":"{OUTSIDE}","mode":"w"}}}}"#);
    let orders = [
        write.as_str(),
        r#"{"execute":"guest-set-user-password","arguments":{"username":"root","password":"eA==","crypted":false}}"#,
        r#"{"execute":"guest-set-time","arguments":{"time":1000000000}}"#,
        r#"{"execute":"guest-fsfreeze-freeze"}"#,
    ];
    for binary in peers::all("qemu-ga") {
        let Some(mut peer) = sandboxed(&peers::guest_agent(binary.clone())).await else { return };
        assert_held(*peers::descendants(peer.pid().unwrap()).last().unwrap());
        let (before, clock, began) = (outside(), SystemTime::now(), Instant::now());
        let mut connection = peer.connect().await.unwrap();
        for order in orders {
            let reply = peers::ask(&mut connection, order).await;
            assert!(reply.contains(r#""error""#), "{binary:?}: {order}: {reply}");
        }
        connection.close(1_000).await;
        assert!(before == outside(), "{binary:?}");
        let drift = clock.elapsed().unwrap().abs_diff(began.elapsed());
        assert!(drift < Duration::from_secs(2), "{binary:?}: the clock is {drift:?} off");
        // A frozen file system would keep this waiting.
        tempfile::tempfile().unwrap();
    }
}

#[tokio::test]
async fn a_child_that_an_agent_left_in_a_session_of_its_own_dies_with_it() {
    let Some(binary) = peers::one("qemu-ga") else { return };
    let Some(mut peer) = sandboxed(&peers::guest_agent(binary)).await else { return };
    let pid = peer.pid().unwrap();
    run_inside(&mut peer, "setsid sleep 1000 > /dev/null 2>&1 & sleep 0.1").await;
    let sleeper = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with("sleep\0"))
    };
    let namespace_init = peers::descendants(pid)[0];
    let left = peers::descendants(namespace_init).into_iter().find(sleeper).unwrap();
    peer.stop().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!sleeper(&left));
}

#[tokio::test]
async fn an_agent_that_lives_in_a_hidden_directory_is_put_back_there() {
    let Some(binary) = peers::one("qemu-ga") else { return };
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let copy = folder.path().join("qemu-ga");
    fs::copy(binary, &copy).unwrap();
    let Some(mut peer) = sandboxed(&peers::guest_agent(copy)).await else { return };
    let neighbours = run_inside(&mut peer, "ls -A /tmp | wc -l").await;
    // Its own directory and the scratch directory.
    assert_eq!(neighbours.trim(), "2");
}
