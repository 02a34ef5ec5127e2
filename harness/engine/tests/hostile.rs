//! Hostile peers: each ends in a finding, in bounded time and memory, and never in an error.

mod scripted;
mod stage;

use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits};
use scripted::{GREETING, Twist, peer, serve, swallow};
use stage::{Over, run};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

/// The tests run beside each other, so this is for all of them together.
const RSS_KIB_MAX: u64 = 200 << 10;

fn monitor(serve: impl Fn(UnixStream) + Send + Sync + 'static) -> PeerSpec {
    peer(Dialect::Qmp, move |stream, _| serve(stream)).0
}

/// Runs a campaign with these seconds to spend, and looks at what it cost.
fn attacked(peer: &PeerSpec, seconds_max: u64) -> Over {
    let began = Instant::now();
    let limits = Limits { greeting_ms_max: 400, step_ms_max: 400, case_ms_max: 2_000, ..Limits::default() };
    let over = run(peer, |options| options.limits = limits);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(seconds_max), "{took:?}");
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells it");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("the kernel tells it");
    assert!(peak < RSS_KIB_MAX, "{peak} KiB");
    over
}

fn found(over: &Over, rule: &str) {
    assert!(over.rules().contains(&rule), "{:?}", over.rules());
    assert!(over.summary.violations > 0);
}

#[test]
fn an_endless_line() {
    let over = attacked(&monitor(|mut stream| while stream.write_all(&[b'{'; 65_536]).is_ok() {}), 60);
    found(&over, "output-bounded");
    assert!(!over.summary.complete);
}

#[test]
fn an_agent_that_says_as_much_as_a_newline_before_it_is_asked() {
    let told = |unasked: &'static [u8]| {
        let (spec, _) = peer(Dialect::Qga, move |mut stream, _| {
            let _ = stream.write_all(unasked);
            serve(stream, Dialect::Qga, &|_| Twist::Proper);
        });
        let over = run(&spec, |options| options.rules = vec!["agent-silent-start".to_owned()]);
        over.rules().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(b"\n"), ["agent-silent-start"]);
    assert_eq!(told(b""), Vec::<String>::new());
}

#[test]
fn an_endless_string_after_the_greeting() {
    let peer = monitor(|mut stream| {
        let _ = stream.write_all(GREETING.as_bytes());
        let _ = stream.write_all(b"{\"return\": \"");
        while stream.write_all(&[b'a'; 65_536]).is_ok() {}
    });
    found(&attacked(&peer, 60), "output-bounded");
}

#[test]
fn a_byte_now_and_then() {
    let peer = monitor(|mut stream| {
        for byte in GREETING.bytes().cycle() {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(60));
        }
    });
    found(&attacked(&peer, 60), "output-framing");
}

#[test]
fn a_million_events() {
    let event =
        b"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 1}, \"event\": \"STOP\"}\r\n".repeat(1_000);
    let peer = monitor(move |mut stream| {
        let _ = stream.write_all(GREETING.as_bytes());
        for _ in 0..1_000 {
            if stream.write_all(&event).is_err() {
                return;
            }
        }
        swallow(&stream);
    });
    found(&attacked(&peer, 60), "output-bounded");
}

#[test]
fn brackets_a_hundred_thousand_deep() {
    let deep = [b"{\"QMP\": ".as_slice(), &[b'['; 100_000], &[b']'; 100_000], b"}\r\n"].concat();
    let peer = monitor(move |mut stream| {
        let _ = stream.write_all(&deep);
        swallow(&stream);
    });
    assert!(!attacked(&peer, 60).findings().is_empty());
}

#[test]
fn bytes_that_are_no_utf_8() {
    let peer = monitor(|mut stream| {
        let _ = stream.write_all(b"\xc3\x28\xff\xfe\x80{\"QMP\": \"\xed\xa0\x80\"}\r\n");
        swallow(&stream);
    });
    found(&attacked(&peer, 60), "output-framing");
}

#[test]
fn no_word_at_all() {
    let over = attacked(&monitor(|stream| swallow(&stream)), 60);
    found(&over, "greeting-first");
    assert!(over.summary.cut.unwrap().contains("no longer answers"));
}

#[test]
fn a_door_that_is_shut_at_once() {
    let over = attacked(&monitor(drop), 60);
    found(&over, "greeting-first");
}

#[test]
fn an_agent_without_a_word() {
    let (peer, _) = peer(Dialect::Qga, |stream, _| swallow(&stream));
    let over = attacked(&peer, 60);
    found(&over, "one-reply");
}

#[test]
fn a_client_of_its_own() {
    let peer = monitor(|mut stream| {
        let _ = stream.write_all(b"{\"execute\": \"qmp_capabilities\"}\r\n");
        swallow(&stream);
    });
    assert!(!attacked(&peer, 60).findings().is_empty());
}
