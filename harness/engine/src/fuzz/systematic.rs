//! What is mixed into rounds besides made-up requests: the cases of a check, one after another. They are about
//! what no request with arguments shows: sessions, envelopes, ids, malformed text, arguments that do not conform.

use super::fence::fenced;
use crate::safety::Gate;
use qmprobe_generate::recovery::{self, Trial};
use qmprobe_generate::state::{Names, Request};
use qmprobe_generate::{Entropy, Plan, Streams, session};
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Case, Dialect, Step};

/// Bytes of a case that is mixed in.
const BYTES_MAX: usize = 64 << 10;

/// The cases of a check, ready to be mixed in.
#[derive(Debug)]
pub(super) struct Systematic<'s> {
    session: Vec<Case>,
    /// For peers whose parser is known.
    streams: Option<Streams<'s>>,
    plan: Plan<'s>,
    gate: Gate,
    /// The next of the session's.
    next: usize,
}

impl<'s> Systematic<'s> {
    /// The cases for a peer. `absent` are commands that it does not offer.
    pub fn new(
        schema: &'s Schema,
        spec: &PeerSpec,
        seed: u64,
        gate: Gate,
        absent: &[String],
    ) -> Systematic<'s> {
        let dialect = spec.dialect();
        // Of a peer of somebody's own neither the parser nor the pace is known; a line has no sessions.
        let known = spec.sees_clients() && !matches!(spec, PeerSpec::Connect { .. } | PeerSpec::Spawn { .. });
        let mut session = if known { session::cases(schema, dialect, seed, absent) } else { Vec::new() };
        if known && dialect == Dialect::Qga && schema.command("guest-sync-delimited").is_some() {
            session.extend(recovery::trials(seed).into_iter().map(|Trial { case, .. }| case));
        }
        session.retain(|case| {
            let may = case.command.as_deref().is_none_or(|command| gate.refusal(command).is_none());
            may && case.bytes() <= BYTES_MAX
        });
        spread(&mut session, &mut Entropy::new(seed, 0));
        let streams = known.then(|| Streams::new(schema, dialect, seed).without_heavy());
        Systematic { session, streams, plan: Plan::new(schema, dialect, seed), gate, next: 0 }
    }

    /// The next case about sessions, the first again after the last. They wait for what must not come, and take
    /// their time.
    pub fn of_session(&mut self) -> Option<Case> {
        let case = self.session.get(self.next % self.session.len().max(1)).cloned();
        self.next += 1;
        case
    }

    /// Whether there are cases about sessions.
    pub fn has_sessions(&self) -> bool {
        !self.session.is_empty()
    }

    /// A case that takes no longer than others: a malformed stream, or what is planned of some command. `index` is
    /// for what is made of a number.
    pub fn quick(&mut self, index: u64, names: &Names, entropy: &mut Entropy) -> Option<Case> {
        match &self.streams {
            Some(streams) if entropy.once_in(8) => Some(streams.case(index)),
            _ => self.planned(names, entropy),
        }
    }

    /// A command's systematic case, one with something wrong where there is the choice.
    fn planned(&self, names: &Names, entropy: &mut Entropy) -> Option<Case> {
        let len = usize::try_from(self.plan.len()).ok()?;
        let mut draw = || self.plan.case(entropy.below(len) as u64);
        let case = draw().filter(|case| case.aim.is_some()).or_else(draw)?;
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
        (may && inside && case.bytes() <= BYTES_MAX).then_some(case)
    }
}

/// Puts the cases in another order, so that the first few are of every kind.
fn spread(cases: &mut [Case], entropy: &mut Entropy) {
    for at in (1..cases.len()).rev() {
        cases.swap(at, entropy.below(at + 1));
    }
}
