//! A line for a shell that shows a finding without this tool: the peer's own command line where it is ours,
//! and the bytes through `printf` and `socat`.

use qmprobe_target::{Address, Peer, PeerSpec};
use qmprobe_wire::fault::Channel;
use qmprobe_wire::{Case, Dialect, Payload, Recovery, Repeat, Start, Step, Sync, Toward};

/// Characters of a line beyond which nobody pastes it.
const CHARS_MAX: usize = 4_000;
/// Seconds that are left for a peer to be looked at, after it did the same so many times.
const REPEATED_S: u32 = 1;
/// Seconds that `socat` goes on listening after the last byte was sent.
const LISTEN_S: u32 = 2;

/// The line, or words that say why there is none.
pub(crate) fn line(case: &Case, spec: &PeerSpec, peer: &Peer) -> String {
    let (start, socket) = match (spec, peer.command_line_socket()) {
        (PeerSpec::Connect { address, .. }, _) => (String::new(), socat_address(address)),
        (PeerSpec::Spawn { .. }, Some(socket)) => {
            (format!("{} & sleep 1; ", peer.command_line()), format!("UNIX-CONNECT:{socket}"))
        }
        (_, Some(socket)) => {
            let start = format!("cd \"$(mktemp -d)\"; {} & sleep 1; ", peer.command_line());
            (start, format!("UNIX-CONNECT:{socket}"))
        }
        (PeerSpec::GuestAgent { .. }, None) => {
            let line = "socat PTY,raw,echo=0,link=qga.serial UNIX-LISTEN:qga.sock,fork & line=$!";
            let agent = peer.command_line();
            let start = format!("cd \"$(mktemp -d)\"; {line}; sleep 1; {agent} & sleep 1; ");
            (start, "UNIX-CONNECT:qga.sock".to_owned())
        }
        (_, None) => (String::new(), "UNIX-CONNECT:SOCKET".to_owned()),
    };
    let stop = match start.as_str() {
        "" => "",
        start if start.contains("line=$!") => "; kill $! $line 2>/dev/null",
        _ => "; kill $! 2>/dev/null",
    };
    let line = format!("{start}{}{stop}", talk(case, spec.dialect(), &socket));
    if line.len() > CHARS_MAX {
        return "too long for a line: see the finding's file, or `qmprobe replay` it".to_owned();
    }
    line
}

fn socat_address(address: &Address) -> String {
    let text = address.to_string();
    match text.split_once(':') {
        Some(("unix", path)) => format!("UNIX-CONNECT:{path}"),
        Some(("tcp", place)) => format!("TCP:{place}"),
        Some(("serial", path)) => format!("{path},raw,echo=0"),
        _ => text,
    }
}

/// What is said over each of the case's connections.
fn talk(case: &Case, dialect: Dialect, socket: &str) -> String {
    let connections = case.steps.split(Step::opens_another).enumerate();
    let talks = connections.map(|(number, steps)| {
        let mut words = Vec::new();
        let mut bytes = Payload::default();
        if number == 0 && case.start == Start::Command && dialect == Dialect::Qmp {
            bytes.extend(b"{\"execute\":\"qmp_capabilities\"}\n");
        }
        for step in steps {
            match step {
                Step::Send(more) | Step::Push(more) => bytes.extend(more),
                Step::Settle(ms) => {
                    words.extend(said(&std::mem::take(&mut bytes)));
                    words.push(format!("sleep {}", *ms as f64 / 1000.0));
                }
                Step::Sync(sync) => bytes.append(&requests(sync, dialect)),
                Step::Repeat(Repeat { bytes: same, times }) => {
                    words.extend(said(&std::mem::take(&mut bytes)));
                    words.push(format!("{}; sleep {REPEATED_S}", looped(same, usize::from(*times))));
                }
                Step::Reconnect | Step::Leave(_) | Step::HalfClose | Step::Abandon(_) => {}
            }
        }
        words.extend(said(&bytes));
        let said = match words.as_slice() {
            [one] => one.clone(),
            [] => ":".to_owned(),
            _ => format!("{{ {}; }}", words.join("; ")),
        };
        format!("{said} | socat -t{LISTEN_S} - {socket}")
    });
    talks.collect::<Vec<_>>().join("; ")
}

