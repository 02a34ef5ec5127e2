//! How each kind of peer is started: the program, its arguments and what it is held to. Nothing starts here.

pub(crate) mod guest_agent;
pub(crate) mod qemu;
pub(crate) mod spawn;
pub(crate) mod storage_daemon;

use crate::coverage::CoverageMap;
use crate::error::Error;
use crate::sandbox::{Cell, Room};
use rustix::fs::Access;
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Bytes of a scratch directory's path, so that a socket's path in it still fits `sockaddr_un` (108, unix(7)).
const SCRATCH_PATH_BYTES_MAX: usize = 90;

/// Where programs of the system administrator are; a user's `PATH` often lacks them.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// How carefully to start a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// With every protection.
    Full,
    /// Without the one that an [`Excuse`] was given for.
    Less,
}

/// Whether a failed start with [`Care::Full`] is the fault of the protection itself, seen from the error and
/// the scratch directory: then in one sentence what will be missing.
pub(crate) type Excuse = fn(&Error, &Path) -> Option<String>;

/// Everything there is to know to start a process.
#[derive(Debug)]
pub(crate) struct Launch {
    pub scratch: TempDir,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// The same for people: see [`crate::Peer::command_line`].
    pub command_line: String,
    /// Where the peer is reached.
    pub entrance: Entrance,
    /// What it inherits: its end of the entrance, so that there is no path to wait for.
    pub inherit: Option<OwnedFd>,
    /// The namespaces it should have.
    pub cell: Option<CellWish>,
    /// Whether it works in its scratch directory and has its home there.
    pub at_home: bool,
    /// Whether a shell between us and the peer passes on its exit status.
    pub relayed: bool,
    pub excuse: Excuse,
    /// Where it counts the edges that it takes.
    pub coverage: Option<CoverageMap>,
    /// See [`crate::sandbox::Sandbox::dumps`].
    pub dumps: bool,
}

/// Where a started peer is reached.
#[derive(Debug)]
pub(crate) enum Entrance {
    /// A socket at this path, now or soon.
    Socket(PathBuf),
    /// A line, of which this is our end.
    Line {
        host: Arc<OwnedFd>,
        /// The device number of the peer's end.
        guest: u64,
    },
}

/// A wish for a [`Cell`].
#[derive(Debug)]
pub(crate) struct CellWish {
    /// The program that must stay visible.
    pub program: PathBuf,
    /// The directories that it finds empty.
    pub hidden: &'static [&'static str],
    /// Whether it may not start without.
    pub required: bool,
    /// See [`crate::sandbox::Sandbox::keep_capabilities`].
    pub keep_capabilities: bool,
}

impl Launch {
    /// The ways to meet the wish for a cell, the best first and each planned when its turn comes; `None` is to go without.
    pub fn cells(&self) -> impl Iterator<Item = Option<Cell>> {
        // Without a user namespace it takes root, and drops what root can do.
        let users = if rustix::process::geteuid().is_root() { &[true, false][..] } else { &[true] };
        let wish = self.cell.as_ref();
        let planned = wish.into_iter().flat_map(|wish| {
            let used = if wish.keep_capabilities { &[false][..] } else { &[true, false] };
            let ways = users.iter().flat_map(|user| used.iter().map(|used| (*user, *used)));
            ways.filter_map(|(user, used)| self.plan(wish, user, used)).map(Some)
        });
        let without = wish.is_none_or(|wish| !wish.required);
        planned.chain(without.then_some(None))
    }

    /// See [`CellWish::keep_capabilities`].
    pub fn keeps_capabilities(&self) -> bool {
        self.cell.as_ref().is_some_and(|wish| wish.keep_capabilities)
    }

    /// A cell with a user namespace or without; in a room where another peer has lived, if there is such.
    fn plan(&self, wish: &CellWish, user: bool, used: bool) -> Option<Cell> {
        let room = if used { Some(Room::empty(user)?) } else { None };
        let cell = Cell::plan(user, self.scratch.path(), &wish.program, wish.hidden).ok()?;
        let cell = match room {
            Some(room) => cell.with_room(room),
            None => cell,
        };
        // A segment is seen in the IPC namespace that it was made in.
        Some(if self.coverage.is_some() { cell.with_our_segments() } else { cell })
    }
}

/// A fresh directory, whose path is free of symlinks and short enough for sockets.
fn scratch() -> Result<TempDir, Error> {
    let make = |folder: &Path| tempfile::Builder::new().prefix("qmprobe-").tempdir_in(folder.canonicalize()?);
    let scratch = make(&env::temp_dir()).map_err(Error::Scratch)?;
    if scratch.path().as_os_str().len() <= SCRATCH_PATH_BYTES_MAX {
        return Ok(scratch);
    }
    make(Path::new("/tmp")).map_err(Error::Scratch)
}

/// A socket in `scratch` that listens already, under the name it has there.
fn listen(scratch: &TempDir, name: &str) -> Result<(PathBuf, UnixListener), Error> {
    let path = scratch.path().join(name);
    let listener = UnixListener::bind(&path).map_err(Error::Scratch)?;
    Ok((path, listener))
}

/// The program that `binary` means: a path, or a name to look up.
fn find(binary: &Path) -> Result<PathBuf, Error> {
    let runs = |path: &PathBuf| path.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok();
    let found = if binary.as_os_str().as_bytes().contains(&b'/') {
        Some(binary.to_owned()).filter(runs)
    } else {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain(SYSTEM_FOLDERS.map(PathBuf::from));
        folders.map(|folder| folder.join(binary)).find(runs)
    };
    found.and_then(|path| path.canonicalize().ok()).ok_or_else(|| Error::NotFound(binary.to_owned()))
}

/// A command line that a shell reads as these words.
fn shell_line<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| shell_word(&word.to_string_lossy())).collect();
    quoted.join(" ")
}

/// A word that a shell reads as `text`.
fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+,./:@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The excuse of a peer that has none.
fn no_excuse(_: &Error, _: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_word_is_quoted_only_where_a_shell_would_change_it() {
        assert_eq!(shell_word("socket,id=m,path=/a.b"), "socket,id=m,path=/a.b");
        assert_eq!(shell_word("it's $x"), r"'it'\''s $x'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn a_program_is_found_by_name_and_by_path_but_not_when_it_is_a_directory() {
        assert!(find(Path::new("sh")).unwrap().is_absolute());
        assert!(find(Path::new("/bin/sh")).is_ok());
        assert!(matches!(find(Path::new("/bin")), Err(Error::NotFound(_))));
        assert!(matches!(find(Path::new("no-such-program")), Err(Error::NotFound(_))));
    }
}
