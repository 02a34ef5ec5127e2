//! The systematic part: the cases of a check, in an order of which any piece has something of every kind. They are
//! about what no request with arguments shows: sessions, envelopes, ids, malformed text, arguments that do not
//! conform. Each is a pure function of schema, seed and index.

use super::fence::fenced;
use crate::safety::Gate;
use qmprobe_generate::recovery::{self, Trial};
use qmprobe_generate::state::{Names, Request};
use qmprobe_generate::{Entropy, Plan, Streams, session};
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Case, CaseId, Dialect, Step};
use std::collections::HashMap;

/// Cases of a block: what one peer goes through.
pub(super) const BLOCK_CASES: u64 = 48;
/// Bytes of a case.
const BYTES_MAX: usize = 64 << 10;
/// Of the cases that are quick, one in so many is a malformed stream.
const STREAM_ONE_IN: u64 = 8;
/// The indices of these cases begin here, beyond those of a check.
const FIRST_INDEX: u64 = 1 << 41;

/// The cases of a check, ready to be mixed in.
#[derive(Debug)]
pub(super) struct Systematic<'s> {
    session: Vec<Case>,
    /// For peers whose parser is known.
    streams: Option<Streams<'s>>,
    plan: Plan<'s>,
    /// How far apart the planned cases are that follow each other: prime to their number.
    stride: u64,
    gate: Gate,
    seed: u64,
    /// Nothing is known to exist.
    unknowing: Names,
}

impl<'s> Systematic<'s> {
    /// The cases for a peer. `absent` are commands that it does not offer.
    pub fn new(
        schema: &'s Schema,
        spec: &PeerSpec,
        foreign: bool,
        seed: u64,
        gate: Gate,
        absent: &[String],
    ) -> Systematic<'s> {
        let dialect = spec.dialect();
        // Of a peer of somebody's own neither the parser nor the pace is known; a line has no sessions.
        let known = spec.sees_clients() && !foreign;
        let cases = if known { session::cases(schema, dialect, seed, absent) } else { Vec::new() };
        let mut kinds: Vec<(&str, Case)> = cases.into_iter().map(|case| ("", case)).collect();
        if known && dialect == Dialect::Qga && schema.command("guest-sync-delimited").is_some() {
            let trials = recovery::trials(seed).into_iter();
            kinds.extend(trials.map(|Trial { class, case, .. }| (class.name, case)));
            kinds.extend(recovery::farewells(seed).into_iter().map(|case| ("", case)));
        }
        kinds.retain(|(_, case)| {
            let may = case.command.as_deref().is_none_or(|command| gate.refusal(command).is_none());
            may && case.bytes() <= BYTES_MAX
        });
        let session = spread(kinds, &mut Entropy::new(seed, 0));
        let streams = known.then(|| Streams::new(schema, dialect, seed).without_heavy());
        let plan = Plan::new(schema, dialect, seed);
        let stride = stride(plan.len(), seed);
        let unknowing = Names::new(schema);
        Systematic { session, streams, plan, stride, gate, seed, unknowing }
    }

    /// How many indices there are.
    pub fn len(&self) -> u64 {
        let streams = if self.streams.is_some() { self.plan.len() / (STREAM_ONE_IN - 1) } else { 0 };
        self.session.len() as u64 + self.plan.len() + streams
    }

    /// The case of an index; `None` where it must not be sent to this peer. Those about sessions, which take their
    /// time, are every other one until there are no more.
    pub fn case(&self, index: u64) -> Option<Case> {
        let sessions = self.session.len() as u64;
        let case = if index.is_multiple_of(2) && index / 2 < sessions {
            self.session.get(usize::try_from(index / 2).ok()?)?.clone()
        } else {
            let quick = index - index.div_ceil(2).min(sessions);
            match &self.streams {
                Some(streams) if quick % STREAM_ONE_IN == STREAM_ONE_IN - 1 => streams.case(index),
                Some(_) => self.nth_planned(quick - quick / STREAM_ONE_IN)?,
                None => self.nth_planned(quick)?,
            }
        };
        Some(Case { id: CaseId { seed: self.seed, index: FIRST_INDEX + index }, ..case })
    }

    /// The planned cases, from commands far from each other.
    fn nth_planned(&self, nth: u64) -> Option<Case> {
        let at = u128::from(nth) * u128::from(self.stride) % u128::from(self.plan.len().max(1));
        self.plan.case(u64::try_from(at).ok()?).filter(|case| self.may(case, &self.unknowing))
    }

    /// A case that takes no longer than others: a malformed stream, or what is planned of some command. `index` is
    /// for what is made of a number.
    pub fn quick(&mut self, index: u64, names: &Names, entropy: &mut Entropy) -> Option<Case> {
        match &self.streams {
            Some(streams) if entropy.once_in(8) => Some(streams.case(index)),
            _ => self.planned(names, entropy),
        }
    }

    /// Whether the peer's parser is known.
    pub fn is_known(&self) -> bool {
        self.streams.is_some()
    }

    /// Something malformed, to stand among other requests of a peer whose parser is known.
    pub fn malformed(&self, entropy: &mut Entropy) -> Vec<u8> {
        self.streams.as_ref().map(|streams| streams.piece(entropy)).unwrap_or_default()
    }

    /// A command's systematic case, one with something wrong where there is the choice.
    fn planned(&self, names: &Names, entropy: &mut Entropy) -> Option<Case> {
        let len = usize::try_from(self.plan.len()).ok()?;
        let mut draw = || self.plan.case(entropy.below(len) as u64);
        let case = draw().filter(|case| case.aim.is_some()).or_else(draw)?;
        self.may(&case, names).then_some(case)
    }

    /// Whether the case may be sent, with what is known to exist.
    fn may(&self, case: &Case, names: &Names) -> bool {
        let may = case.command.as_deref().is_some_and(|command| {
            self.gate.refusal(command).is_none() && !crate::safety::ends_the_peer(command)
        });
        let inside = case.steps.iter().all(|step| match step {
            // What cannot be read as a request has a number that no value holds, and else small words.
            Step::Send(bytes) => {
                Request::read(bytes).is_none_or(|one| fenced(one.clone(), names) == Some(one))
            }
            _ => true,
        });
        may && inside && case.bytes() <= BYTES_MAX
    }
}

