//! The bench beside the run: runs a case again on fresh peers, and smaller cases until none fails.
//!
//! A peer of ours is started anew for each try; somebody else's gets a fresh connection.

use crate::evidence;
use crate::runner::{Ran, Runner};
use qmprobe_check::rule::Rule;
use qmprobe_check::verdict::Breach;
use qmprobe_check::{Outcome, judge};
use qmprobe_generate::{Shrinker, shrink, stream};
use qmprobe_schema::Schema;
use qmprobe_target::{Core, PeerSpec, cores_are_wanted};
use qmprobe_wire::{Case, Ending, ExchangeEnd, Transcript};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Tries to see a finding again.
const TRIES: usize = 3;
/// The same of a case that was made small before.
const THOROUGH_TRIES: usize = 5;
/// Time to look for what ended a peer among the cases before.
const TRACE_TIME: Duration = Duration::from_secs(10);
/// How much longer each look back is than the one before.
const LENGTHENS: usize = 8;
/// Time that all findings of a run have; afterwards each gets one try and keeps its size.
const TIME: Duration = Duration::from_secs(40);
/// Milliseconds after each step in which something unasked for may come.
const PATIENT_PAUSE_MS: u64 = 250;
/// Candidates that one case may be shrunk through.
const SHRINKS_MAX: u32 = 40;
/// The same for one that was put together of many.
const LONG_SHRINKS_MAX: u32 = 200;
/// Steps that make a case long.
const LONG_STEPS: usize = 8;
/// Time for them.
const SHRINK_TIME: Duration = Duration::from_secs(10);
/// Time for those of a long one.
const LONG_SHRINK_TIME: Duration = Duration::from_secs(30);

/// How often each signature was seen again.
#[derive(Debug)]
pub(crate) struct Seen {
    /// By the position of the signature.
    pub reproduced: Vec<u32>,
    /// How often it was tried.
    pub tries: u32,
}

/// What ended a peer that its last case alone does not end.
#[derive(Debug)]
pub(crate) enum Trace {
    /// The case before the last, by itself: its transcript.
    Before(Transcript),
    /// The last cases together, as one case: its transcript.
    Together(Transcript),
}

/// What is needed to run a case beside the run.
#[derive(Debug)]
pub(crate) struct Bench {
    spec: PeerSpec,
    schema: Arc<Schema>,
    stop: watch::Receiver<bool>,
    spent: Duration,
    /// Whoever brings cases that are small already has them tried more often, and at any time.
    thorough: bool,
}

impl Bench {
    pub fn new(spec: PeerSpec, schema: Arc<Schema>, stop: watch::Receiver<bool>) -> Bench {
        Bench { spec, schema, stop, spent: Duration::ZERO, thorough: false }
    }

    /// Tries every case [`THOROUGH_TRIES`] times and makes none smaller.
    pub fn thorough(self) -> Bench {
        Bench { thorough: true, ..self }
    }

    /// Whether every case is tried as often as can be.
    pub fn is_thorough(&self) -> bool {
        self.thorough
    }

