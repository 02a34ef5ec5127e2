//! qemu-ga: made to shut down, freeze and overwrite the system it runs on, so it gets the thickest walls:
//! besides a [`crate::sandbox::Cell`] its own process namespace and no capability at all. What it would shut the
//! system down with is replaced by programs that only tell that they were run.

use super::{Care, CellWish, Entrance, Launch, find, no_excuse, scratch, shell_line, shell_word};
use crate::error::Error;
use crate::spec::Channel;
use crate::transport::serial::{self, Pair};
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the socket in the scratch directory.
const SOCKET: &str = "qga.sock";
/// The name of the line in the working directory, when started by hand.
const LINE: &str = "qga.serial";
/// The name of the file in the scratch directory that the agent writes its number to.
const PID_FILE: &str = "qga.pid";

/// The file that says that the walls stand.
const READY: &str = "sandboxed";

/// What an agent runs to shut down: the first, since 10.0 one of the others where there are such (QEMU
/// `qga/commands-posix.c`, qmp_guest_shutdown).
const POWER_PROGRAMS: [&str; 4] = ["shutdown", "poweroff", "halt", "reboot"];
/// The directory in the scratch directory that holds what stands in for them.
const STAND_INS: &str = "stand-ins";
/// The file in it that says that they are what the agent finds.
const IN_PLACE: &str = "stand-ins/in-place";
/// The file in the scratch directory that a stand-in adds a line to whenever it runs.
pub(crate) const CALLS: &str = "shutdown.calls";
/// The file in the scratch directory that makes the stand-ins fail.
pub(crate) const FAILS: &str = "shutdown.fails";

/// Runs as process 1 of the new namespace: mounts its `/proc`, lays the stand-ins over where programs of the
/// system administrator are, says in the file `$1` that the walls stand, and starts the rest as a child without
/// capabilities. (Process 1 itself ignores SIGABRT; a child's is relayed by `$?`.) Where the kernel has no overlay
/// for an ordinary user, the agent finds what is there; without capabilities that can do nothing either.
const INNER: &str = r#"set -e
mount -t proc -o ro,nosuid,nodev,noexec proc /proc
setpriv --inh-caps=-all --bounding-set=-all true
if folder=$(readlink -e /sbin) &&
    mount -t overlay -o "ro,nosuid,nodev,lowerdir=stand-ins:$folder" overlay "$folder" 2> /dev/null &&
    cmp -s stand-ins/shutdown /sbin/shutdown
then : > stand-ins/in-place
fi
: > "$1"
shift
set +e
setpriv --inh-caps=-all --bounding-set=-all "$@"
exit $?"#;

/// What leads to the rest of the system: state, and the sockets of systemd, D-Bus and others.
const HIDDEN: &[&str] = &["/run", "/tmp", "/var"];

pub(crate) fn prepare(
    binary: &Path,
    extra: &[String],
    channel: Channel,
    care: Care,
) -> Result<Launch, Error> {
    let agent = find(binary)?;
    let scratch = scratch()?;
    let place = scratch.path().to_owned();
    let by_hand = arguments(channel, Path::new(by_hand_path(channel)), Path::new("."), extra);
    let command_line =
        shell_line([binary.as_os_str()].into_iter().chain(by_hand.iter().map(OsString::as_os_str)));
    let (entrance, path, inherit) = entrance(channel, &place).map_err(Error::Scratch)?;
    let args = arguments(channel, &path, &place, extra);
    if care == Care::Less {
        let excuse = no_excuse;
        return Ok(Launch {
            scratch,
            program: agent,
            args,
            command_line,
            entrance,
            inherit,
            cell: None,
            at_home: true,
            relayed: false,
            excuse,
            coverage: None,
            dumps: false,
        });
    }
    lay_out_stand_ins(&place).map_err(Error::Scratch)?;
    let ready = place.join(READY);
    let outer = ["--pid", "--kill-child", "sh", "-c", INNER, "sh"].map(OsString::from);
    let inner = [ready.into_os_string(), agent.clone().into_os_string()];
    Ok(Launch {
        scratch,
        // Not found here means not found when it is started, which is excused.
        program: find(Path::new("unshare")).unwrap_or_else(|_| PathBuf::from("unshare")),
        args: outer.into_iter().chain(inner).chain(args).collect(),
        command_line,
        entrance,
        inherit,
        cell: Some(CellWish { program: agent, hidden: HIDDEN, required: true, keep_capabilities: true }),
        at_home: true,
        relayed: true,
        excuse,
        coverage: None,
        dumps: false,
    })
}

/// Makes the programs that are run instead of the system's, each of which tells that it was and does nothing.
fn lay_out_stand_ins(scratch: &Path) -> io::Result<()> {
    let folder = scratch.join(STAND_INS);
    fs::create_dir(&folder)?;
    let home = shell_word(&scratch.to_string_lossy());
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> {home}/{CALLS}\ntest ! -e {home}/{FAILS}\n");
    for name in POWER_PROGRAMS {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o755).open(folder.join(name))?;
        file.write_all(script.as_bytes())?;
    }
    Ok(())
}

/// Whether the agent whose scratch directory this is finds the stand-ins. To be asked before it can write there.
pub(crate) fn stand_ins_are_in_place(scratch: &Path) -> bool {
    scratch.join(IN_PLACE).is_file()
}

/// Where the agent is reached, the path that it is told, and what it inherits for that.
fn entrance(channel: Channel, place: &Path) -> io::Result<(Entrance, PathBuf, Option<OwnedFd>)> {
    if channel == Channel::UnixListen {
        let socket = place.join(SOCKET);
        return Ok((Entrance::Socket(socket.clone()), socket, None));
    }
    let Pair { host, guest } = serial::pair()?;
    let device = rustix::fs::fstat(&guest)?.st_rdev;
    // Inside its walls there are no terminals: it opens the one that it inherits.
    let path = PathBuf::from(format!("/proc/self/fd/{}", guest.as_raw_fd()));
    Ok((Entrance::Line { host: Arc::new(host), guest: device }, path, Some(guest)))
}

/// The channel's path when the agent is started by hand.
fn by_hand_path(channel: Channel) -> &'static str {
    if channel == Channel::UnixListen { SOCKET } else { LINE }
}

fn arguments(channel: Channel, path: &Path, place: &Path, extra: &[String]) -> Vec<OsString> {
    let pid_file = if place == Path::new(".") { PathBuf::from(PID_FILE) } else { place.join(PID_FILE) };
    let ours = [
        OsStr::new("-m"),
        OsStr::new(channel.name()),
        OsStr::new("-p"),
        path.as_os_str(),
        OsStr::new("-t"),
        place.as_os_str(),
        OsStr::new("-f"),
        pid_file.as_os_str(),
    ];
    ours.map(OsStr::to_owned).into_iter().chain(extra.iter().map(OsString::from)).collect()
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
        let line = |channel| {
            let path = Path::new(by_hand_path(channel));
            let words = arguments(channel, path, Path::new("."), &["-v".to_owned()]);
            shell_line(words.iter().map(OsString::as_os_str))
        };
        assert_eq!(line(Channel::UnixListen), "-m unix-listen -p qga.sock -t . -f qga.pid -v");
        assert_eq!(line(Channel::IsaSerial), "-m isa-serial -p qga.serial -t . -f qga.pid -v");
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
