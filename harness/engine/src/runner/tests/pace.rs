//! Replies that take longer to come than a peer has to begin one.

use super::*;
use std::io::Read;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;

/// Bytes of what is said that make it long.
const LONG: usize = 1_000;

/// Passes on what a peer says, in parts where it is long, each some time after the one before.
fn pass_on(mut said: UnixStream, mut client: UnixStream, pause: Duration, parts: usize) {
    let mut chunk = vec![0; 1 << 16];
    while let Ok(count @ 1..) = said.read(&mut chunk) {
        let is_long = count > LONG;
        for part in chunk[..count].chunks(if is_long { count / 4 } else { count }).take(parts) {
            if client.write_all(part).is_err() {
                return;
            }
            thread::sleep(if is_long { pause } else { Duration::ZERO });
        }
    }
}

/// An agent whose long replies come in four parts, or the first so many of them.
fn slow_agent(pause_ms: u64, parts: usize) -> PeerSpec {
    let (spec, _) = peer(Dialect::Qga, move |mut asks, _| {
        let (agent, said) = UnixStream::pair().unwrap();
        let (mut asked, client) = (agent.try_clone().unwrap(), asks.try_clone().unwrap());
        let passing = thread::spawn(move || pass_on(agent, client, Duration::from_millis(pause_ms), parts));
        let serving = thread::spawn(|| scripted::serve(said, Dialect::Qga, &|_| Twist::Proper));
        std::io::copy(&mut asks, &mut asked).ok();
        asked.shutdown(Shutdown::Write).ok();
        serving.join().unwrap();
        passing.join().unwrap();
    });
    spec
}

#[test]
fn a_reply_that_is_still_coming_is_not_cut_off_and_one_that_stops_is() {
    let long = send(&format!("{{\"execute\":\"guest-ping\",\"id\":\"{}\"}}", "x".repeat(2 * LONG)));
    let end = |pause_ms, parts| {
        let transcript = Stage::new(&slow_agent(pause_ms, parts)).run(Start::Command, vec![long.clone()]);
        let last = transcript.exchanges.last().unwrap();
        (timed_out(last), last.messages().count())
    };
    assert_eq!(end(200, 5), (false, 1));
    assert_eq!(end(200, 2), (true, 0));
}

#[test]
fn how_fast_an_agent_reads_is_seen_and_of_one_that_does_not_answer_nothing() {
    let rate = |pause_ms, parts| {
        let mut stage = Stage::new(&slow_agent(pause_ms, parts));
        stage.runtime.block_on(stage.runner.bytes_per_second())
    };
    let (quick, slow) = (rate(0, 5).unwrap(), rate(200, 5).unwrap());
    // Four pauses at least for each long reply.
    assert!(slow < 400_000.0 && quick > 2.0 * slow, "{quick} and {slow}");
    assert_eq!(rate(0, 2), None);
}
