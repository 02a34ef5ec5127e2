//! From a round that showed something to the smallest sequence that does: alone, after what was carried out,
//! after everything; then with ever less. Each try gets a fresh peer, since what others left is no part of it.

use super::job::Job;
use super::suspects::{Look, Suspect};
use crate::error::Error;
use crate::evidence;
use qmprobe_check::{Outcome, Verdict, judge};
use qmprobe_generate::Shrinker;
use qmprobe_wire::{Case, Ending, Start, Step, Transcript};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Candidates that one sequence is made smaller through.
const TRIES_MAX: u32 = 300;
/// Time for them.
const TIME: Duration = Duration::from_secs(20);
/// The same for a peer that is not lost.
const TIME_ALIVE: Duration = Duration::from_secs(8);
/// The same for a peer that does not answer, where each try that shows it takes seconds.
const TIME_HUNG: Duration = Duration::from_secs(40);
/// Milliseconds in which a peer may turn out to have ended of something after its last reply.
const LATE_MS: u64 = 1_500;
/// Findings of one rule whose sequences are made smaller, of peers that live: further ones are much the same, and have
/// mostly one request anyway.
const SHRUNK_PER_RULE: usize = 6;
/// Times that a signature may fail to show again before it is taken for chance.
const DOUBTS_MAX: u32 = 3;

/// What brings a monitor's session to where commands run.
const NEGOTIATE: &[u8] = b"{\"execute\":\"qmp_capabilities\"}\n";

impl Job<'_, '_> {
    /// Follows up a verdict whose signature is new. A file says so while it does, and for as long as what comes of
    /// it waits for the end.
    pub(super) async fn follow(
        &mut self,
        suspect: &Suspect,
        transcript: &Transcript,
        verdict: Verdict,
    ) -> Result<(), Error> {
        let signature = &suspect.look.signature;
        self.desk.borrow_mut().followed.insert(signature.clone());
        let looked = self.minimise(suspect, transcript, verdict).await;
        let (waits, told) = {
            let triage = self.triage.lock().await;
            (triage.holds(signature), triage.has_met(signature))
        };
        let mut desk = self.desk.borrow_mut();
        desk.followed.remove(signature);
        if !waits && (told || !desk.is_stopped()) {
            desk.suspects.close(signature)?;
        }
        looked
    }

    /// Makes the finding of a verdict whose signature is new.
    async fn minimise(
        &mut self,
        suspect: &Suspect,
        transcript: &Transcript,
        verdict: Verdict,
    ) -> Result<(), Error> {
        let Look { signature, lost, hangs, .. } = &suspect.look;
        let doubts = self.desk.borrow().doubts.get(signature).copied().unwrap_or_default();
        if doubts >= DOUBTS_MAX {
            return Ok(());
        }
        if (*hangs || !lost) && self.triage.lock().await.excuses(&verdict, transcript) {
            // It is known, and looking again would take its time.
            if *lost {
                self.desk.borrow_mut().shun(signature, transcript, false);
            }
            return self.report(suspect.setup, transcript, vec![verdict]).await;
        }
        self.desk.borrow_mut().suspects.put(suspect)?;
        let (setup, shown, verdict) = match self.reproduced(suspect).await {
            Some((setup, shown)) if !lost && self.has_plenty_of(verdict.rule.slug).await => {
                (setup, shown, verdict)
            }
            Some((setup, shown)) => match self.smallest(shown, &suspect.look).await {
                Some((shown, verdict)) => (setup, shown, verdict),
                None => return Ok(()),
            },
            None if matches!(transcript.ending, Ending::Exited { signalled: true, .. })
                || (*lost && self.desk.borrow().is_stopped()) =>
            {
                (suspect.setup, transcript.clone(), verdict)
            }
            None if self.desk.borrow().is_stopped() => return Ok(()),
            None => {
                self.desk.borrow_mut().doubts.insert(signature.clone(), doubts + 1);
                return Ok(());
            }
        };
        if *lost {
            let mut desk = self.desk.borrow_mut();
            desk.shun(signature, &shown, shown.case.steps.len() > 1);
            desk.shun(signature, transcript, shown.case.steps.len() > 1);
        }
        self.report(setup, &shown, vec![verdict]).await
    }

