//! A line for a shell that shows a finding without this tool: the peer's own command line where it is ours,
//! and the bytes through `printf` and `socat`.

use qmprobe_target::{Address, Peer, PeerSpec};
use qmprobe_wire::fault::Channel;
use qmprobe_wire::{Case, Dialect, Recovery, Repeat, Start, Step, Sync, Toward};

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
        let mut bytes = Vec::new();
        if number == 0 && case.start == Start::Command && dialect == Dialect::Qmp {
            bytes.extend_from_slice(b"{\"execute\":\"qmp_capabilities\"}\n");
        }
        for step in steps {
            match step {
                Step::Send(more) | Step::Push(more) => bytes.extend_from_slice(more),
                Step::Settle(ms) => {
                    words.extend((!bytes.is_empty()).then(|| printf(&std::mem::take(&mut bytes))));
                    words.push(format!("sleep {}", *ms as f64 / 1000.0));
                }
                Step::Sync(sync) => bytes.extend(requests(sync, dialect)),
                Step::Repeat(Repeat { bytes: same, times }) => {
                    words.extend((!bytes.is_empty()).then(|| printf(&std::mem::take(&mut bytes))));
                    let one = printf(same);
                    words.push(format!("for n in $(seq {times}); do {one}; done; sleep {REPEATED_S}"));
                }
                Step::Reconnect | Step::Leave(_) | Step::HalfClose | Step::Abandon(_) => {}
            }
        }
        words.extend((!bytes.is_empty()).then(|| printf(&bytes)));
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
fn requests(sync: &Sync, dialect: Dialect) -> Vec<u8> {
    let mut channel = Channel::new(&sync.faults, Toward::Peer);
    let mut recovery = Recovery::new(dialect, 0);
    let mut bytes = Vec::new();
    for attempt in 0..sync.tries_due() {
        channel.begin(attempt, &mut bytes);
        if attempt == 0 {
            channel.pass(&sync.before, &mut bytes);
        }
        channel.pass(&recovery.attempt(sync.token_of(attempt)), &mut bytes);
    }
    bytes
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
    fn an_address_becomes_socats() {
        assert_eq!(socat_address(&"unix:/a/b".parse().unwrap()), "UNIX-CONNECT:/a/b");
        assert_eq!(socat_address(&"tcp:localhost:44".parse().unwrap()), "TCP:localhost:44");
    }
}
