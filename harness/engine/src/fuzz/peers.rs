//! The peers of a campaign: one for each round, started while the round before is played.

use super::Fuzz;
use super::draft::case;
use super::job::Job;
use super::play::Kind;
use super::recall::Unfinished;
use super::setups::{self, Recipe};
use super::survey::Survey;
use crate::runner::{Ran, Runner};
use crate::spare::Spare;
use qmprobe_generate::Entropy;
use qmprobe_generate::state::{Composer, Names, Request};
use qmprobe_schema::Schema;
use qmprobe_target::{Error, Peer, PeerSpec};
use qmprobe_wire::{CaseId, Limits};
use std::collections::HashSet;
use std::sync::Arc;

/// Where the choice of set-ups begins among the choices of a seed.
const CHOICES: u64 = 1 << 50;
/// Where that of blocks does.
const BLOCK_CHOICES: u64 = 1 << 49;

/// A way to start the peer, and what is known of it when it was started so.
#[derive(Debug)]
pub(super) struct Setup<'s> {
    pub spec: PeerSpec,
    /// What is sent first in a round of requests.
    pub prelude: Vec<Request>,
    pub command_line: String,
    pub names: Names,
    /// What of it fits where is learned for each by itself.
    pub composer: Composer<'s>,
    pub survey: Survey,
}

/// The set-ups in which the peer starts, the first of which it has, and what there is to say of others.
pub(super) async fn setups<'s>(
    runner: &Runner,
    spec: &PeerSpec,
    schema: &'s Schema,
    may: &dyn Fn(&str) -> bool,
    questions: usize,
) -> (Vec<Setup<'s>>, Vec<String>) {
    let setup = |Recipe { spec, mut prelude }: Recipe, peer: &Peer| {
        prelude.retain(|request| may(&request.command) && schema.command(&request.command).is_some());
        Setup {
            spec,
            prelude,
            command_line: peer.command_line().to_owned(),
            names: Names::new(schema),
            composer: Composer::new(schema, may),
            survey: Survey::of(questions),
        }
    };
    let mut recipes = setups::of(spec).into_iter();
    let plain = recipes.next().map(|recipe| setup(recipe, runner.peer()));
    let mut found: Vec<Setup<'_>> = plain.into_iter().collect();
    let mut notes = Vec::new();
    for recipe in recipes {
        match runner.another(&recipe.spec).await {
            Ok(other) => found.push(setup(recipe, other.peer())),
            Err(_) => {
                notes.push(format!("a set-up is left out, as it does not start: {}", words(&recipe.spec)));
            }
        }
    }
    (found, notes)
}

/// What a set-up is told by.
fn words(spec: &PeerSpec) -> String {
    match spec {
        PeerSpec::Qemu { extra, .. } | PeerSpec::StorageDaemon { extra, .. } => {
            extra.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" ")
        }
        _ => spec.kind().to_owned(),
    }
}

/// A round that may begin.
pub(super) struct Opened {
    pub kind: Kind,
    pub setup: usize,
    /// The block of the systematic part.
    pub block: Option<u64>,
    pub number: u64,
    /// What was done of it before the campaign was cut off.
    pub unfinished: Option<Unfinished>,
}

/// Opens a peer, with a map of so many edges.
async fn open(spec: &PeerSpec, limits: &Limits, edges: Option<usize>) -> Result<Peer, Error> {
    match edges {
        Some(edges) => Peer::open_counting(spec, limits, edges).await,
        None => Peer::open(spec, limits).await,
    }
}

