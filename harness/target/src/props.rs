//! What a peer finds in its scratch directory when it starts, and what is done with it while the peer runs.

use crate::error::Error;
use crate::peer::Peer;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Between looks at whether somebody reads a pipe.
const POLL: Duration = Duration::from_millis(2);

/// Something in the scratch directory, by the name that it has there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prop {
    /// A named pipe.
    Fifo(String),
    /// A file full of zeros, of so many bytes.
    File(String, u64),
}

impl Prop {
    /// Makes it.
    pub(crate) fn make(&self, scratch: &Path) -> Result<(), Error> {
        let made = match self {
            Prop::Fifo(name) => inside(scratch, name)
                .and_then(|path| Ok(rustix::fs::mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR)?)),
            Prop::File(name, bytes) => {
                inside(scratch, name).and_then(File::create_new).and_then(|file| file.set_len(*bytes))
            }
        };
        made.map_err(Error::Scratch)
    }
}

impl Peer {
    /// Opens a file of the scratch directory to read and to write, without waiting.
    ///
    /// # Errors
    /// There is no scratch directory, or no such file in it.
    pub fn open_prop(&self, name: &str) -> io::Result<OwnedFd> {
        let path = inside(self.scratch().ok_or(io::ErrorKind::NotFound)?, name)?;
        Ok(rustix::fs::open(
            path,
            OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW,
            Mode::empty(),
        )?)
    }

    /// Opens a named pipe for writing and closes it: whoever waits to read it reads its end. True when
    /// somebody did within `ms` milliseconds.
    ///
    /// # Errors
    /// There is no scratch directory, or no such pipe in it.
    pub async fn feed(&self, name: &str, ms: u64) -> io::Result<bool> {
        let path = inside(self.scratch().ok_or(io::ErrorKind::NotFound)?, name)?;
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let until = Instant::now() + Duration::from_millis(ms);
        loop {
            // Without a reader it fails (fifo(7)).
            match rustix::fs::open(&path, flags, Mode::empty()) {
                Ok(_closed) => return Ok(true),
                Err(Errno::NXIO) if Instant::now() < until => sleep(POLL).await,
                Err(Errno::NXIO) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The path of `name` in `scratch`, and not out of it.
pub(crate) fn inside(scratch: &Path, name: &str) -> io::Result<PathBuf> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(scratch.join(name)),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_scratch_directory() {
        for name in ["", ".", "..", "a/b", "/etc/passwd", "../a"] {
            assert!(inside(Path::new("/s"), name).is_err(), "{name}");
        }
        assert_eq!(inside(Path::new("/s"), "a").unwrap(), Path::new("/s/a"));
    }

    #[test]
    fn a_file_has_its_size_and_is_not_made_twice() {
        let scratch = tempfile::tempdir().unwrap();
        let prop = Prop::File("disk".to_owned(), 4096);
        prop.make(scratch.path()).unwrap();
        assert_eq!(scratch.path().join("disk").metadata().unwrap().len(), 4096);
        assert!(prop.make(scratch.path()).is_err());
        Prop::Fifo("pipe".to_owned()).make(scratch.path()).unwrap();
    }
}
