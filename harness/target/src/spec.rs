//! Which peer is meant, in the words of the command line. Nothing is started or looked up here.

use crate::transport::Address;
use qmprobe_wire::{Dialect, Weight};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

/// A peer to test. All but [`PeerSpec::Connect`] are ours: started for the test and thrown away after it.
#[derive(Clone, Debug)]
pub enum PeerSpec {
    /// A QEMU system emulator, started with a monitor on a socket and, unless `extra` says otherwise, no machine.
    Qemu {
        /// The program: a path, or a name to look up in `PATH`.
        binary: PathBuf,
        /// Further arguments. The peer runs in a directory of its own, so paths must be absolute.
        extra: Vec<String>,
    },
    /// A qemu-storage-daemon.
    StorageDaemon {
        /// The program.
        binary: PathBuf,
        /// Further arguments, with absolute paths.
        extra: Vec<String>,
    },
    /// A qemu-ga, or a fork that takes the same options.
    GuestAgent {
        /// The program.
        binary: PathBuf,
        /// Further arguments, with absolute paths.
        extra: Vec<String>,
        /// What it is talked to over.
        channel: Channel,
    },
    /// Any other program. It is started in the caller's directory and is not put into namespaces.
    Spawn {
        /// One simple shell command, in which `{socket}` stands for the path of the unix socket to listen on.
        command: String,
        /// The protocol it speaks.
        dialect: Dialect,
    },
    /// A peer that somebody else runs.
    Connect {
        /// Where it listens.
        address: Address,
        /// The protocol it speaks.
        dialect: Dialect,
    },
    /// A peer inside this process.
    Embedded(Embedded),
}

/// What a guest agent of ours is talked to over: its option `-m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// A unix socket, one client after the other.
    #[default]
    UnixListen,
    /// A serial line, over a pseudoterminal.
    IsaSerial,
    /// A virtio console port, over a pseudoterminal.
    VirtioSerial,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 3] = [Channel::UnixListen, Channel::IsaSerial, Channel::VirtioSerial];

    /// As the agent's option has it.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::UnixListen => "unix-listen",
            Channel::IsaSerial => "isa-serial",
            Channel::VirtioSerial => "virtio-serial",
        }
    }
}

/// A peer inside this process, such as the reference peer: each dial yields a fresh client's end of a socket.
#[derive(Clone)]
pub struct Embedded {
    /// For people.
    pub name: String,
    /// The protocol it speaks.
    pub dialect: Dialect,
    /// Connects to it.
    pub dial: Arc<dyn Fn() -> io::Result<UnixStream> + Send + Sync>,
    /// Says what it takes up, by its own account: this process has other things to do too. `None` where it has none.
    pub weigh: Option<Arc<dyn Fn() -> Weight + Send + Sync>>,
    /// Makes the same anew, for each peer that is opened: nothing that was done to one shows in the next. `None` where
    /// all are one.
    pub anew: Option<Arc<dyn Fn() -> Embedded + Send + Sync>>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("name", &self.name)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl PeerSpec {
    /// The protocol that the peer speaks.
    pub fn dialect(&self) -> Dialect {
        match self {
            PeerSpec::Qemu { .. } | PeerSpec::StorageDaemon { .. } => Dialect::Qmp,
            PeerSpec::GuestAgent { .. } => Dialect::Qga,
            PeerSpec::Spawn { dialect, .. } | PeerSpec::Connect { dialect, .. } => *dialect,
            PeerSpec::Embedded(embedded) => embedded.dialect,
        }
    }

    /// Whether the peer is ours to break: false only for one that somebody else runs.
    pub fn ours(&self) -> bool {
        !matches!(self, PeerSpec::Connect { .. })
    }

    /// Whether it sees clients come and go. On a line there is none to accept and none to miss, and the next
    /// client reads what the last one left.
    pub fn sees_clients(&self) -> bool {
        match self {
            PeerSpec::GuestAgent { channel, .. } => *channel == Channel::UnixListen,
            PeerSpec::Connect { address, .. } => !matches!(address, Address::Serial(_)),
            _ => true,
        }
    }

    /// The kind of peer, as waivers name it: `qemu`, `storage-daemon`, `guest-agent`, `other` or `reference`.
    pub fn kind(&self) -> &'static str {
        match self {
            PeerSpec::Qemu { .. } => "qemu",
            PeerSpec::StorageDaemon { .. } => "storage-daemon",
            PeerSpec::GuestAgent { .. } => "guest-agent",
            PeerSpec::Spawn { .. } | PeerSpec::Connect { .. } => "other",
            PeerSpec::Embedded(_) => "reference",
        }
    }
}
