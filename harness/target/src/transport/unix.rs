//! Unix stream sockets: `unix:PATH`.

use super::{Address, Transport};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::io::unix::AsyncFd;
use tokio::io::{Interest, Ready};

/// `unix:PATH`.
pub(super) const TRANSPORT: Transport = Transport { scheme: "unix", form: "unix:PATH", parse };

/// Bytes of a path that fit into `sockaddr_un` with its final NUL (unix(7)).
const PATH_BYTES_MAX: usize = 107;

fn parse(path: &str) -> Result<Address, String> {
    match path.len() {
        0 => Err("the path of the socket is missing: write unix:PATH".to_owned()),
        length if length > PATH_BYTES_MAX => Err(format!(
            "the path has {length} bytes and a socket's may have {PATH_BYTES_MAX}: make a short link to it"
        )),
        _ => Ok(Address::Unix(PathBuf::from(path))),
    }
}

/// A socket of which the runtime hears when there is something to read. Whoever hears of room to write as well is woken
/// by each read of the peer (unix(4) tells it of every buffer that is freed), in the middle of the wait for its answer.
#[derive(Debug)]
pub(crate) struct Ear(AsyncFd<UnixStream>);

impl Ear {
    pub(super) fn new(stream: UnixStream) -> io::Result<Ear> {
        watch(stream, Interest::READABLE).map(Ear)
    }

    pub(super) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        if !interest.is_writable() {
            return Ok(self.0.ready(interest).await?.ready());
        }
        let both = watch(self.0.get_ref().try_clone()?, interest)?;
        Ok(both.ready(interest).await?.ready())
    }

    pub(super) fn try_io<T>(
        &self,
        interest: Interest,
        attempt: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        if interest.is_writable() { attempt() } else { self.0.try_io(interest, |_| attempt()) }
    }
}

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[expect(deprecated, reason = "its successor is unsafe for the sake of descriptors that are not owned")]
fn watch(stream: UnixStream, interest: Interest) -> io::Result<AsyncFd<UnixStream>> {
    AsyncFd::with_interest(stream, interest)
}

pub(super) async fn dial(path: &Path) -> io::Result<UnixStream> {
    tokio::net::UnixStream::connect(path).await?.into_std()
}
