//! How many monitors are started anew in a second where several are at work and each has a spare that is started
//! meanwhile, as in a check. `cargo bench --bench restarts -- COUNT [qemu|storage-daemon]` prints nanoseconds for each.

use qmprobe_target::{Error, Peer, PeerSpec, Read};
use qmprobe_wire::Limits;
use std::io::{self, Write};
use std::time::Instant;
use tokio::task::{JoinHandle, JoinSet, LocalSet};

/// Monitors at work, as many as a check has.
const HANDS: usize = 3;
/// Starts when no number is given.
const STARTS: usize = 60;

fn spare(spec: &PeerSpec) -> JoinHandle<Result<Peer, Error>> {
    let spec = spec.clone();
    tokio::spawn(async move { Peer::open(&spec, &Limits::default()).await })
}

/// Starts so many one after the other, and reads the greeting of each.
async fn lose_and_renew(spec: PeerSpec, starts: usize) {
    let mut next = Some(spare(&spec));
    for left in (0..starts).rev() {
        let following = (left > 0).then(|| spare(&spec));
        let Some(begun) = std::mem::replace(&mut next, following) else { return };
        let opened = begun.await.expect("it is not aborted");
        let mut peer = opened.expect("it starts");
        let mut connection = peer.connect().await.expect("it is open");
        let mut greeting = Vec::new();
        let read = connection.read(&mut greeting, 5_000).await;
        assert!(matches!(read, Read::Bytes(_)), "a monitor greets");
        peer.stop().await;
    }
}

fn main() -> io::Result<()> {
    let starts = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(STARTS);
    let spec = if std::env::args().any(|word| word == "storage-daemon") {
        PeerSpec::StorageDaemon { binary: "qemu-storage-daemon".into(), extra: Vec::new() }
    } else {
        PeerSpec::Qemu { binary: "qemu-system-x86_64".into(), extra: Vec::new() }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let began = Instant::now();
    LocalSet::new().block_on(&runtime, async {
        let mut hands = JoinSet::new();
        (0..HANDS)
            .for_each(|_| drop(hands.spawn_local(lose_and_renew(spec.clone(), starts.div_ceil(HANDS)))));
        hands.join_all().await;
    });
    let made = starts.div_ceil(HANDS) * HANDS;
    writeln!(io::stdout(), "{}", began.elapsed().as_nanos() / made as u128)
}
