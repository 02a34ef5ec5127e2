//! The ways to reach a peer: one file per transport, and one line in [`ALL`].

pub(crate) mod serial;
mod tcp;
mod unix;
mod vsock;

use crate::error::BadAddress;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::str::FromStr;
use tokio::io::unix::AsyncFd;
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;

/// Every transport that is built in.
pub const ALL: &[Transport] = &[unix::TRANSPORT, tcp::TRANSPORT, vsock::TRANSPORT, serial::TRANSPORT];

/// One way to reach a peer.
#[derive(Debug)]
pub struct Transport {
    /// The word before the colon of an address.
    pub scheme: &'static str,
    /// What an address looks like, for help texts: `unix:PATH`.
    pub form: &'static str,
    /// Reads what follows the colon; fails with a hint.
    parse: fn(&str) -> Result<Address, String>,
}

/// Where a peer listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A unix stream socket.
    Unix(PathBuf),
    /// `HOST:PORT`; an IPv6 host stands in brackets.
    Tcp(String),
    /// A socket of the host (2) or of one of its guests.
    Vsock {
        /// Number of the machine.
        cid: u32,
        /// Port.
        port: u32,
    },
    /// A terminal, or another character device: a line, on which nobody connects.
    Serial(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp(place) => write!(f, "tcp:{place}"),
            Address::Vsock { cid, port } => write!(f, "vsock:{cid}:{port}"),
            Address::Serial(path) => write!(f, "serial:{}", path.display()),
        }
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(given: &str) -> Result<Address, BadAddress> {
        let (scheme, rest) = given.split_once(':').unwrap_or(("", given));
        let parsed = match ALL.iter().find(|transport| transport.scheme == scheme) {
            Some(transport) => (transport.parse)(rest),
            None => Err(hint(scheme, given)),
        };
        parsed.map_err(|hint| BadAddress { given: given.to_owned(), hint })
    }
}

/// What to write instead of `given`, whose scheme is not one of ours.
fn hint(scheme: &str, given: &str) -> String {
    let near =
        |transport: &&Transport| strsim::damerau_levenshtein(transport.scheme, &scheme.to_lowercase()) <= 2;
    let rest = given.split_once(':').map_or(given, |(_, rest)| rest);
    if given.contains('/') && !scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) || given.starts_with('/')
    {
        format!("did you mean `unix:{given}`?")
    } else if let Some(transport) = ALL.iter().find(near).filter(|_| !scheme.is_empty()) {
        format!("did you mean `{}:{rest}`?", transport.scheme)
    } else if (tcp::TRANSPORT.parse)(given).is_ok() {
        format!("did you mean `tcp:{given}`?")
    } else {
        let forms: Vec<&str> = ALL.iter().map(|transport| transport.form).collect();
        format!("write {}", forms.join(" or "))
    }
}

impl Address {
    /// Connects. The caller bounds the time.
    pub(crate) async fn dial(&self) -> io::Result<Stream> {
        match self {
            Address::Unix(path) => Stream::unix(unix::dial(path).await?),
            Address::Tcp(place) => tcp::dial(place).await.map(Stream::Tcp),
            Address::Vsock { cid, port } => vsock::dial(*cid, *port).await.map(Stream::Vsock),
            Address::Serial(path) => serial::dial(path).and_then(serial::stream),
        }
    }
}

/// One end of any transport, non-blocking.
#[derive(Debug)]
pub(crate) enum Stream {
    Unix(unix::Ear),
    Tcp(TcpStream),
    Vsock(AsyncFd<OwnedFd>),
    Serial(AsyncFd<OwnedFd>),
}

impl Stream {
    /// A unix socket, which does not block.
    pub(crate) fn unix(stream: UnixStream) -> io::Result<Stream> {
        unix::Ear::new(stream).map(Stream::Unix)
    }

    /// Waits until one of `interest` may be possible.
    pub(crate) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match self {
            Stream::Unix(stream) => stream.ready(interest).await,
            Stream::Tcp(stream) => stream.ready(interest).await,
            Stream::Vsock(line) | Stream::Serial(line) => Ok(line.ready(interest).await?.ready()),
        }
    }

    /// Runs `attempt` if tokio holds the socket ready, and remembers when it was not after all.
    pub(crate) fn try_io<T>(
        &self,
        interest: Interest,
        attempt: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        match self {
            Stream::Unix(stream) => stream.try_io(interest, attempt),
            Stream::Tcp(stream) => stream.try_io(interest, attempt),
            Stream::Vsock(line) | Stream::Serial(line) => line.try_io(interest, |_| attempt()),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Stream::Unix(stream) => stream.as_fd(),
            Stream::Tcp(stream) => stream.as_fd(),
            Stream::Vsock(line) | Stream::Serial(line) => line.as_fd(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<Address>().unwrap_err().hint
    }

    #[test]
    fn an_address_reads_back_as_it_prints() {
        for text in [
            "unix:/run/a b.sock",
            "tcp:localhost:4444",
            "tcp:[::1]:4444",
            "vsock:3:5000",
            "serial:/dev/ttyS0",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_address_says_what_to_write() {
        assert_eq!(refused("/run/qmp.sock"), "did you mean `unix:/run/qmp.sock`?");
        assert_eq!(refused("./a:b"), "did you mean `unix:./a:b`?");
        assert_eq!(refused("unx:/run/qmp.sock"), "did you mean `unix:/run/qmp.sock`?");
        assert_eq!(refused("TCP:host:1"), "did you mean `tcp:host:1`?");
        assert_eq!(refused("build-host:4444"), "did you mean `tcp:build-host:4444`?");
        assert_eq!(refused("nonsense"), "write unix:PATH or tcp:HOST:PORT or vsock:CID:PORT or serial:PATH");
        assert_eq!(refused(""), "write unix:PATH or tcp:HOST:PORT or vsock:CID:PORT or serial:PATH");
    }

    #[test]
    fn a_place_without_a_path_or_a_port_is_refused() {
        assert!(refused("unix:").contains("path"));
        assert!(refused("serial:").contains("path"));
        assert!(refused("vsock:guest:1").contains("number"));
        assert!(refused("vsock:3").contains("port"));
        assert!(refused("tcp:localhost").contains("port"));
        assert!(refused("tcp:localhost:0").contains("port"));
        assert!(refused("tcp:localhost:70000").contains("port"));
        assert!(refused("tcp::4444").contains("host"));
    }
}
