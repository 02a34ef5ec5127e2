//! Agents of somebody's own, behind a socket: what one does that a released agent would not is no reason for a
//! finding, and one that is lost before the first case is.

mod scripted;
mod stage;

use qmprobe_engine::safety::Class;
use qmprobe_target::{Address, PeerSpec};
use qmprobe_wire::{Dialect, Limits};
use scripted::{Asked, Twist, serve};
use stage::{Over, run};
use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

/// Runs what may be sent to anybody against an agent that serves one client after another, as long as it lives.
fn met(
    rules: &[&str],
    twist: impl Fn(&Asked<'_>) -> Twist + Send + 'static,
    lives: fn(&str) -> bool,
) -> Over {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("agent");
    let listener = UnixListener::bind(&path).expect("a socket");
    thread::spawn(move || {
        let gone = Cell::new(false);
        while !gone.get() {
            let Ok((stream, _)) = listener.accept() else { return };
            serve(stream, Dialect::Qga, &|asked: &Asked<'_>| {
                gone.set(!lives(asked.command));
                if gone.get() { Twist::Close } else { twist(asked) }
            });
        }
    });
    let address = Address::Unix(path);
    run(&PeerSpec::Connect { address, dialect: Dialect::Qga }, |options| {
        options.allow = Class::Observing;
        options.rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        options.limits = Limits { greeting_ms_max: 500, step_ms_max: 1_000, ..Limits::default() };
    })
}

#[test]
fn an_agent_that_is_lost_before_the_first_case_is_a_finding() {
    for dies_of in ["guest-info", "guest-sync-delimited", ""] {
        let lives: fn(&str) -> bool = match dies_of {
            "guest-info" => |command| command != "guest-info",
            "" => |command| !command.is_empty(),
            _ => |command| command != "guest-sync-delimited",
        };
        let over = met(&[], |_| Twist::Proper, lives);
        assert_eq!(over.rules(), ["peer-survives"], "{dies_of:?}");
        assert!(over.summary.violations > 0 && !over.summary.complete);
    }
}

#[test]
fn an_agent_that_is_lost_in_every_case_is_not_asked_for_ever() {
    let erred = Cell::new(false);
    let closes = move |asked: &Asked<'_>| match erred.replace(asked.command.is_empty()) {
        true => Twist::Close,
        false => Twist::Proper,
    };
    let rules = ["peer-survives", "json-error-answered"];
    let over = met(&rules, closes, |_| true);
    assert_eq!(over.rules(), ["peer-survives"]);
    let cut = over.summary.cut.unwrap_or_default();
    assert!(cut.contains("lost time after time"), "{cut}");
    assert_eq!(met(&rules, |_| Twist::Proper, |_| true).rules(), [""; 0]);
}

/// What comes of an agent that is handed what it reads as soon as it comes, or line by line.
fn read(by_line: bool) -> Over {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("agent");
    let listener = UnixListener::bind(&path).expect("a socket");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (mut agent, served) = UnixStream::pair().expect("two ends");
            let (mut answers, mut back) =
                (agent.try_clone().expect("a copy"), client.try_clone().expect("a copy"));
            thread::spawn(move || serve(served, Dialect::Qga, &|_: &Asked<'_>| Twist::Proper));
            thread::spawn(move || std::io::copy(&mut answers, &mut back));
            let mut reader = BufReader::new(client);
            loop {
                let mut read =
                    if by_line { Vec::new() } else { reader.fill_buf().unwrap_or_default().to_vec() };
                match by_line {
                    true => drop(reader.read_until(b'\n', &mut read)),
                    false => reader.consume(read.len()),
                }
                if read.is_empty() || agent.write_all(&read).is_err() {
                    break;
                }
            }
            // Its other end has a copy.
            let _ = agent.shutdown(Shutdown::Write);
        }
    });
    let address = Address::Unix(path);
    run(&PeerSpec::Connect { address, dialect: Dialect::Qga }, |options| {
        options.allow = Class::Observing;
        options.rules = ["input-framing", "one-reply"].map(str::to_owned).to_vec();
        options.limits = Limits { greeting_ms_max: 500, step_ms_max: 1_000, ..Limits::default() };
    })
}

#[test]
fn an_agent_that_answers_nothing_before_a_newline_is_a_finding() {
    assert_eq!(read(true).rules(), ["input-framing"]);
    assert_eq!(read(false).rules(), [""; 0]);
}

/// What comes of it where the next client throws out the one that is served, and where it waits.
fn joined(throws_out: bool) -> Over {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("agent");
    let listener = UnixListener::bind(&path).expect("a socket");
    thread::spawn(move || {
        let mut served: Option<(UnixStream, thread::JoinHandle<()>)> = None;
        for stream in listener.incoming().flatten() {
            if let Some((before, service)) = served.take() {
                if throws_out {
                    before.shutdown(Shutdown::Both).expect("a socket");
                }
                service.join().expect("served");
            }
            let next = stream.try_clone().expect("a socket");
            served = Some((next, thread::spawn(|| serve(stream, Dialect::Qga, &|_| Twist::Proper))));
        }
    });
    run(&PeerSpec::Connect { address: Address::Unix(path), dialect: Dialect::Qga }, |options| {
        options.allow = Class::Observing;
        options.rules = vec!["peer-survives".to_owned()];
        options.limits = Limits { greeting_ms_max: 500, step_ms_max: 1_000, ..Limits::default() };
    })
}

#[test]
fn an_agent_whose_next_client_throws_out_the_one_it_serves_is_a_finding() {
    assert_eq!(joined(true).rules(), ["peer-survives"]);
    assert_eq!(joined(false).rules(), [""; 0]);
}
