//! Recovery over a channel with faults, against a model of the agent made of QEMU's automaton: every fault at
//! every offset, and seeded mixtures of several.
#![allow(clippy::unwrap_used)]

use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::case::TOKEN_STEP;
use qmprobe_wire::fault::Channel;
use qmprobe_wire::recovery::{Event, Recovery};
use qmprobe_wire::{Damage, Dialect, Fault, Toward, Value};

/// Replies as an agent's.
struct Agent {
    automaton: Automaton,
}

impl Agent {
    fn new() -> Agent {
        Agent { automaton: Automaton::new(Model::V3_1) }
    }

    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut outcomes = Vec::new();
        self.automaton.feed(bytes, &mut outcomes);
        let mut out = Vec::new();
        for outcome in outcomes {
            let Outcome::Value { value, .. } = outcome else {
                out.extend_from_slice(
                    b"{\"error\": {\"class\": \"GenericError\", \"desc\": \"stray '\\uFFFD'\"}}\n",
                );
                continue;
            };
            let id =
                || value.get("arguments")?.get("id")?.as_integer().filter(|id| i64::try_from(*id).is_ok());
            match (value.get("execute").and_then(Value::as_str), id()) {
                (Some("guest-sync-delimited"), Some(id)) => {
                    out.extend(format!("\u{1}{{\"return\": {id}}}\n").bytes())
                }
                (Some("guest-sync"), Some(id)) => out.extend(format!("{{\"return\": {id}}}\n").bytes()),
                (Some("guest-ping"), _) => out.extend_from_slice(b"{\"return\": {}}\n"),
                _ => {
                    out.extend_from_slice(b"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"\"}}\n")
                }
            }
        }
        // A stand-in above, since 0xFF is no character.
        out.iter_mut().filter(|byte| **byte == 1).for_each(|byte| *byte = 0xFF);
        out
    }
}

/// What a run came to: tries until in step, and whether an older reply came after.
fn recover(before: &[u8], faults: &[Fault], tries_max: u32, token: i64) -> Option<u32> {
    let mut agent = Agent::new();
    let (mut there, mut back) = (Channel::new(faults, Toward::Peer), Channel::new(faults, Toward::Client));
    let mut recovery = Recovery::new(Dialect::Qga, 1 << 16);
    let mut events = Vec::new();
    for attempt in 0..tries_max {
        let request =
            recovery.attempt(token.wrapping_add(i64::from(attempt).wrapping_mul(TOKEN_STEP)) & i64::MAX);
        let (mut sent, mut heard) = (Vec::new(), Vec::new());
        there.begin(attempt, &mut sent);
        back.begin(attempt, &mut heard);
        if attempt == 0 {
            there.pass(before, &mut sent);
        }
        there.pass(&request, &mut sent);
        back.pass(&agent.answer(&sent), &mut heard);
        let taken = recovery.feed(&heard, &mut events);
        if recovery.is_synced() {
            assert_eq!(events.last(), Some(&Event::Synced));
            let rest: Vec<u8> = heard[taken..].iter().copied().filter(|byte| *byte != b'\n').collect();
            // What follows the answer is at most damage within its own line end, never an older reply.
            assert!(!rest.contains(&b'{') || damaged_tail(faults, attempt), "{faults:?}: {rest:?}");
            return Some(attempt + 1);
        }
    }
    None
}

/// Whether bytes were put in behind the answer of this try.
fn damaged_tail(faults: &[Fault], attempt: u32) -> bool {
    faults.iter().any(|fault| fault.attempt == attempt && !matches!(fault.damage, Damage::Hold | Damage::Cut))
}

const BEFORE: &[&[u8]] = &[
    b"",
    b"{\"execute\":\"guest-ping\"}\n",
    b"{\"execute\":\"guest-ping\",\"id\":",
    b"{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":5}}\n",
    b"{\"execute\":\"guest-sync\",\"arguments\":{\"id\":6}}",
    b"[[[{\"",
    b"12",
];

/// Everything that can happen to a byte, as the classes of corruption have it.
fn damages() -> Vec<Damage> {
    let insert = |bytes: &[u8]| Damage::Insert(bytes.to_vec());
    let mut all = vec![Damage::Lose, Damage::Double, Damage::Cut, Damage::Hold];
    all.extend((0..8).map(|bit| Damage::Flip(1 << bit)));
    all.extend([b"\xff".as_slice(), b"\xfe", b"\0", b"\"", b"{", b"[", b"\n", b"\\"].map(insert));
    all.extend([
        insert(b"{\"return\": {}}\n"),
        insert(b"{\"ret"),
        insert(b"\xff{\"return\": 1}\n"),
        insert(b"\xff\xff"),
        insert(b"\xff garbage \x80"),
        insert(b"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"late\"}}"),
    ]);
    all
}

#[test]
fn one_fault_at_any_offset_in_any_direction_costs_at_most_one_more_try() {
    let mut cases = 0;
    for before in BEFORE {
        for toward in [Toward::Peer, Toward::Client] {
            for damage in damages() {
                for at in 0..130 {
                    let fault = Fault { attempt: 0, toward, at, damage: damage.clone() };
                    let tries = recover(before, std::slice::from_ref(&fault), 4, 1 << 60);
                    assert!(tries.is_some_and(|tries| tries <= 2), "{tries:?} {before:?} {fault:?}");
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 40_000);
}

#[test]
fn without_a_fault_the_first_try_is_enough() {
    for before in BEFORE {
        assert_eq!(recover(before, &[], 4, 1 << 60), Some(1), "{before:?}");
    }
}

#[test]
fn faults_that_hit_the_answer_cost_the_try() {
    // The reset byte is an error to the agent, and told as one first.
    let answer = Agent::new().answer(&Recovery::new(Dialect::Qga, 64).attempt(1 << 60));
    let at = answer.iter().position(|byte| *byte == 0xFF).unwrap();
    let lost = |damage| Fault { attempt: 0, toward: Toward::Client, at, damage };
    for damage in [Damage::Lose, Damage::Cut, Damage::Hold, Damage::Flip(1)] {
        assert_eq!(recover(b"", &[lost(damage)], 4, 1 << 60), Some(2));
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}

#[test]
fn after_the_last_of_many_faults_the_next_try_succeeds() {
    let damages = damages();
    for seed in 0..120_000 {
        let mut dice = Dice(seed);
        let faults: Vec<Fault> = (0..=dice.roll(5))
            .map(|_| Fault {
                attempt: dice.roll(3) as u32,
                toward: if dice.roll(2) == 0 { Toward::Peer } else { Toward::Client },
                at: dice.roll(140),
                damage: damages[dice.roll(damages.len())].clone(),
            })
            .collect();
        let last = faults.iter().map(|fault| fault.attempt).max().unwrap();
        let before = BEFORE[dice.roll(BEFORE.len())];
        let tries = recover(before, &faults, last + 4, 1 << 60);
        assert!(tries.is_some_and(|tries| tries <= last + 2), "seed {seed}: {tries:?} {faults:?}");
    }
}