impl Fuzz<'_> {
    /// What the next round is, which is somebody's from now on. The set-up of a block is the same in any shard;
    /// others take each in turn until it is surveyed, and then any.
    fn next_round(&mut self) -> Opened {
        let opened = match self.unfinished.pop() {
            Some(unfinished) => {
                let (number, block) = (unfinished.record.round, unfinished.block);
                let setup = self.any_setup(BLOCK_CHOICES + block);
                let unfinished = Some(unfinished);
                Opened { kind: Kind::Systematic, setup, block: Some(block), number, unfinished }
            }
            None => self.fresh_round(),
        };
        self.playing.push(opened.setup);
        opened
    }

    fn fresh_round(&mut self) -> Opened {
        let number = self.goal.shard.nth(self.round);
        let unsurveyed = self.setups.iter().position(|setup| !setup.survey.is_over());
        let repeats = self.goal.has_requests() && self.weighs && unsurveyed.is_none();
        let repeats = if repeats { self.repeats.due(self.round, self.began.elapsed()) } else { None };
        let setup = repeats.or(unsurveyed).unwrap_or_else(|| self.any_setup(CHOICES + number));
        let kind = if repeats.is_some() { Kind::Repeats } else { self.kind(setup) };
        self.round += 1;
        let fresh = |setup, block| Opened { kind, setup, block, number, unfinished: None };
        if kind != Kind::Systematic {
            return fresh(setup, None);
        }
        let block = self.goal.shard.nth(self.blocks);
        self.blocks += 1;
        fresh(self.any_setup(BLOCK_CHOICES + block), Some(block))
    }

    fn any_setup(&self, choice: u64) -> usize {
        Entropy::new(self.options.run.seed, choice).below(self.setups.len())
    }

    /// The set-up of the next round after one in this set-up, as far as it can be told which that will be.
    fn foreseen(&self, setup: usize) -> usize {
        let surveyed = self.setups.iter().all(|setup| setup.survey.is_over());
        if surveyed { self.any_setup(CHOICES + self.goal.shard.nth(self.round)) } else { setup }
    }
}

impl Job<'_, '_> {
    /// Whether the last request of a sequence takes the edges alone, on a fresh peer.
    pub(super) async fn takes_alone(&self, setup: usize, request: &Request, edges: &[u32]) -> bool {
        let (spec, by_line) = self.desk.borrow().spec(setup);
        let Ok(peer) = open(&spec, &self.options.run.limits, self.options.coverage).await else {
            return false;
        };
        let mut runner = self.runner.alike(&spec, peer);
        let case = case(CaseId { seed: self.options.run.seed, index: 0 }, request, by_line);
        if !matches!(runner.run(&Arc::new(case)).await, Ran::Through(_)) {
            return false;
        }
        let mut taken = HashSet::new();
        if let Some(map) = runner.peer().coverage() {
            map.take(|edge, _| taken.extend([edge]));
        }
        edges.iter().all(|edge| taken.contains(edge))
    }

    /// Gets a fresh peer for the next round, and has one started for that after it. `None` when there is no peer
    /// to be had.
    pub(super) async fn open_round(&mut self) -> Option<Opened> {
        let opened = self.desk.borrow_mut().next_round();
        if !self.options.run.peer.ours() {
            let there = !self.lost || self.reopen(opened.setup).await;
            return there.then_some(opened);
        }
        let spare = self.spares.iter().position(|(setup, _)| *setup == opened.setup);
        let peer = match spare.map(|at| self.spares.swap_remove(at)) {
            Some((_, spare)) => spare.take().await,
            None => None,
        };
        match peer {
            Some(peer) => {
                let mut desk = self.desk.borrow_mut();
                self.runner = self.runner.alike(&desk.setups[opened.setup].spec, peer);
                self.lost = false;
                desk.peer_starts += 1;
            }
            None if self.reopen(opened.setup).await => {}
            None => return None,
        }
        self.start_spare(opened.setup);
        Some(opened)
    }

    /// Has a peer started for the round after one in this set-up.
    fn start_spare(&mut self, setup: usize) {
        let setup = self.desk.borrow().foreseen(setup);
        if self.spares.iter().any(|(of, _)| *of == setup) {
            return;
        }
        let ((spec, _), limits) = (self.desk.borrow().spec(setup), self.options.run.limits.clone());
        let edges = self.options.coverage;
        self.spares.push((setup, Spare::begin(async move { open(&spec, &limits, edges).await })));
    }

    /// Gets another peer in this set-up. False when there is none to be had.
    pub(super) async fn reopen(&mut self, setup: usize) -> bool {
        let (spec, _) = self.desk.borrow().spec(setup);
        let opened = match self.options.run.peer.ours() {
            true => open(&spec, &self.options.run.limits, self.options.coverage)
                .await
                .map(|peer| self.runner = self.runner.alike(&spec, peer)),
            false => self.runner.restart().await,
        };
        let mut desk = self.desk.borrow_mut();
        if let Err(error) = opened {
            desk.cut = Some(format!("there is no peer any more: {error}"));
            return false;
        }
        self.lost = false;
        desk.peer_starts += 1;
        true
    }
}
