//! Unix stream sockets: `unix:PATH`.

use super::{Address, Transport};
use std::io;
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;

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

pub(super) async fn dial(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path).await
}
