//! qemu-ga: made to shut down, freeze and overwrite the system it runs on, so it gets the thickest walls:
//! besides a [`crate::sandbox::Cell`] its own process namespace and no capability at all.

use super::{Care, CellWish, Launch, find, no_excuse, scratch, shell_line};
use crate::error::Error;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The name of the socket in the scratch directory.
const SOCKET: &str = "qga.sock";

/// The file that says that the walls stand.
const READY: &str = "sandboxed";

/// Runs as process 1 of the new namespace: mounts its `/proc`, says so in the file `$1`, and starts the
/// rest as a child without capabilities. (Process 1 itself ignores SIGABRT; a child's is relayed by `$?`.)
const INNER: &str = r#"set -e
mount -t proc -o ro,nosuid,nodev,noexec proc /proc
setpriv --inh-caps=-all --bounding-set=-all true
: > "$1"
shift
set +e
setpriv --inh-caps=-all --bounding-set=-all "$@"
exit $?"#;

/// What leads to the rest of the system: state, and the sockets of systemd, D-Bus and others.
const HIDDEN: &[&str] = &["/run", "/tmp", "/var"];

pub(crate) fn prepare(binary: &Path, extra: &[String], care: Care) -> Result<Launch, Error> {
    let agent = find(binary)?;
    let scratch = scratch()?;
    let place = scratch.path().to_owned();
    let by_hand = arguments(Path::new(""), extra);
    let command_line =
        shell_line([binary.as_os_str()].into_iter().chain(by_hand.iter().map(OsString::as_os_str)));
    let socket = place.join(SOCKET);
    if care == Care::Less {
        let args = arguments(&place, extra);
        let excuse = no_excuse;
        return Ok(Launch {
            scratch,
            program: agent,
            args,
            command_line,
            socket,
            listener: None,
            cell: None,
            at_home: true,
            relayed: false,
            excuse,
        });
    }
    let ready = place.join(READY);
    let outer = ["--pid", "--kill-child", "sh", "-c", INNER, "sh"].map(OsString::from);
    let inner = [ready.into_os_string(), agent.clone().into_os_string()];
    Ok(Launch {
        scratch,
        // Not found here means not found when it is started, which is excused.
        program: find(Path::new("unshare")).unwrap_or_else(|_| PathBuf::from("unshare")),
        args: outer.into_iter().chain(inner).chain(arguments(&place, extra)).collect(),
        command_line,
        socket,
        listener: None,
        cell: Some(CellWish { program: agent, hidden: HIDDEN, required: true, keep_capabilities: true }),
        at_home: true,
        relayed: true,
        excuse,
    })
}

fn arguments(place: &Path, extra: &[String]) -> Vec<OsString> {
    let state = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    let (socket, pid_file) = (place.join(SOCKET), place.join("qga.pid"));
    let mut words: Vec<&OsStr> = vec![OsStr::new("-m"), OsStr::new("unix-listen"), OsStr::new("-p")];
    words.extend([
        socket.as_os_str(),
        OsStr::new("-t"),
        state.as_os_str(),
        OsStr::new("-f"),
        pid_file.as_os_str(),
    ]);
    words.into_iter().map(OsStr::to_owned).chain(extra.iter().map(OsString::from)).collect()
}

/// What ends before the walls stand was ended by them.
fn excuse(error: &Error, scratch: &Path) -> Option<String> {
    if scratch.join(READY).exists() {
        return None;
    }
    let why = match error {
        Error::Spawn { source, .. } => source.to_string(),
        Error::DiedAtStart { exit, .. } => exit.to_string(),
        other => other.to_string(),
    };
    Some(format!("the guest agent runs without a sandbox, because namespaces cannot be had: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand_the_agent_keeps_everything_in_the_working_directory() {
        let words = arguments(Path::new(""), &["-v".to_owned()]);
        let line = shell_line(words.iter().map(OsString::as_os_str));
        assert_eq!(line, "-m unix-listen -p qga.sock -t . -f qga.pid -v");
    }

    #[test]
    fn a_start_is_excused_only_before_the_walls_stand() {
        let scratch = tempfile::tempdir().unwrap();
        let error = Error::NotFound("qemu-ga".into());
        assert!(excuse(&error, scratch.path()).unwrap().contains("without a sandbox"));
        std::fs::write(scratch.path().join(READY), "").unwrap();
        assert_eq!(excuse(&error, scratch.path()), None);
    }
}
