//! How a process of ours ended, in words.

use crate::core_file::Core;
use crate::error::said;
use rustix::process::Signal;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The end of a process that we started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// `exit status 1` or `signal 6 (SIGABRT)`.
    pub status: String,
    /// Whether a signal ended it.
    pub signalled: bool,
    /// The exit code, where it was no signal.
    pub code: Option<i32>,
    /// The end of what it wrote to standard output and error, lossy and bounded by
    /// [`Limits::stderr_bytes_max`](qmprobe_wire::Limits::stderr_bytes_max).
    pub stderr_tail: String,
    /// Its core, of a peer that was opened to leave one: see [`Peer::open_dumping`](crate::Peer::open_dumping).
    pub core: Option<Core>,
}

impl Exit {
    /// Puts an exit status into words. With `relayed`, the status came through a shell, which turns signal
    /// `n` into code `128 + n` (POSIX, Shell Command Language, "Exit Status for Commands").
    pub(crate) fn new(status: ExitStatus, relayed: bool, stderr_tail: String) -> Exit {
        let relayed_signal =
            status.code().filter(|code| relayed && (129..=192).contains(code)).map(|code| code - 128);
        match (status.signal().or(relayed_signal), status.code()) {
            (Some(signal), _) => {
                Exit { status: signal_words(signal), signalled: true, code: None, stderr_tail, core: None }
            }
            (None, code) => {
                let status = format!("exit status {}", code.unwrap_or_default());
                Exit { status, signalled: false, code, stderr_tail, core: None }
            }
        }
    }
}

impl fmt::Display for Exit {
    /// The status, and what the process said last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.status, said(&self.stderr_tail))
    }
}

fn signal_words(number: i32) -> String {
    const NAMES: &[(Signal, &str)] = &[
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::SYS, "SIGSYS"),
    ];
    match NAMES.iter().find(|(signal, _)| signal.as_raw() == number) {
        Some((_, name)) => format!("signal {number} ({name})"),
        None => format!("signal {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(raw: i32, relayed: bool) -> Exit {
        Exit::new(ExitStatus::from_raw(raw), relayed, String::new())
    }

    #[test]
    fn a_signal_is_named_and_has_no_code() {
        let abort = exit(6, false);
        assert_eq!((abort.status.as_str(), abort.signalled, abort.code), ("signal 6 (SIGABRT)", true, None));
    }

    #[test]
    fn a_code_above_128_is_a_signal_only_when_a_shell_relayed_it() {
        assert_eq!(exit(134 << 8, true).status, "signal 6 (SIGABRT)");
        assert_eq!(exit(134 << 8, false).status, "exit status 134");
        assert_eq!(exit(1 << 8, true).code, Some(1));
    }
}
