//! QEMU: no machine unless asked for, a monitor on an inherited socket, and its own seccomp filter.

use super::{Care, CellWish, Entrance, Launch, find, listen, scratch, shell_line};
use crate::error::Error;
use std::ffi::{OsStr, OsString};
use std::os::fd::AsRawFd;
use std::path::Path;

/// QEMU's seccomp filter at its strictest (qemu-options.hx, `-sandbox`).
const SANDBOX: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// The name of the socket in the scratch directory.
const SOCKET: &str = "qmp.sock";

/// What keeps other programs' sockets away from a monitor.
pub(super) const HIDDEN: &[&str] = &["/run"];

pub(crate) fn prepare(binary: &Path, extra: &[String], care: Care) -> Result<Launch, Error> {
    let program = find(binary)?;
    let scratch = scratch()?;
    let (socket, listener) = listen(&scratch, SOCKET)?;
    let place = format!("fd={}", listener.as_raw_fd());
    let by_hand = arguments(&format!("path={SOCKET}"), extra, care);
    Ok(Launch {
        scratch,
        command_line: shell_line(
            [binary.as_os_str()].into_iter().chain(by_hand.iter().map(OsString::as_os_str)),
        ),
        args: arguments(&place, extra, care),
        entrance: Entrance::Socket(socket),
        inherit: Some(listener.into()),
        cell: Some(CellWish {
            program: program.clone(),
            hidden: HIDDEN,
            required: false,
            keep_capabilities: false,
        }),
        program,
        at_home: true,
        relayed: false,
        excuse,
        coverage: None,
        dumps: false,
    })
}

fn arguments(place: &str, extra: &[String], care: Care) -> Vec<OsString> {
    let given = |names: &[&str]| extra.iter().any(|word| names.contains(&word.trim_start_matches('-')));
    let mut words = vec!["-nodefaults", "-no-user-config", "-display", "none"];
    if !given(&["machine", "M"]) {
        words.extend(["-machine", "none"]);
    }
    if care == Care::Full && !given(&["sandbox"]) {
        words.extend(["-sandbox", SANDBOX]);
    }
    let chardev = format!("socket,id=qmprobe,{place},server=on,wait=off");
    words.extend(["-chardev", &chardev, "-mon", "chardev=qmprobe,mode=control,id=monitor"]);
    words
        .into_iter()
        .chain(extra.iter().map(String::as_str))
        .map(|word| OsStr::new(word).to_owned())
        .collect()
}

/// A QEMU built without seccomp refuses the option.
fn excuse(error: &Error, _: &Path) -> Option<String> {
    let Error::DiedAtStart { exit, .. } = error else { return None };
    let words = exit.stderr_tail.to_lowercase();
    (words.contains("sandbox") || words.contains("seccomp"))
        .then(|| "this QEMU has no seccomp filter: started without -sandbox".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(extra: &[&str], care: Care) -> String {
        let extra: Vec<String> = extra.iter().map(|word| (*word).to_owned()).collect();
        shell_line(arguments("path=s", &extra, care).iter().map(OsString::as_os_str))
    }

    #[test]
    fn a_machine_of_the_users_replaces_none() {
        assert!(line(&[], Care::Full).contains("-machine none"));
        for machine in [["-M", "q35"], ["-machine", "q35"], ["--machine", "q35"]] {
            assert!(!line(&machine, Care::Full).contains("none -machine none"));
            assert!(line(&machine, Care::Full).ends_with(&machine.join(" ")));
        }
    }

    #[test]
    fn less_care_leaves_the_seccomp_filter_out_and_nothing_else() {
        let without = line(&[], Care::Full).replace(&format!("-sandbox {SANDBOX} "), "");
        assert_eq!(line(&[], Care::Less), without);
    }
}
