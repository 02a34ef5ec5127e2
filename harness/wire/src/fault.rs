//! What can happen to bytes on their way, as data, and a channel that does it to them. Deterministic: a fault
//! stands at an offset and not at a time, and a reply that comes too late is one that comes with the next try.

use crate::escape;
use crate::payload::Payload;
use serde::{Deserialize, Serialize};

/// Where bytes are going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Toward {
    /// From the client to the peer.
    Peer,
    /// From the peer to the client.
    Client,
}

/// What happens at one place of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// The byte is lost.
    Lose,
    /// The byte comes twice.
    Double,
    /// These bits of the byte are turned over.
    Flip(u8),
    /// These bytes come before it.
    Insert(#[serde(with = "escape")] Vec<u8>),
    /// It and all that follows in this try are lost.
    Cut,
    /// It and all that follows in this try come only when the next has begun.
    Hold,
}

/// Damage at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// In which try to get back in step, from 0.
    pub attempt: u32,
    /// In which direction.
    pub toward: Toward,
    /// Bytes of this try and direction before the place.
    pub at: usize,
    /// What happens there.
    pub damage: Damage,
}

/// One direction of a channel with faults.
#[derive(Debug)]
pub struct Channel {
    faults: Vec<Fault>,
    attempt: u32,
    /// Bytes of this try that came in.
    offset: usize,
    /// What happens to the rest of this try.
    rest: Rest,
    held: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Passes,
    IsLost,
    IsHeld,
}

impl Channel {
    /// The channel with those of the faults that are in its direction. Of several at one place the first counts.
    pub fn new(faults: &[Fault], toward: Toward) -> Channel {
        let faults = faults.iter().filter(|fault| fault.toward == toward).cloned().collect();
        Channel { faults, attempt: 0, offset: 0, rest: Rest::Passes, held: Vec::new() }
    }

    /// Begins a try: what was held back comes out.
    pub fn begin(&mut self, attempt: u32, out: &mut Vec<u8>) {
        (self.attempt, self.offset, self.rest) = (attempt, 0, Rest::Passes);
        out.append(&mut self.held);
    }

    /// Lets a payload through. A stretch of it to which nothing happens comes out as one.
    pub fn carry(&mut self, payload: &Payload, out: &mut Payload) {
        for (bytes, times) in payload.parts() {
            let end = self.offset.saturating_add(bytes.len().saturating_mul(times));
            let struck =
                |fault: &Fault| fault.attempt == self.attempt && (self.offset..end).contains(&fault.at);
            if self.rest == Rest::Passes && !self.faults.iter().any(struck) {
                self.offset = end;
                out.repeat(bytes, times);
                continue;
            }
            let mut passed = Vec::new();
            (0..times).for_each(|_| self.pass(bytes, &mut passed));
            out.extend(&passed);
        }
    }

    /// Lets bytes through, in any split.
    pub fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            let here = |fault: &&Fault| fault.attempt == self.attempt && fault.at == self.offset;
            let damage = self.faults.iter().find(here).map(|fault| &fault.damage);
            self.offset += 1;
            match damage {
                Some(Damage::Cut) => self.rest = Rest::IsLost,
                Some(Damage::Hold) if self.rest == Rest::Passes => self.rest = Rest::IsHeld,
                _ => {}
            }
            let out = match self.rest {
                Rest::Passes => &mut *out,
                Rest::IsLost => continue,
                Rest::IsHeld => &mut self.held,
            };
            match damage {
                Some(Damage::Lose) => {}
                Some(Damage::Double) => out.extend([*byte; 2]),
                Some(Damage::Flip(bits)) => out.push(byte ^ bits),
                Some(Damage::Insert(bytes)) => {
                    out.extend_from_slice(bytes);
                    out.push(*byte);
                }
                Some(Damage::Cut | Damage::Hold) | None => out.push(*byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(damage: Damage, at: usize) -> Vec<String> {
        let fault = Fault { attempt: 0, toward: Toward::Client, at, damage };
        let mut channel = Channel::new(&[fault], Toward::Client);
        let mut tries = Vec::new();
        for attempt in 0..2 {
            let mut out = Vec::new();
            channel.begin(attempt, &mut out);
            channel.pass(b"ab", &mut out);
            channel.pass(b"cd", &mut out);
            tries.push(escape::escape(&out));
        }
        tries
    }

    #[test]
    fn each_damage_is_done_at_its_place_and_in_its_try_only() {
        assert_eq!(through(Damage::Lose, 1), ["acd", "abcd"]);
        assert_eq!(through(Damage::Double, 2), ["abccd", "abcd"]);
        assert_eq!(through(Damage::Flip(0x20), 0), ["Abcd", "abcd"]);
        assert_eq!(through(Damage::Insert(b"\xff".to_vec()), 3), ["abc\\xffd", "abcd"]);
        assert_eq!(through(Damage::Cut, 2), ["ab", "abcd"]);
        assert_eq!(through(Damage::Hold, 1), ["a", "bcdabcd"]);
        assert_eq!(through(Damage::Lose, 9), ["abcd", "abcd"]);
    }

    #[test]
    fn a_stretch_stays_one_unless_something_happens_to_it() {
        let mut payload = Payload::from(b"<".as_slice());
        payload.repeat(b"ab", 3);
        payload.extend(b">");
        let carried = |at: usize, damage: Damage| {
            let mut channel =
                Channel::new(&[Fault { attempt: 0, toward: Toward::Peer, at, damage }], Toward::Peer);
            let mut tries = [Payload::default(), Payload::default()];
            for (attempt, out) in (0..).zip(&mut tries) {
                let mut held = Vec::new();
                channel.begin(attempt, &mut held);
                out.extend(&held);
                channel.carry(&payload, out);
            }
            tries
        };
        let [first, second] = carried(3, Damage::Lose);
        assert_eq!((first.to_vec(), &second), (b"<abbab>".to_vec(), &payload));
        assert_eq!(carried(7, Damage::Double)[0].parts().nth(1), Some((b"ab".as_slice(), 3)));
        let [first, second] = carried(0, Damage::Hold);
        assert_eq!((first.to_vec(), second.to_vec()), (b"".to_vec(), b"<ababab><ababab>".to_vec()));
    }

    #[test]
    fn the_other_direction_is_left_alone() {
        let fault = Fault { attempt: 0, toward: Toward::Peer, at: 0, damage: Damage::Cut };
        let mut out = Vec::new();
        Channel::new(&[fault], Toward::Client).pass(b"ab", &mut out);
        assert_eq!(out, b"ab");
    }
}
