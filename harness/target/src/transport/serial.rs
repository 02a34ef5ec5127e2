//! Serial lines and what looks like one: `serial:PATH`, and pseudoterminals of our own. A line has two ends and no
//! connections: whoever comes next finds what was left unread.

use super::{Address, Stream, Transport};
use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use tokio::io::unix::AsyncFd;

/// `serial:PATH`.
pub(super) const TRANSPORT: Transport = Transport { scheme: "serial", form: "serial:PATH", parse };

/// The two ends of a line.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Ours, non-blocking.
    pub host: OwnedFd,
    /// The peer's: a terminal.
    pub guest: OwnedFd,
}

fn parse(path: &str) -> Result<Address, String> {
    if path.is_empty() {
        return Err("the path of the device is missing: write serial:PATH".to_owned());
    }
    Ok(Address::Serial(PathBuf::from(path)))
}

pub(super) fn dial(path: &Path) -> io::Result<OwnedFd> {
    let line = rustix::fs::open(
        path,
        OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    if rustix::termios::isatty(&line) {
        set_raw(&line)?;
    }
    Ok(line)
}

#[expect(deprecated, reason = "its successor is unsafe for the sake of descriptors that are not owned")]
pub(crate) fn stream(line: OwnedFd) -> io::Result<Stream> {
    AsyncFd::new(line).map(Stream::Serial)
}

/// A line that takes every byte as it is.
pub(crate) fn pair() -> io::Result<Pair> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let host = rustix::pty::openpt(flags)?;
    rustix::pty::unlockpt(&host)?;
    let guest = rustix::pty::ioctl_tiocgptpeer(&host, flags)?;
    set_raw(&guest)?;
    rustix::io::ioctl_fionbio(&host, true)?;
    Ok(Pair { host, guest })
}

/// No echo, no editing, no bytes with a meaning: an agent on virtio-serial sets nothing of the kind itself.
fn set_raw(line: &OwnedFd) -> io::Result<()> {
    let mut settings = rustix::termios::tcgetattr(line)?;
    settings.make_raw();
    Ok(rustix::termios::tcsetattr(line, OptionalActions::Now, &settings)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_passes_a_line_unchanged() {
        let Pair { host, guest } = pair().unwrap();
        let every: Vec<u8> = (0..=u8::MAX).collect();
        let mut heard = [0; 256];
        assert_eq!(rustix::io::write(&host, &every).unwrap(), 256);
        assert_eq!(rustix::io::read(&guest, &mut heard).unwrap(), 256);
        assert_eq!(heard.as_slice(), every);
        // Nothing was echoed.
        assert_eq!(rustix::io::read(&host, &mut heard), Err(rustix::io::Errno::AGAIN));
    }
}
