//! The real peers of this machine, and a line-wise talk with one. Knows nothing of what is tested.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)]

use qmprobe_target::{Channel, Connection, Peer, PeerSpec, Read, Wrote};
use qmprobe_wire::Limits;
use std::env;
use std::path::PathBuf;

/// Versions that may be installed side by side, as `$PEERS/bin/PROGRAM-VERSION`.
const VERSIONS: [&str; 4] = ["5.2", "7.2", "10.0", "11.1"];

/// Every `program` there is: the one on `PATH`, and the versions in `$PEERS/bin`. Where there is none, says
/// so, and fails if `QMPROBE_REQUIRE_PEERS=1`.
pub fn all(program: &str) -> Vec<PathBuf> {
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let peers = env::var_os("PEERS").map_or(home.join(".cache/qemu-peers"), PathBuf::from);
    let versions = VERSIONS.map(|version| peers.join("bin").join(format!("{program}-{version}")));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let installed = folders.map(|folder| folder.join(program)).find(|path| path.is_file());
    let found: Vec<PathBuf> =
        installed.into_iter().chain(versions.into_iter().filter(|path| path.is_file())).collect();
    if found.is_empty() {
        skip(&format!("there is no {program}"));
    }
    found
}

/// The first `program` there is.
pub fn one(program: &str) -> Option<PathBuf> {
    all(program).into_iter().next()
}

/// Says that a test could not run, and fails where it had to.
pub fn skip(why: &str) {
    assert_ne!(env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "{why}");
    eprintln!("not run: {why}");
}

pub fn qemu(binary: PathBuf) -> PeerSpec {
    PeerSpec::Qemu { binary, extra: Vec::new() }
}

pub fn storage_daemon(binary: PathBuf) -> PeerSpec {
    PeerSpec::StorageDaemon { binary, extra: Vec::new() }
}

pub fn guest_agent(binary: PathBuf) -> PeerSpec {
    agent_on(Channel::UnixListen, binary)
}

pub fn agent_on(channel: Channel, binary: PathBuf) -> PeerSpec {
    PeerSpec::GuestAgent { binary, extra: Vec::new(), channel }
}

pub async fn open(spec: &PeerSpec) -> Peer {
    Peer::open(spec, &Limits::default()).await.unwrap_or_else(|error| panic!("{spec:?}: {error}"))
}

/// Everything up to the next line end.
pub async fn line(connection: &mut Connection) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\n") {
        let read = connection.read(&mut bytes, 5_000).await;
        assert!(matches!(read, Read::Bytes(_)), "{read:?} after {:?}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8(bytes).unwrap()
}

/// Sends a command and returns the line that comes back.
pub async fn ask(connection: &mut Connection, command: &str) -> String {
    assert_eq!(connection.write(command.as_bytes(), 5_000).await, Wrote::All);
    line(connection).await
}

/// A connection in command mode.
pub async fn monitor(peer: &mut Peer) -> Connection {
    let mut connection = peer.connect().await.unwrap();
    let greeting = line(&mut connection).await;
    assert!(greeting.starts_with(r#"{"QMP""#), "{greeting}");
    assert_eq!(ask(&mut connection, r#"{"execute":"qmp_capabilities"}"#).await, "{\"return\": {}}\r\n");
    connection
}

/// The processes that `pid` started, and theirs.
pub fn descendants(pid: u32) -> Vec<u32> {
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(pid) = family.get(next) {
        // Each thread has children of its own.
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for thread in threads {
            let list = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            family.extend(list.split_ascii_whitespace().map(|child| child.parse::<u32>().unwrap()));
        }
        next += 1;
    }
    family.split_off(1)
}
