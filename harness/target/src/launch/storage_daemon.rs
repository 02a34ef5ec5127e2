//! qemu-storage-daemon: a monitor on an inherited socket. It has no seccomp filter of its own.

use super::{CellWish, Entrance, Launch, find, listen, no_excuse, qemu, scratch, shell_line};
use crate::error::Error;
use std::ffi::{OsStr, OsString};
use std::os::fd::AsRawFd;
use std::path::Path;

/// The name of the socket in the scratch directory.
const SOCKET: &str = "qmp.sock";

pub(crate) fn prepare(binary: &Path, extra: &[String]) -> Result<Launch, Error> {
    let program = find(binary)?;
    let scratch = scratch()?;
    let (socket, listener) = listen(&scratch, SOCKET)?;
    let place = format!("fd={}", listener.as_raw_fd());
    let by_hand = arguments(&format!("path={SOCKET}"), extra);
    Ok(Launch {
        scratch,
        command_line: shell_line(
            [binary.as_os_str()].into_iter().chain(by_hand.iter().map(OsString::as_os_str)),
        ),
        args: arguments(&place, extra),
        entrance: Entrance::Socket(socket),
        inherit: Some(listener.into()),
        cell: Some(CellWish {
            program: program.clone(),
            hidden: qemu::HIDDEN,
            required: false,
            keep_capabilities: false,
        }),
        program,
        at_home: true,
        relayed: false,
        excuse: no_excuse,
        coverage: None,
        dumps: false,
    })
}

fn arguments(place: &str, extra: &[String]) -> Vec<OsString> {
    let chardev = format!("socket,id=qmprobe,{place},server=on,wait=off");
    let ours = ["--chardev", &chardev, "--monitor", "chardev=qmprobe"];
    // The daemon acts on each option as it reads it: once it greets, the user's must have worked.
    extra.iter().map(String::as_str).chain(ours).map(|word| OsStr::new(word).to_owned()).collect()
}
