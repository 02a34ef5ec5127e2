//! Connections to a reference peer: a unix socket that serves one client at a time, as QEMU does, or one end
//! of a socket pair, served by a thread of this process.

use crate::corruption::{Corrupter, Corruption};
use crate::host::{Config, Host};
use crate::peer::Peer;
use qmprobe_wire::Weight;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

/// Bytes read at once; bounds the answers that can be due at once.
const READ_BYTES: usize = 4096;
/// Bytes of answers after which they are written before more are made.
const WRITE_BYTES: usize = 64 << 10;

/// A reference peer that any number of clients may connect to, one after the other. What outlives a
/// connection is in it: a clone is the same peer.
#[derive(Clone, Debug)]
pub struct Server {
    host: Arc<Host>,
}

impl Server {
    /// A peer that nobody has connected to yet.
    pub fn new(config: Config) -> Server {
        Server { host: Arc::new(Host::new(config, false)) }
    }

    /// The same, but that it reads as a server does that hands each text to a strict JSON library: none of QEMU's
    /// extensions, and to a monitor one command to a line. An agent takes 0xFF for the end of what was begun, without
    /// a word.
    pub fn strict(config: Config) -> Server {
        Server { host: Arc::new(Host::new(config, true)) }
    }

    /// A fresh connection: the client's end of a socket pair whose other end a thread serves until the
    /// client closes. A peer that was told to quit starts anew.
    ///
    /// # Errors
    /// When the system gives no socket pair or no thread.
    pub fn dial(&self) -> io::Result<UnixStream> {
        {
            let mut world = self.host.world();
            if world.refused_connections > 0 {
                world.refused_connections -= 1;
                return Err(ErrorKind::ConnectionRefused.into());
            }
            world.revive();
        }
        let (client, served) = UnixStream::pair()?;
        let host = Arc::clone(&self.host);
        let peer = Peer::of(Arc::clone(&host));
        // How a connection breaks is the client's affair: it sees it close.
        thread::Builder::new()
            .name("reference".to_owned())
            .spawn(move || host.mourn(serve_blocking(served, peer, &host)))?;
        Ok(client)
    }

    /// What it takes up, of that which it keeps for good.
    pub fn weigh(&self) -> Weight {
        Weight { memory_kib: self.host.world().lost.len() as u64 / 1024, ..Weight::default() }
    }

    /// Serves clients on a unix socket at `path` until one of them says `quit`. A socket that nobody listens
    /// on any more is replaced. What is sent and answered passes through `corruption`.
    ///
    /// # Errors
    /// When the path cannot be bound, or no connection can be accepted any more.
    pub async fn listen(self, path: &Path, corruption: Option<Corruption>) -> io::Result<()> {
        let listener = bind(path)?;
        let mut corrupter = corruption.as_ref().map(Corrupter::new);
        while !self.host.world().ended {
            let (stream, _) = listener.accept().await?;
            let peer = Peer::of(Arc::clone(&self.host));
            // A broken connection ends that client's session, not the server.
            drop(serve(stream, peer, &self.host, corrupter.as_mut()).await);
            corrupter.iter_mut().for_each(Corrupter::reconnect);
        }
        Ok(())
    }
}

/// A connection to a peer of its own, as [`Server::dial`] gives it: nothing outlives it.
///
/// # Errors
/// When the system gives no socket pair or no thread.
pub fn dial(config: &Config) -> io::Result<UnixStream> {
    Server::new(config.clone()).dial()
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_abandoned(path) => {
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        bound => bound,
    }
}

fn is_abandoned(path: &Path) -> bool {
    UnixStream::connect(path).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

/// Appends answers until enough is there to be written; false when none is left.
fn answer(peer: &mut Peer, out: &mut Vec<u8>) -> bool {
    out.clear();
    while out.len() < WRITE_BYTES {
        if !peer.answer(out) {
            return false;
        }
    }
    true
}

fn serve_blocking(mut stream: UnixStream, mut peer: Peer, host: &Host) -> io::Result<()> {
    let (mut input, mut out) = ([0; READ_BYTES], Vec::new());
    peer.open(&mut out);
    stream.write_all(&out)?;
    while !peer.is_closed() {
        let count = stream.read(&mut input)?;
        if count == 0 {
            host.linger(&stream);
            break;
        }
        peer.take(&input[..count]);
        let mut more = true;
        while more {
            more = answer(&mut peer, &mut out);
            stream.write_all(&out)?;
        }
    }
    Ok(())
}

async fn serve(
    mut stream: tokio::net::UnixStream,
    mut peer: Peer,
    host: &Host,
    mut corrupter: Option<&mut Corrupter>,
) -> io::Result<()> {
    let (mut input, mut out) = ([0; READ_BYTES], Vec::new());
    peer.open(&mut out);
    stream.write_all(&out).await?;
    while !peer.is_closed() {
        let count = stream.read(&mut input).await?;
        if count == 0 {
            host.linger(&stream);
            break;
        }
        let mut arrived = Vec::new();
        match &mut corrupter {
            Some(corrupter) => corrupter.take(&input[..count], &mut arrived),
            None => arrived.extend_from_slice(&input[..count]),
        }
        peer.take(&arrived);
        let mut more = true;
        while more {
            more = answer(&mut peer, &mut out);
            if let Some(corrupter) = corrupter.as_mut().filter(|_| !out.is_empty()) {
                let answer = std::mem::take(&mut out);
                corrupter.pass(&answer, &mut out);
            }
            stream.write_all(&out).await?;
            if corrupter.as_ref().is_some_and(|corrupter| corrupter.is_severed()) {
                return Ok(());
            }
        }
    }
    Ok(())
}
