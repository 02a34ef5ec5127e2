//! Namespaces for one process: it sees the file system read-only but for its scratch directory, and neither
//! network, devices nor the sockets of other programs. Planned before the fork, entered after it.

use super::{Room, unshare};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags};
use rustix::thread::UnshareFlags;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Mounts made read-only at most. More are unusual enough to do without a cell.
const MOUNTS_MAX: usize = 4096;

/// Device nodes that a process is left with, as far as they exist.
const DEVICES: [&CStr; 6] =
    [c"/dev/null", c"/dev/zero", c"/dev/full", c"/dev/random", c"/dev/urandom", c"/dev/kvm"];

/// A plan of namespaces: user (where wanted), mount, network, IPC and host name.
#[derive(Debug)]
pub(crate) struct Cell {
    flags: UnshareFlags,
    /// The namespaces that are no fresh ones.
    room: Option<Arc<Room>>,
    /// User and group map, where there is a user namespace: root inside, the caller outside.
    identity: Option<[String; 2]>,
    /// Every mount point, with the flags that it must keep.
    mounts: Vec<(CString, MountFlags)>,
    /// Directories that become empty and private.
    hidden: Vec<CString>,
    /// Directories to make inside of those, parents first.
    folders: Vec<CString>,
    /// The one directory that stays writable, and the working directory.
    scratch: CString,
    /// The program's directory, where a hidden one holds it.
    program: Option<CString>,
}

impl Cell {
    /// Plans a cell for `program`, whose own directory is `scratch`; both absolute and without symlinks.
    /// `hidden` names the directories that it shall find empty, where they exist, with only what it needs put
    /// back.
    ///
    /// # Errors
    /// The mount table cannot be read, or is longer than [`MOUNTS_MAX`].
    pub fn plan(user: bool, scratch: &Path, program: &Path, hidden: &[&str]) -> io::Result<Cell> {
        let mut flags =
            UnshareFlags::NEWNS | UnshareFlags::NEWNET | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
        flags.set(UnshareFlags::NEWUSER, user);
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let hidden: Vec<PathBuf> =
            hidden.iter().filter_map(|path| Path::new(path).canonicalize().ok()).collect();
        let is_hidden = |path: &Path| hidden.iter().any(|above| path.starts_with(above));
        let program = program.parent().filter(|folder| is_hidden(folder));
        let kept = [Some(scratch).filter(|folder| is_hidden(folder)), program];
        let folders = kept.into_iter().flatten().flat_map(|folder| {
            let mut above: Vec<&Path> = folder.ancestors().filter(|path| is_hidden(path)).collect();
            above.reverse();
            above
        });
        Ok(Cell {
            flags,
            room: None,
            identity: user.then(|| [format!("0 {uid} 1"), format!("0 {gid} 1")]),
            mounts: mounts(&std::fs::read("/proc/self/mountinfo")?)?,
            hidden: hidden.iter().map(|path| c_path(path)).collect::<io::Result<_>>()?,
            folders: folders.map(c_path).collect::<io::Result<_>>()?,
            scratch: c_path(scratch)?,
            program: program.map(c_path).transpose()?,
        })
    }

    /// The same without an IPC namespace of its own.
    pub fn with_our_segments(mut self) -> Cell {
        self.flags.remove(UnshareFlags::NEWIPC);
        self
    }

    /// The same with the user and the network namespace of a room, which fits what was planned.
    pub fn with_room(mut self, room: Arc<Room>) -> Cell {
        self.flags.remove(UnshareFlags::NEWUSER | UnshareFlags::NEWNET);
        self.identity = None;
        self.room = Some(room);
        self
    }

    /// The room of a process that has entered it; `None` where the system does not show its namespaces.
    pub fn room_of(&self, pid: u32) -> Option<Arc<Room>> {
        self.room.clone().or_else(|| Room::of(pid, self.identity.is_some()).ok())
    }

