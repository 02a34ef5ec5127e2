//! Our own trouble: why a run could not begin or go on. What a peer does wrong is a finding, never an error.

use qmprobe_schema::LoadError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a run could not begin or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no peer to talk to.
    #[error(transparent)]
    Peer(#[from] qmprobe_target::Error),
    /// The peer answers, but does not say what it declares.
    #[error("the peer does not tell its schema ({why}): give it with --schema")]
    NoSchema {
        /// What it said instead.
        why: String,
    },
    /// A schema, the peer's own or a shipped one, cannot be loaded.
    #[error("the schema cannot be used: give another with --schema")]
    BadSchema(#[source] LoadError),
    /// The waivers that are built in cannot be read.
    #[error(transparent)]
    BadWaivers(#[from] crate::waivers::BadWaivers),
    /// A command cannot be timed.
    #[error("{command} cannot be timed: {why}")]
    NoBench {
        /// The command.
        command: String,
        /// Why not.
        why: String,
    },
    /// A directory holds another campaign than the one that is to go on, or to be merged.
    #[error("{} is of another campaign: its {what} is {there}, not {here}", .path.display())]
    OtherCampaign {
        /// The directory.
        path: PathBuf,
        /// In which it differs.
        what: &'static str,
        /// What it has.
        there: String,
        /// What is wanted.
        here: String,
    },
    /// A directory holds no campaign.
    #[error("{} holds no fuzz campaign", .0.display())]
    NoCampaign(PathBuf),
    /// Two directories hold one shard, and not the same of it.
    #[error("{} holds a shard that is there already, with other results: round {round}", .path.display())]
    Twice {
        /// The second directory.
        path: PathBuf,
        /// The first round that differs.
        round: u64,
    },
    /// A connection cannot be had as it is needed.
    #[error("cannot set up the connection")]
    Client(#[source] io::Error),
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{}:{line}: this is no {what} of this tool", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What it should be: `journal`, `finding`.
        what: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
