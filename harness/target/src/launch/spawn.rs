//! Any other program, from a command of the user's: in the user's directory and without namespaces, because
//! nobody but the user knows what it needs.

use super::{Entrance, Launch, find, no_excuse, scratch, shell_word};
use crate::error::Error;
use std::ffi::OsString;
use std::path::Path;

/// What stands for the socket's path in a command.
const PLACEHOLDER: &str = "{socket}";

pub(crate) fn prepare(command: &str) -> Result<Launch, Error> {
    if !command.contains(PLACEHOLDER) {
        return Err(Error::NoSocket(command.to_owned()));
    }
    let scratch = scratch()?;
    let socket = scratch.path().join("peer.sock");
    // `exec`, so that the peer itself is the process that we watch and kill.
    let script = format!("exec {}", command.replace(PLACEHOLDER, &shell_word(&socket.to_string_lossy())));
    Ok(Launch {
        scratch,
        program: find(Path::new("sh"))?,
        args: [OsString::from("-c"), OsString::from(script)].into(),
        command_line: command.replace(PLACEHOLDER, "peer.sock"),
        entrance: Entrance::Socket(socket),
        inherit: None,
        cell: None,
        at_home: false,
        relayed: false,
        excuse: no_excuse,
        coverage: None,
        dumps: false,
    })
}