    /// Enters the cell. Runs between fork and exec: system calls only.
    pub(super) fn enter(&self) -> io::Result<()> {
        if let Some(room) = &self.room {
            room.enter()?;
        }
        unshare(self.flags)?;
        if let Some([users, groups]) = &self.identity {
            write(c"/proc/self/setgroups", "deny")?;
            write(c"/proc/self/uid_map", users)?;
            write(c"/proc/self/gid_map", groups)?;
        }
        rustix::mount::mount_change(c"/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        let scratch = take(&self.scratch)?;
        let devices = DEVICES.map(|device| take(device).ok());
        for (point, flags) in &self.mounts {
            match rustix::mount::mount_remount(point, *flags, c"") {
                // Under another mount or behind a closed door: the peer does not reach it either.
                Ok(()) | Err(Errno::INVAL | Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let program = self.program.as_deref().map(take).transpose()?;
        for folder in &self.hidden {
            empty(folder, c"size=64m,mode=1777")?;
        }
        // Not sticky: there, opening another user's device with O_CREAT fails (Linux, may_create_in_sticky).
        empty(c"/dev", c"size=64m,mode=755")?;
        for folder in &self.folders {
            make(folder)?;
        }
        make(c"/dev/shm")?;
        for (device, path) in devices.iter().zip(DEVICES) {
            if let Some(device) = device {
                rustix::fs::open(path, OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR)?;
                put(device, path)?;
            }
        }
        if let (Some(program), Some(path)) = (&program, &self.program) {
            put(program, path)?;
        }
        put(&scratch, &self.scratch)?;
        rustix::process::chdir(self.scratch.as_c_str())?;
        Ok(())
    }
}

/// A copy of what is mounted at `path`, to be [`put`] somewhere later.
fn take(path: &CStr) -> io::Result<OwnedFd> {
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    Ok(rustix::mount::open_tree(CWD, path, flags)?)
}

fn put(tree: &OwnedFd, path: &CStr) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    Ok(rustix::mount::move_mount(tree.as_fd(), c"", CWD, path, flags)?)
}

/// Covers a directory with an empty one.
fn empty(path: &CStr, options: &CStr) -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    Ok(rustix::mount::mount(c"tmpfs", path, c"tmpfs", flags, options)?)
}

fn make(path: &CStr) -> io::Result<()> {
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn write(path: &CStr, text: &str) -> io::Result<()> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, text.as_bytes())?;
    Ok(())
}

fn c_path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// Reads the mount points out of `/proc/self/mountinfo` (proc_pid_mountinfo(5)): the fifth field is the
/// path, the sixth its flags. A process in a user namespace must not drop flags that were set outside.
fn mounts(table: &[u8]) -> io::Result<Vec<(CString, MountFlags)>> {
    let mut mounts = Vec::new();
    for line in table.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut fields = line.split(|byte| *byte == b' ').skip(4);
        let (Some(path), Some(options)) = (fields.next(), fields.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let mut flags = MountFlags::BIND | MountFlags::RDONLY;
        for option in options.split(|byte| *byte == b',') {
            flags |= match option {
                b"nosuid" => MountFlags::NOSUID,
                b"nodev" => MountFlags::NODEV,
                b"noexec" => MountFlags::NOEXEC,
                b"nosymfollow" => MountFlags::NOSYMFOLLOW,
                _ => MountFlags::empty(),
            };
        }
        mounts.push((c_path(&unescape(path))?, flags));
        if mounts.len() > MOUNTS_MAX {
            return Err(io::Error::other("too many mounts"));
        }
    }
    Ok(mounts)
}

/// Undoes the octal escapes of a mount table: space, tab, newline and backslash.
fn unescape(field: &[u8]) -> PathBuf {
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let octal = match rest {
            [b'\\', digits @ ..] => digits.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()),
            _ => None,
        };
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                path.push(byte);
                rest = &rest[4..];
            }
            None => {
                path.push(*first);
                rest = tail;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_table_gives_paths_and_the_flags_to_keep() {
        let table = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      23 22 0:5 / /mnt/a\\040b rw,nosuid,nodev,noexec - tmpfs tmpfs rw\n";
        let read_only = MountFlags::BIND | MountFlags::RDONLY;
        let closed = read_only | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        assert_eq!(mounts(table).unwrap(), [(c"/".to_owned(), read_only), (c"/mnt/a b".to_owned(), closed)]);
    }

    #[test]
    fn a_backslash_without_three_octal_digits_stays() {
        assert_eq!(unescape(br"/a\134b\04"), Path::new(r"/a\b\04"));
        assert_eq!(unescape(br"/\999"), Path::new(r"/\999"));
    }

    #[test]
    fn a_torn_mount_table_is_an_error() {
        assert!(mounts(b"22 1 8:1 /\n").is_err());
    }

    #[test]
    fn folders_on_the_way_to_a_hidden_scratch_directory_come_parents_first() {
        let cell =
            Cell::plan(true, Path::new("/tmp/a/b"), Path::new("/usr/bin/x"), &["/run", "/tmp"]).unwrap();
        assert_eq!(cell.folders, [c"/tmp".to_owned(), c"/tmp/a".to_owned(), c"/tmp/a/b".to_owned()]);
        assert_eq!(cell.program, None);
    }
}