    /// The case that shows the signature on a fresh peer, with as little as possible before it, and the set-up. The
    /// plainest peer is tried first, and stays the one to try on if it will do.
    pub(super) async fn reproduced(&mut self, suspect: &Suspect) -> Option<(usize, Transcript)> {
        let Suspect { setup, look, before, case } = suspect;
        let case = &if look.late { patient(case) } else { Arc::clone(case) };
        let setup = *setup;
        let plain_first = if setup == 0 { vec![0] } else { vec![0, setup] };
        for setup in plain_first {
            self.bench.set_spec(self.desk.borrow().spec(setup).0);
            if let Some(shown) = self.shows(case, look).await {
                return Some((setup, shown));
            }
        }
        if case.aim.is_some() && !look.lost {
            // It is a case of a check, which needs nothing before it.
            return None;
        }
        let carried_out = before.iter().filter(|before| before.accepted);
        let carried_out = joined(carried_out.map(|before| &before.case), case);
        let shown = self.shows(&carried_out, look).await;
        if shown.is_some() || look.hangs {
            return shown.map(|shown| (setup, shown));
        }
        let all = joined(before.iter().map(|before| &before.case), case);
        self.shows(&all, look).await.map(|shown| (setup, shown))
    }

    async fn has_plenty_of(&self, rule: &str) -> bool {
        self.triage.lock().await.of_rule(rule).0 >= SHRUNK_PER_RULE
    }

    /// The smallest case found that shows the signature, with the verdict on it.
    async fn smallest(&mut self, shown: Transcript, look: &Look) -> Option<(Transcript, Verdict)> {
        let began = Instant::now();
        let time = match shown.ending {
            Ending::Alive => TIME_ALIVE,
            Ending::Hung => TIME_HUNG,
            Ending::Disconnected | Ending::Exited { .. } => TIME,
        };
        let mut shrinker = Shrinker::new((*shown.case).clone());
        let mut best = shown;
        for _ in 0..TRIES_MAX {
            if began.elapsed() >= time || self.must_hurry() {
                break;
            }
            let Some(candidate) = shrinker.next() else { break };
            let shown = self.shows(&Arc::new(candidate), look).await;
            shrinker.report(shown.is_some());
            best = shown.unwrap_or(best);
        }
        // Whoever reads it wants a request on each line.
        let lines = Arc::new(in_lines(&best.case));
        if lines != best.case && !self.must_hurry() {
            best = self.shows(&lines, look).await.unwrap_or(best);
        }
        let verdict = self.verdict(&best, &look.signature)?;
        Some((best, verdict))
    }

    /// Whether what time there is left is for what is not confirmed yet.
    fn must_hurry(&self) -> bool {
        let desk = self.desk.borrow();
        desk.is_stopped() || desk.is_time_up()
    }

    async fn shows(&self, case: &Arc<Case>, look: &Look) -> Option<Transcript> {
        let transcript = self.bench.on_fresh_peer(&self.runner, case, look.late).await?;
        self.verdict(&transcript, &look.signature).map(|_| transcript)
    }

    pub(super) fn verdict(&self, transcript: &Transcript, signature: &str) -> Option<Verdict> {
        judge(self.schema, transcript).into_iter().find(|verdict| match &verdict.outcome {
            Outcome::Fail(breach) => evidence::signature(verdict.rule, breach, transcript) == signature,
            Outcome::Pass | Outcome::Skip(_) => false,
        })
    }
}

/// The cases as one, with the name and the command of the last. Each begins in the session that it began in.
fn joined<'c>(before: impl Iterator<Item = &'c Arc<Case>>, last: &'c Arc<Case>) -> Arc<Case> {
    let (mut steps, mut is_in_command_mode) = (Vec::new(), true);
    for case in before.chain([last]) {
        let begins_so = case.start == Start::Command;
        if !begins_so || !is_in_command_mode {
            steps.push(Step::Reconnect);
            steps.extend(begins_so.then(|| Step::Send(NEGOTIATE.to_vec())));
        }
        steps.extend(case.steps.iter().cloned());
        is_in_command_mode = begins_so && !case.steps.iter().any(Step::opens_another);
    }
    Arc::new(Case { start: Start::Command, steps, ..(**last).clone() })
}

/// The case with a pause at its end, for a peer that needs a moment to end of it.
fn patient(case: &Case) -> Arc<Case> {
    let steps = case.steps.iter().cloned().chain([Step::Settle(LATE_MS)]).collect();
    Arc::new(Case { steps, ..case.clone() })
}

fn in_lines(case: &Case) -> Case {
    let line = |step: &Step| match step {
        Step::Send(bytes) if bytes.starts_with(b"{") && bytes.ends_with(b"}") => {
            Step::Send([bytes.as_slice(), b"\n"].concat())
        }
        step => step.clone(),
    };
    Case { steps: case.steps.iter().map(line).collect(), ..case.clone() }
}
