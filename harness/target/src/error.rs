//! Our own trouble: why a peer could not be started or reached. What a peer does wrong is never an error.

use crate::exit::Exit;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no peer, or no connection to it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The program does not exist, or may not be executed.
    #[error("found no program `{}`: install it, or give the path of the one to test", .0.display())]
    NotFound(PathBuf),
    /// The program exists and the system refused to start it.
    #[error("cannot start `{command}`")]
    Spawn {
        /// The command line.
        command: String,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no map for a peer to count edges in.
    #[error("cannot make a map for the edges that the peer takes")]
    Coverage(#[source] io::Error),
    /// The peer ended before it could be talked to.
    #[error("`{command}` ended while starting: {exit}; run it by hand to see why")]
    DiedAtStart {
        /// The command line.
        command: String,
        /// How it ended, and what it said.
        exit: Exit,
    },
    /// The peer runs, but nobody listened on its socket in time.
    #[error("`{command}` did not listen on its socket within {waited_ms} ms{}", said(.stderr_tail))]
    StartTimeout {
        /// The command line.
        command: String,
        /// Milliseconds waited.
        waited_ms: u64,
        /// The end of what it said meanwhile.
        stderr_tail: String,
    },
    /// Nobody accepted the connection.
    #[error("cannot connect to {address}: is the peer running, and may this user connect?")]
    Connect {
        /// Where.
        address: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The command of a spawned peer never mentions its socket.
    #[error("`{0}` says nowhere which socket to listen on: write `{{socket}}` where its path belongs")]
    NoSocket(String),
    /// The peer's scratch directory, pipe or socket could not be made.
    #[error("cannot prepare a place to run the peer in (set TMPDIR to a short, writable path)")]
    Scratch(#[source] io::Error),
}

/// Text that is no address of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{given}` is no address: {hint}")]
pub struct BadAddress {
    /// The text.
    pub given: String,
    /// What is wrong with it and what to write.
    pub hint: String,
}

/// The end of a message that quotes a peer's own words, where there are any.
pub(crate) fn said(stderr_tail: &str) -> String {
    match stderr_tail.trim_end() {
        "" => String::new(),
        words => format!("; it said:\n{words}"),
    }
}
