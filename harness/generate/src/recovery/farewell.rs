//! A client that closes with a reply unread, and the next one. A stock agent is gone then, so this comes last.

use super::{FIRST_INDEX, mix};
use qmprobe_wire::{Case, CaseId, Payload, Start, Step, Sync};

/// Milliseconds in which the reply comes, and in which the agent notices that nobody reads it.
const UNREAD_MS: u64 = 100;
/// Milliseconds in which the next client would get what was not meant for it.
const SETTLE_MS: u64 = 50;
/// These cases count from here.
const INDEX: u64 = FIRST_INDEX + (1 << 24);

/// Commands of a client that does not wait for the first reply: some are answered when it has gone.
const UNAWAITED: usize = 2_000;

/// The cases that are run when nothing else is left to do.
pub fn farewells(seed: u64) -> Vec<Case> {
    let ping = b"{\"execute\":\"guest-ping\"}\n".to_vec();
    // What the next client is sent of it shows whose it was.
    let unawaited = b"{\"execute\":\"guest-ping\",\"id\":\"left\"}\n";
    let kinds = [
        ("a reply unread at the end", ping.clone(), UNREAD_MS),
        ("a client that awaits no reply", unawaited.repeat(UNAWAITED), 0),
    ];
    let case = |(index, (name, bytes, wait_ms)): (u64, (&str, Vec<u8>, u64))| {
        let token = (1 << 60) + (mix(seed, index) >> 8) as i64;
        let sync = Sync { before: Payload::default(), token, faults: Vec::new() };
        Case {
            id: CaseId { seed, index },
            name: format!("agent-outlives-client: {name}"),
            command: None,
            aim: Some("agent-outlives-client".to_owned()),
            start: Start::Greeting,
            steps: vec![Step::Push(bytes), Step::Abandon(wait_ms), Step::Settle(SETTLE_MS), Step::Sync(sync)],
        }
    };
    (INDEX..).zip(kinds).map(case).collect()
}