    /// Tries cases on peers like this from now on.
    pub fn set_spec(&mut self, spec: PeerSpec) {
        self.spec = spec;
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    pub fn spec(&self) -> &PeerSpec {
        &self.spec
    }

    /// Runs the transcript's case again, and counts how often each signature shows.
    pub async fn confirm(&mut self, main: &mut Runner, of: &Transcript, signatures: &[&str]) -> Seen {
        let began = Instant::now();
        let lost = of.ending != Ending::Alive;
        let patience = main.was_hasty(of).then(|| main.be_patient());
        let tries = match () {
            // There is only this one, and it hangs.
            () if of.ending == Ending::Hung && !self.spec.ours() => 0,
            () if self.thorough && patience.is_none() => THOROUGH_TRIES,
            () if self.spent < TIME && patience.is_none() => TRIES,
            () => 1,
        };
        let shown = if self.spec.ours() && tries >= TRIES && !is_flood(of) {
            // At once: a peer that hangs is waited for many seconds.
            let again = || async {
                let transcript = self.on_fresh_peer(main, &of.case, lost).await;
                transcript.map(|transcript| self.signatures(&transcript))
            };
            let mut shown = <[_; TRIES]>::from(tokio::join!(again(), again(), again())).to_vec();
            if tries == THOROUGH_TRIES {
                shown.extend(<[_; THOROUGH_TRIES - TRIES]>::from(tokio::join!(again(), again())));
            }
            shown
        } else {
            let mut shown = Vec::new();
            for _ in 0..tries {
                let transcript = self.once(main, &of.case, lost).await;
                shown.push(transcript.map(|transcript| self.signatures(&transcript)));
            }
            shown
        };
        let mut seen = Seen { reproduced: vec![0; signatures.len()], tries: 0 };
        for shown in shown.iter().flatten() {
            seen.tries += 1;
            for (count, signature) in seen.reproduced.iter_mut().zip(signatures) {
                *count += u32::from(shown.iter().any(|shown| shown == signature));
            }
        }
        if let Some(before) = patience {
            main.recall_patience(before);
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
        let is_stream = rule.slug == stream::AIM;
        let worthwhile = is_stream || rule.slug == "peer-survives" || rule.slug.starts_with("arguments-");
        if !worthwhile || self.thorough || !self.spec.ours() || self.spent >= TIME {
            return None;
        }
        let began = Instant::now();
        let (shrinks, time) = match case.steps.len() {
            // Each change of a stream takes away a piece: there are more of them, and each costs less.
            _ if is_stream => (shrink::TRIES_MAX, SHRINK_TIME),
            0..=LONG_STEPS => (SHRINKS_MAX, SHRINK_TIME),
            _ => (LONG_SHRINKS_MAX, LONG_SHRINK_TIME),
        };
        let mut shrinker = Shrinker::new((**case).clone());
        let mut used = None;
        let mut best = None;
        for _ in 0..shrinks {
            if began.elapsed() >= time || *self.stop.borrow() {
                break;
            }
            let Some(candidate) = shrinker.next().map(Arc::new) else { break };
            let mut shown = match used.is_some() {
                true => self.shows(&mut used, main, &candidate, signature).await,
                false => None,
            };
            // What earlier candidates left in the peer is no part of the case.
            let settled = shown.is_none() && used.is_some();
            if !settled {
                used = None;
                shown = self.shows(&mut used, main, &candidate, signature).await;
            }
            shrinker.report(shown.is_some());
            best = shown.or(best);
        }
        self.spent += began.elapsed();
        best
    }

    /// What a case shows of a signature, on the peer given or a fresh one, which is kept if it lives.
    async fn shows(
        &self,
        peer: &mut Option<Runner>,
        main: &Runner,
        case: &Arc<Case>,
        signature: &str,
    ) -> Option<(Breach, Transcript)> {
        let mut runner = match peer.take() {
            Some(runner) => runner,
            None => self.fresh(main).await?,
        };
        let transcript = transcript(runner.run(case).await)?;
        if transcript.ending == Ending::Alive {
            *peer = Some(runner);
        }
        let (_, breach, _) = self.breaches(&transcript).find(|(_, _, shown)| shown == signature)?;
        Some((breach, transcript))
    }

    /// Looks for what ended a peer of ours when the last case alone does not: the case before it, or what the
    /// cases before it left behind. `history` ends with the last case but one.
    pub async fn trace_back(
        &mut self,
        main: &mut Runner,
        case: &Arc<Case>,
        history: &[Arc<Case>],
    ) -> Option<Trace> {
        let before = history.last()?;
        if !self.spec.ours() || self.spent >= TIME {
            return None;
        }
        let began = Instant::now();
        let mut found = None;
        let alone = self.once(main, before, true).await?;
        if alone.ending != Ending::Alive {
            found = Some(Trace::Before(alone));
        }
        let lengths = std::iter::successors(Some(1), |length| {
            (*length < history.len()).then(|| history.len().min(length * LENGTHENS))
        });
        for length in lengths {
            if found.is_some() || began.elapsed() >= TRACE_TIME {
                break;
            }
            let tail = &history[history.len() - length..];
            let steps = tail.iter().chain([case]).flat_map(|case| case.steps.iter().cloned());
            let whole = Arc::new(Case { steps: steps.collect(), ..(**case).clone() });
            let transcript = self.once(main, &whole, true).await?;
            found = (transcript.ending != Ending::Alive).then_some(Trace::Together(transcript));
        }
        self.spent += began.elapsed();
        found
    }

    /// Whether a case shows the signature when each step is followed by a pause.
    pub async fn shows_patiently(&mut self, main: &mut Runner, case: &Arc<Case>, signature: &str) -> bool {
        let began = Instant::now();
        let before = main.pause(PATIENT_PAUSE_MS);
        let transcript = self.once(main, case, false).await;
        main.pause(before);
        self.spent += began.elapsed();
        transcript.is_some_and(|shown| self.breaches(&shown).any(|(_, _, shown)| shown == signature))
    }

    /// Runs the case once more. `None` when there is no peer to be had or the run is to stop.
    async fn once(&self, main: &mut Runner, case: &Arc<Case>, lost: bool) -> Option<Transcript> {
        if self.spec.ours() {
            return self.on_fresh_peer(main, case, lost).await;
        }
        main.restart().await.ok()?;
        transcript(main.run(case).await)
    }

    /// Runs the case on a fresh peer of ours; with `lost`, waits a moment for that to end of it.
    pub async fn on_fresh_peer(&self, main: &Runner, case: &Arc<Case>, lost: bool) -> Option<Transcript> {
        let mut runner = self.fresh(main).await?;
        let ran = if lost { runner.run_to_the_end(case).await } else { runner.run(case).await };
        runner.retire().await;
        transcript(ran)
    }

    /// What became of the core when the case ends a fresh peer, and whether that works in a directory that goes with it.
    /// `None` where none is left, or the user's limit allows none. The peer is there as long as the runner.
    pub async fn core(&self, main: &Runner, case: &Arc<Case>) -> Option<(Core, Runner)> {
        if !self.spec.ours() || !cores_are_wanted() || *self.stop.borrow() {
            return None;
        }
        let mut runner = main.another_dumping(&self.spec).await.ok()?;
        transcript(runner.run_to_the_end(case).await)?;
        let core = runner.exited()?.core?;
        Some((core, runner))
    }

    async fn fresh(&self, main: &Runner) -> Option<Runner> {
        if *self.stop.borrow() { None } else { main.another(&self.spec).await.ok() }
    }

    fn signatures(&self, transcript: &Transcript) -> Vec<String> {
        self.breaches(transcript).map(|(_, _, signature)| signature).collect()
    }

    /// The breaches that a transcript shows, with their signatures.
    pub fn breaches(&self, transcript: &Transcript) -> impl Iterator<Item = (&'static Rule, Breach, String)> {
        judge(&self.schema, transcript).into_iter().filter_map(|verdict| match verdict.outcome {
            Outcome::Fail(breach) => {
                let signature = evidence::signature(verdict.rule, &breach, transcript);
                Some((verdict.rule, *breach, signature))
            }
            Outcome::Pass | Outcome::Skip(_) => None,
        })
    }
}

fn transcript(ran: Ran) -> Option<Transcript> {
    match ran {
        Ran::Through(transcript) => Some(transcript),
        Ran::LostBefore(_) | Ran::Stopped => None,
    }
}

/// Whether the peer flooded us: its transcript takes up what one may, and one is enough.
pub(crate) fn is_flood(transcript: &Transcript) -> bool {
    transcript.exchanges.iter().any(|exchange| matches!(exchange.end, ExchangeEnd::Flooded(_)))
}
