//! What every process of ours is held to, between fork and exec. The only file with `unsafe` code.
//!
//! The code that runs in the child allocates nothing and takes no locks: system calls only.
#![allow(unsafe_code)]

mod cell;
mod rooms;

pub(crate) use cell::Cell;
pub(crate) use rooms::Room;

use rustix::io::FdFlags;
use rustix::process::{Pid, Resource, Rlimit, Signal};
use rustix::thread::{CapabilitiesSecureBits, UnshareFlags};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

/// Bytes that a peer's files may grow to; beyond that a write fails. QEMU fills a MiB with memory that nothing stands
/// behind in some 60 ms (softmmu/cpus.c:qmp_pmemsave), and answers nobody meanwhile.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Bytes of a core, most of which are holes.
const CORE_BYTES_MAX: u64 = 4 << 30;
/// Bytes of address space: QEMU maps a 1 GiB translation buffer, and guest memory besides.
const ADDRESS_SPACE_BYTES_MAX: u64 = 16 << 30;
/// Open files. QEMU's monitor alone may be asked to open many.
const FILES_MAX: u64 = 1024;

/// What one process is given and denied.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// A socket or a line that the process inherits under the same number.
    pub inherit: Option<Arc<OwnedFd>>,
    /// Namespaces of its own.
    pub cell: Option<Arc<Cell>>,
    /// Whether it keeps the capabilities that it has inside its cell: for a program that goes on to build
    /// the inner wall and drops them then.
    pub keep_capabilities: bool,
    /// Whether it may leave a core, as far as the user's own limit goes.
    pub dumps: bool,
}

impl Sandbox {
    /// Makes `command` enter the sandbox before it executes its program. A step that fails fails the spawn.
    pub fn install(self, command: &mut Command) {
        let parent = rustix::process::getpid();
        let limits = rlimits(self.dumps);
        // SAFETY: `enter` makes system calls only; all memory that it touches was allocated before the fork.
        unsafe { command.pre_exec(move || self.enter(parent, &limits)) };
    }

    fn enter(&self, parent: Pid, limits: &[(Resource, Rlimit)]) -> io::Result<()> {
        if let Some(inherited) = &self.inherit {
            rustix::io::fcntl_setfd(inherited, FdFlags::empty())?;
        }
        ignore(Signal::XFSZ)?;
        rustix::thread::set_no_new_privs(true)?;
        if let Some(cell) = &self.cell {
            cell.enter()?;
            if !self.keep_capabilities {
                let bits = CapabilitiesSecureBits::NO_ROOT | CapabilitiesSecureBits::NO_ROOT_LOCKED;
                rustix::thread::set_capabilities_secure_bits(bits)?;
            }
        }
        for (resource, limit) in limits {
            rustix::process::setrlimit(*resource, *limit)?;
        }
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // Whoever dies before the line above sends no signal.
        if rustix::process::getppid() != Some(parent) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    }
}

/// The limits, none above what this process may have itself. A file may be as large as a core.
fn rlimits(dumps: bool) -> [(Resource, Rlimit); 4] {
    let limit = |resource, wanted: u64| {
        let value = rustix::process::getrlimit(resource).maximum.map_or(wanted, |hard| wanted.min(hard));
        (resource, Rlimit { current: Some(value), maximum: Some(value) })
    };
    let own = rustix::process::getrlimit(Resource::Core).current.unwrap_or(CORE_BYTES_MAX);
    let core = if dumps { own.min(CORE_BYTES_MAX) } else { 0 };
    [
        limit(Resource::Core, core),
        limit(Resource::Fsize, FILE_BYTES_MAX.max(core)),
        limit(Resource::As, ADDRESS_SPACE_BYTES_MAX),
        limit(Resource::Nofile, FILES_MAX),
    ]
}

/// Leaves the namespaces in `flags` for fresh ones.
fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: without FILES, no thread loses sight of a file descriptor.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}

/// Has this process, and what it executes, ignore a signal.
fn ignore(ignored: Signal) -> io::Result<()> {
    const SIG_IGN: usize = 1;
    const SIG_ERR: usize = usize::MAX;
    unsafe extern "C" {
        // signal(2) of the C library that std links; rustix has no stable counterpart.
        fn signal(number: std::ffi::c_int, handler: usize) -> usize;
    }
    // SAFETY: `SIG_IGN` is no address of a handler, and signal(2) is async-signal-safe.
    match unsafe { signal(ignored.as_raw(), SIG_IGN) } {
        SIG_ERR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
