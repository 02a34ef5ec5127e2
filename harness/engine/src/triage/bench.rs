//! The bench beside the run: runs a case again on fresh peers, and smaller cases until none fails.
//!
//! A peer of ours is started anew for each try; somebody else's gets a fresh connection.

use crate::evidence;
use crate::runner::{Ran, Runner};
use qmprobe_check::rule::Rule;
use qmprobe_check::verdict::Breach;
use qmprobe_check::{Outcome, judge};
use qmprobe_generate::Shrinker;
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Case, Ending, Limits, Transcript};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Tries to see a finding again.
const TRIES: u32 = 3;
/// Time for the tries of one finding: a peer that hangs takes many seconds for each.
const CONFIRM_TIME: Duration = Duration::from_secs(10);
/// Time that all findings of a run have; afterwards each gets one try and keeps its size.
const TIME: Duration = Duration::from_secs(60);
/// Candidates that one case may be shrunk through.
const SHRINKS_MAX: u32 = 40;
/// Time for them.
const SHRINK_TIME: Duration = Duration::from_secs(10);

/// How often each signature was seen again.
#[derive(Debug)]
pub(crate) struct Seen {
    /// By the position of the signature.
    pub reproduced: Vec<u32>,
    /// How often it was tried.
    pub tries: u32,
}

/// What is needed to run a case beside the run.
#[derive(Debug)]
pub(crate) struct Bench {
    spec: PeerSpec,
    schema: Arc<Schema>,
    limits: Limits,
    stop: watch::Receiver<bool>,
    spent: Duration,
}

impl Bench {
    pub fn new(spec: PeerSpec, schema: Arc<Schema>, limits: Limits, stop: watch::Receiver<bool>) -> Bench {
        Bench { spec, schema, limits, stop, spent: Duration::ZERO }
    }

    pub fn spec(&self) -> &PeerSpec {
        &self.spec
    }

    /// Runs the case again, and counts how often each signature shows.
    pub async fn confirm(&mut self, main: &mut Runner, case: &Arc<Case>, signatures: &[&str]) -> Seen {
        let began = Instant::now();
        let mut seen = Seen { reproduced: vec![0; signatures.len()], tries: 0 };
        let tries = if self.spent < TIME { TRIES } else { 1 };
        while seen.tries < tries && began.elapsed() < CONFIRM_TIME {
            let Some(transcript) = self.once(main, case).await else { break };
            seen.tries += 1;
            let shown: Vec<String> = self.breaches(&transcript).map(|(_, _, signature)| signature).collect();
            for (count, signature) in seen.reproduced.iter_mut().zip(signatures) {
                *count += u32::from(shown.iter().any(|shown| shown == signature));
            }
        }
        self.spent += began.elapsed();
        seen
    }

    /// The smallest case that was found to show the signature, with what it shows. `None` when none smaller
    /// than `case` was found, or none may be looked for.
    pub async fn shrink(
        &mut self,
        main: &Runner,
        rule: &Rule,
        case: &Arc<Case>,
        signature: &str,
    ) -> Option<(Breach, Transcript)> {
        let worthwhile = rule.slug == "peer-survives" || rule.slug.starts_with("arguments-");
        if !worthwhile || !self.spec.ours() || self.spent >= TIME {
            return None;
        }
        let began = Instant::now();
        let mut shrinker = Shrinker::new((**case).clone());
        let mut runner = None;
        let mut best = None;
        for _ in 0..SHRINKS_MAX {
            if began.elapsed() >= SHRINK_TIME || *self.stop.borrow() {
                break;
            }
            let Some(candidate) = shrinker.next() else { break };
            let mut peer = match runner.take() {
                Some(peer) => peer,
                None => self.fresh(main).await?,
            };
            let Ran::Through(transcript) = peer.run(&Arc::new(candidate)).await else { break };
            // A peer that lives and was not tested for living serves the next candidate.
            if transcript.ending == Ending::Alive && rule.slug != "peer-survives" {
                runner = Some(peer);
            }
            let shown = self.breaches(&transcript).find(|(_, _, shown)| shown == signature);
            let breach = shown.map(|(_, breach, _)| breach);
            shrinker.report(breach.is_some());
            best = breach.map(|breach| (breach, transcript)).or(best);
        }
        self.spent += began.elapsed();
        best
    }

    /// Runs the case once on a fresh peer. `None` when there is none to be had or the run is to stop.
    async fn once(&self, main: &mut Runner, case: &Arc<Case>) -> Option<Transcript> {
        let ran = if self.spec.ours() {
            let mut runner = self.fresh(main).await?;
            let ran = runner.run(case).await;
            runner.retire().await;
            ran
        } else {
            main.retire().await;
            main.run(case).await
        };
        match ran {
            Ran::Through(transcript) => Some(transcript),
            Ran::LostBefore(_) | Ran::Stopped => None,
        }
    }

    async fn fresh(&self, main: &Runner) -> Option<Runner> {
        if *self.stop.borrow() {
            return None;
        }
        let (schema, stop) = (Arc::clone(&self.schema), self.stop.clone());
        Runner::open(&self.spec, &self.limits, schema, main.version(), stop).await.ok()
    }

    /// The breaches that a transcript shows, with their signatures.
    fn breaches(&self, transcript: &Transcript) -> impl Iterator<Item = (&'static Rule, Breach, String)> {
        judge(&self.schema, transcript).into_iter().filter_map(|verdict| match verdict.outcome {
            Outcome::Fail(breach) => {
                let signature = evidence::signature(verdict.rule, &breach, transcript);
                Some((verdict.rule, breach, signature))
            }
            Outcome::Pass | Outcome::Skip(_) => None,
        })
    }
}