/// What a client that gets back in step sends, if it needs every try; faults on the way back are not to be shown
/// by hand.
fn requests(sync: &Sync, dialect: Dialect) -> Payload {
    let mut channel = Channel::new(&sync.faults, Toward::Peer);
    let mut recovery = Recovery::new(dialect, 0);
    let mut payload = Payload::default();
    for attempt in 0..sync.tries_due() {
        let mut held = Vec::new();
        channel.begin(attempt, &mut held);
        payload.extend(&held);
        if attempt == 0 {
            channel.carry(&sync.before, &mut payload);
        }
        channel.carry(&recovery.attempt(sync.token_of(attempt)).into(), &mut payload);
    }
    payload
}

/// Commands of a shell that write a payload, one after another.
fn said(payload: &Payload) -> impl Iterator<Item = String> {
    payload.parts().map(|(bytes, times)| match times {
        1 => printf(bytes),
        // A loop of the shell's would take minutes for what passes a limit.
        _ if bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\'') && bytes[0] != b'-' => {
            format!("yes '{}' | head -n {times} | tr -d '\\n'", String::from_utf8_lossy(bytes))
        }
        _ => looped(bytes, times),
    })
}

fn looped(bytes: &[u8], times: usize) -> String {
    format!("for n in $(seq {times}); do {}; done", printf(bytes))
}

/// A `printf` command of a POSIX shell that writes exactly these bytes.
fn printf(bytes: &[u8]) -> String {
    let mut line = String::with_capacity(bytes.len() + 16);
    line.push_str("printf '");
    for &byte in bytes {
        match byte {
            b'\\' => line.push_str("\\\\"),
            b'%' => line.push_str("%%"),
            b'\'' => line.push_str("\\047"),
            // The first would make an option of it.
            b'-' if line.ends_with("printf '") => line.push_str("\\055"),
            b'\n' => line.push_str("\\n"),
            0x20..=0x7E => line.push(byte as char),
            _ => line.push_str(&format!("\\{byte:03o}")),
        }
    }
    line.push('\'');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::CaseId;
    use std::process::Command;

    fn case(start: Start, steps: Vec<Step>) -> Case {
        let id = CaseId { seed: 0, index: 0 };
        Case { id, name: "a case".into(), command: None, aim: None, start, steps }
    }

    #[test]
    fn a_shell_prints_exactly_the_bytes() {
        let all: Vec<u8> = (1..=255).chain([0, b'0', b'7', b'%', b's', b'\\', b'n', b'\'']).collect();
        let printed = Command::new("sh").arg("-c").arg(printf(&all)).output().unwrap().stdout;
        assert_eq!(printed, all);
    }

    #[test]
    fn a_monitor_in_command_mode_is_negotiated_with_first() {
        let one = case(Start::Command, vec![Step::Send(b"{}".to_vec())]);
        let line = talk(&one, Dialect::Qmp, "UNIX-CONNECT:s");
        assert_eq!(line, "printf '{\"execute\":\"qmp_capabilities\"}\\n{}' | socat -t2 - UNIX-CONNECT:s");
        assert_eq!(talk(&one, Dialect::Qga, "UNIX-CONNECT:s"), "printf '{}' | socat -t2 - UNIX-CONNECT:s");
    }

    #[test]
    fn each_connection_is_a_line_of_its_own() {
        let steps =
            vec![Step::Send(b"1".to_vec()), Step::Reconnect, Step::Settle(250), Step::Push(b"2".to_vec())];
        let line = talk(&case(Start::Greeting, steps), Dialect::Qmp, "S");
        assert_eq!(line, "printf '1' | socat -t2 - S; { sleep 0.25; printf '2'; } | socat -t2 - S");
    }

    #[test]
    fn a_shell_writes_a_stretch_as_often_as_it_is_said() {
        let mut payload = Payload::from(b"[0".as_slice());
        payload.repeat(b",0", 3);
        payload.repeat(b"\n\xff", 2);
        payload.repeat(b"-n", 2);
        payload.extend(b"]");
        let script = said(&payload).collect::<Vec<_>>().join("; ");
        let printed = Command::new("sh").arg("-c").arg(&script).output().unwrap().stdout;
        assert_eq!(printed, payload.to_vec(), "{script}");
    }

    #[test]
    fn an_address_becomes_socats() {
        assert_eq!(socat_address(&"unix:/a/b".parse().unwrap()), "UNIX-CONNECT:/a/b");
        assert_eq!(socat_address(&"tcp:localhost:44".parse().unwrap()), "TCP:localhost:44");
    }
}
