//! The peers of a campaign: one for each round, started while the round before is played.

use super::Fuzz;
use super::recall::Unfinished;
use super::round::{Kind, case};
use super::setups;
use super::survey::Survey;
use crate::runner::{Ran, Runner};
use crate::spare::Spare;
use qmprobe_generate::Entropy;
use qmprobe_generate::state::{Composer, Names, Request};
use qmprobe_schema::Schema;
use qmprobe_target::{Error, Peer, PeerSpec};
use qmprobe_wire::{CaseId, Limits};
use std::collections::HashSet;

/// Where the choice of set-ups begins among the choices of a seed.
const CHOICES: u64 = 1 << 50;
/// Where that of blocks does.
const BLOCK_CHOICES: u64 = 1 << 49;

/// A way to start the peer, and what is known of it when it was started so.
#[derive(Debug)]
pub(super) struct Setup<'s> {
    pub spec: PeerSpec,
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
    let setup = |spec: PeerSpec, peer: &Peer| Setup {
        spec,
        command_line: peer.command_line().to_owned(),
        names: Names::new(schema),
        composer: Composer::new(schema, may),
        survey: Survey::of(questions),
    };
    let mut found = vec![setup(spec.clone(), runner.peer())];
    let mut notes = Vec::new();
    for spec in setups::of(spec).into_iter().skip(1) {
        match runner.another(&spec).await {
            Ok(other) => found.push(setup(spec, other.peer())),
            Err(_) => notes.push(format!("a set-up is left out, as it does not start: {}", words(&spec))),
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
}

/// Opens a peer, with a map of so many edges.
async fn open(spec: &PeerSpec, limits: &Limits, edges: Option<usize>) -> Result<Peer, Error> {
    match edges {
        Some(edges) => Peer::open_counting(spec, limits, edges).await,
        None => Peer::open(spec, limits).await,
    }
}

impl Fuzz<'_> {
    /// Whether the last request of a sequence takes the edges alone, on a fresh peer.
    pub(super) async fn takes_alone(&self, setup: usize, request: &Request, edges: &[u32]) -> bool {
        let Setup { spec, .. } = &self.setups[setup];
        let Ok(peer) = open(spec, &self.options.run.limits, self.options.coverage).await else {
            return false;
        };
        let mut runner = self.runner.alike(spec, peer);
        let case = case(CaseId { seed: self.options.run.seed, index: 0 }, request, self.by_line);
        if !matches!(runner.run(&case).await, Ran::Through(_)) {
            return false;
        }
        let mut taken = HashSet::new();
        if let Some(map) = runner.peer().coverage() {
            map.take(|edge, _| taken.extend([edge]));
        }
        edges.iter().all(|edge| taken.contains(edge))
    }

    /// What the next round is. The set-up of a block is the same in any shard; others take each in turn until it is
    /// surveyed, and then any.
    fn next_round(&self) -> Opened {
        let seed = self.options.run.seed;
        let any = |choice: u64| Entropy::new(seed, choice).below(self.setups.len());
        if let Some(Unfinished { block, .. }) = &self.unfinished {
            return Opened { kind: Kind::Systematic, setup: any(BLOCK_CHOICES + block), block: Some(*block) };
        }
        let unsurveyed = self.setups.iter().position(|setup| !setup.survey.is_over());
        let setup = unsurveyed.unwrap_or_else(|| any(CHOICES + self.goal.shard.nth(self.round)));
        match self.kind(setup) {
            Kind::Systematic => {
                let block = self.goal.shard.nth(self.blocks);
                Opened { kind: Kind::Systematic, setup: any(BLOCK_CHOICES + block), block: Some(block) }
            }
            kind => Opened { kind, setup, block: None },
        }
    }

    /// Gets a fresh peer for the next round, and has one started for that after it. `None` when there is no peer
    /// to be had.
    pub(super) async fn open_round(&mut self) -> Option<Opened> {
        let opened = self.next_round();
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
                self.runner = self.runner.alike(&self.setups[opened.setup].spec, peer);
                self.lost = false;
                self.peer_starts += 1;
            }
            None if self.reopen(opened.setup).await => {}
            None => return None,
        }
        self.start_spare(opened.setup);
        Some(opened)
    }

    /// Has a peer started for the round after one in this set-up, as far as it can be told which that will be.
    fn start_spare(&mut self, setup: usize) {
        let surveyed = self.setups.iter().all(|setup| setup.survey.is_over());
        let next = Entropy::new(self.options.run.seed, CHOICES + self.goal.shard.nth(self.round + 1));
        let setup = if surveyed { { next }.below(self.setups.len()) } else { setup };
        if self.spares.iter().any(|(of, _)| *of == setup) {
            return;
        }
        let (spec, limits) = (self.setups[setup].spec.clone(), self.options.run.limits.clone());
        let edges = self.options.coverage;
        self.spares.push((setup, Spare::begin(async move { open(&spec, &limits, edges).await })));
    }

    /// Gets another peer in this set-up. False when there is none to be had.
    pub(super) async fn reopen(&mut self, setup: usize) -> bool {
        let Setup { spec, .. } = &self.setups[setup];
        let opened = match self.options.run.peer.ours() {
            true => open(spec, &self.options.run.limits, self.options.coverage)
                .await
                .map(|peer| self.runner = self.runner.alike(spec, peer)),
            false => self.runner.restart().await,
        };
        if let Err(error) = opened {
            self.cut = Some(format!("there is no peer any more: {error}"));
            return false;
        }
        self.lost = false;
        self.peer_starts += 1;
        true
    }
}
