//! A client gets back in step with an agent over a channel that loses, doubles, flips, inserts, cuts and delays
//! bytes: with the try that follows the last fault, whatever was sent before.

use crate::{Held, schemas};
use arbitrary::{Result, Unstructured};
use qmprobe_reference::{Config, Peer};
use qmprobe_wire::fault::Channel;
use qmprobe_wire::{Damage, Dialect, Fault, Recovery, Sync, Toward, Version};
use std::sync::Arc;

/// Faults of one channel.
const FAULTS_MAX: usize = 6;
/// Tries in which there are faults.
const FAULTY_TRIES: u32 = 3;
/// Bytes of a try within which there may be a fault.
const PLACES: usize = 160;
/// Bytes that one fault puts in.
const INSERT_MAX: usize = 24;
/// Bytes of one message to the client.
const ANSWER_BYTES_MAX: usize = 1 << 16;
/// Put in whole: bytes of a mutation seldom make one.
const PIECES: &[&[u8]] = &[
    b"{\"return\": {}}\n",
    b"{\"ret",
    b"\xff{\"return\": 1}\n",
    b"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"late\"}}\n",
    b"\xff\xff",
    b"{\"a\":\"",
    b"[[[[",
];

/// The target.
///
/// # Errors
/// The client is out of step for longer than it may be.
pub fn body(data: &[u8]) -> Held {
    let Ok(sync) = sync(&mut Unstructured::new(data)) else { return Ok(()) };
    let agent = Config {
        schema: Arc::clone(schemas::recorded(Dialect::Qga)?),
        dialect: Dialect::Qga,
        bugs: Vec::new(),
        version: Version::new(7, 2),
        seed: 0,
    };
    recovers(&sync, Peer::new(agent))
}

fn sync(source: &mut Unstructured<'_>) -> Result<Sync> {
    let token = source.arbitrary::<i64>()? & i64::MAX;
    let count = source.int_in_range(0..=FAULTS_MAX)?;
    let faults = (0..count).map(|_| fault(source)).collect::<Result<_>>()?;
    let before = source.bytes(source.len())?.into();
    Ok(Sync { before, token: token.max(1), faults })
}

fn fault(source: &mut Unstructured<'_>) -> Result<Fault> {
    let damage = match source.int_in_range(0..=6u8)? {
        0 => Damage::Lose,
        1 => Damage::Double,
        2 => Damage::Flip(source.arbitrary()?),
        3 => Damage::Cut,
        4 => Damage::Hold,
        5 => Damage::Insert(source.choose(PIECES)?.to_vec()),
        _ => {
            let length = source.int_in_range(0..=INSERT_MAX)?;
            Damage::Insert(source.bytes(length.min(source.len()))?.to_vec())
        }
    };
    Ok(Fault {
        attempt: source.int_in_range(0..=FAULTY_TRIES - 1)?,
        toward: if source.arbitrary()? { Toward::Peer } else { Toward::Client },
        at: source.int_in_range(0..=PLACES)?,
        damage,
    })
}

/// Whether the client is in step with the agent after as many tries as are due.
fn recovers(sync: &Sync, mut agent: Peer) -> Held {
    let channel = |toward| Channel::new(&sync.faults, toward);
    let (mut there, mut back) = (channel(Toward::Peer), channel(Toward::Client));
    let mut client = Recovery::new(Dialect::Qga, ANSWER_BYTES_MAX);
    let mut events = Vec::new();
    for attempt in 0..sync.tries_due() {
        let (mut sent, mut said, mut heard) = (Vec::new(), Vec::new(), Vec::new());
        there.begin(attempt, &mut sent);
        back.begin(attempt, &mut heard);
        if attempt == 0 {
            there.pass(&sync.before.to_vec(), &mut sent);
        }
        there.pass(&client.attempt(sync.token_of(attempt)), &mut sent);
        agent.take(&sent);
        while agent.answer(&mut said) {}
        back.pass(&said, &mut heard);
        client.feed(&heard, &mut events);
        if client.is_synced() {
            return Ok(());
        }
    }
    Err(format!("not in step after {} tries: {events:?}", sync.tries_due()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_reference::find_bug;

    fn agent(bug: Option<&str>) -> Peer {
        let schema = Arc::clone(schemas::recorded(Dialect::Qga).unwrap());
        let bugs = bug.map(|name| find_bug(name).unwrap()).into_iter().collect();
        Peer::new(Config { schema, dialect: Dialect::Qga, bugs, version: Version::new(7, 2), seed: 0 })
    }

    #[test]
    fn an_agent_that_does_not_let_its_client_recover_is_noticed() {
        let half = Sync { before: b"{\"execute\":".as_slice().into(), token: 7, faults: Vec::new() };
        assert_eq!(recovers(&half, agent(None)), Ok(()));
        for bug in ["sentinel-missing", "sentinel-byte-ignored"] {
            assert!(recovers(&half, agent(Some(bug))).is_err(), "{bug}");
        }
    }
}
