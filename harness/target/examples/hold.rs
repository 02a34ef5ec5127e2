//! Opens a peer, prints what became of it and its process id, and holds it until this process is killed:
//! `hold qemu|storage-daemon|guest-agent PROGRAM`. The orphan tests kill it.

use qmprobe_target::{Channel, Peer, PeerSpec};
use qmprobe_wire::Limits;
use std::io::{Error, Write};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(kind), Some(binary)) = (words.next(), words.next()) else {
        return Err(Error::other("usage: hold KIND PROGRAM").into());
    };
    let (binary, extra) = (binary.into(), words.collect());
    let spec = match kind.as_str() {
        "qemu" => PeerSpec::Qemu { binary, extra },
        "storage-daemon" => PeerSpec::StorageDaemon { binary, extra },
        "guest-agent" => PeerSpec::GuestAgent { binary, extra, channel: Channel::UnixListen },
        _ => return Err(Error::other(format!("no such kind of peer: {kind}")).into()),
    };
    let peer = Peer::open(&spec, &Limits::default()).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", peer.pid().unwrap_or_default())?;
    writeln!(out, "sandboxed: {}", peer.sandboxed())?;
    writeln!(out, "rss: {:?} KiB", peer.rss_kib())?;
    writeln!(out, "by hand: {}", peer.command_line())?;
    for note in peer.notes() {
        writeln!(out, "note: {note}")?;
    }
    std::future::pending::<()>().await;
    Ok(())
}