/// A number prime to `len`, near a part of it that the seed chooses.
fn stride(len: u64, seed: u64) -> u64 {
    let part = Entropy::new(seed, 1).below(64) as u64 + 24;
    let prime = |number: &u64| gcd(*number, len) == 1;
    (len * part / 128 + 1..).find(prime).unwrap_or(1)
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// Puts the cases in another order: first one for each rule and each kind of what is about one rule, then a second
/// one, and so on.
fn spread(mut cases: Vec<(&str, Case)>, entropy: &mut Entropy) -> Vec<Case> {
    for at in (1..cases.len()).rev() {
        cases.swap(at, entropy.below(at + 1));
    }
    let mut made = HashMap::new();
    cases.sort_by_cached_key(|(kind, case)| {
        let before: &mut usize = made.entry((case.aim.clone(), *kind)).or_default();
        *before += 1;
        *before
    });
    cases.into_iter().map(|(_, case)| case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::{Class, Walls};
    use qmprobe_schema::shipped;
    use qmprobe_target::Embedded;
    use std::collections::HashSet;
    use std::sync::Arc;

    fn spec() -> PeerSpec {
        let dial = Arc::new(|| Err(std::io::ErrorKind::NotFound.into()));
        PeerSpec::Embedded(Embedded {
            name: "nobody".to_owned(),
            dialect: Dialect::Qmp,
            dial,
            weigh: None,
            anew: None,
        })
    }

    #[test]
    fn every_case_of_a_check_has_one_index_and_every_index_one_case() {
        let schema = shipped("qemu-7.2").unwrap().unwrap();
        let gate = Gate { allow: Class::Destroying, walls: Walls::None };
        let make = || Systematic::new(&schema, &spec(), false, 3, gate, &[]);
        let (all, again) = (make(), make());
        let (mut planned, mut sessions) = (HashSet::new(), HashSet::new());
        for index in 0..all.len() {
            let case = all.case(index);
            if index.is_multiple_of(97) {
                assert_eq!(case, again.case(index));
            }
            let Some(case) = case else { continue };
            assert_eq!(case.id.index, FIRST_INDEX + index);
            if all.session.iter().any(|one| one.name == case.name && one.steps == case.steps) {
                sessions.insert(case.name);
            } else if let Some(command) = case.command {
                planned
                    .insert((command, case.steps.iter().map(|step| format!("{step:?}")).collect::<String>()));
            }
        }
        let due = (0..all.plan.len()).filter_map(|at| all.plan.case(at));
        let due = due.filter(|case| all.may(case, &all.unknowing)).count();
        let rules: HashSet<_> = all.session.iter().map(|case| case.aim.clone()).collect();
        let first: HashSet<_> = all.session[..rules.len()].iter().map(|case| case.aim.clone()).collect();
        assert_eq!(first, rules, "the first cases are of all rules");
        assert!(planned.len() * 100 >= due * 99, "{} of {due}", planned.len());
        assert!(sessions.len() > 100);
    }

    #[test]
    fn the_first_block_has_something_of_every_kind_and_of_many_commands() {
        let schema = shipped("qemu-7.2").unwrap().unwrap();
        let gate = Gate { allow: Class::Destroying, walls: Walls::None };
        let all = Systematic::new(&schema, &spec(), false, 0, gate, &[]);
        let cases: Vec<Case> = (0..BLOCK_CASES).filter_map(|index| all.case(index)).collect();
        let commands: HashSet<_> = cases.iter().filter_map(|case| case.command.as_deref()).collect();
        assert!(commands.len() >= 12, "{commands:?}");
        assert!(cases.iter().any(|case| case.aim.as_deref() == Some(qmprobe_generate::stream::AIM)));
    }
}
