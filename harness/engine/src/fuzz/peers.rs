//! The peers of a campaign: one for each round, started while the round before is played.

use super::Fuzz;
use super::setups;
use super::survey::Survey;
use crate::runner::Runner;
use qmprobe_generate::Entropy;
use qmprobe_generate::state::{Composer, Names};
use qmprobe_schema::Schema;
use qmprobe_target::{Error, Peer, PeerSpec};
use tokio::task::JoinHandle;

/// Where the choice of set-ups begins among the choices of a seed.
const CHOICES: u64 = 1 << 50;

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

/// A peer that is being started for the next round.
#[derive(Debug)]
pub(super) struct Spare {
    setup: usize,
    peer: JoinHandle<Result<Peer, Error>>,
}

impl Drop for Spare {
    fn drop(&mut self) {
        self.peer.abort();
    }
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

impl Fuzz<'_> {
    /// The set-up of a round: each in turn until it is surveyed, then by chance.
    fn setup_of(&self, round: u64) -> usize {
        let unsurveyed = self.setups.iter().position(|setup| !setup.survey.is_over());
        unsurveyed
            .unwrap_or_else(|| Entropy::new(self.options.run.seed, CHOICES + round).below(self.setups.len()))
    }

    /// Gets a fresh peer for the round, and has the next one started. Gives its set-up; `None` when there is no
    /// peer to be had.
    pub(super) async fn open_round(&mut self) -> Option<usize> {
        let setup = self.setup_of(self.round);
        if !self.options.run.peer.ours() {
            if std::mem::take(&mut self.lost)
                && let Err(error) = self.runner.restart().await
            {
                self.cut = Some(format!("the peer is gone: {error}"));
                return None;
            }
            return Some(setup);
        }
        let spec = self.setups[setup].spec.clone();
        let spare = self.spare.take().filter(|spare| spare.setup == setup);
        let peer = match spare {
            Some(mut spare) => (&mut spare.peer).await.ok().and_then(Result::ok),
            None => None,
        };
        let opened = match peer {
            Some(peer) => Ok(self.runner.alike(&spec, peer)),
            None => self.runner.another(&spec).await,
        };
        match opened {
            Ok(runner) => self.runner = runner,
            Err(error) => {
                self.cut = Some(format!("the peer does not start any more: {error}"));
                return None;
            }
        }
        self.lost = false;
        self.peer_starts += 1;
        let setup_next = self.setup_of(self.round + 1);
        let (spec, limits) = (self.setups[setup_next].spec.clone(), self.options.run.limits.clone());
        let peer = tokio::spawn(async move { Peer::open(&spec, &limits).await });
        self.spare = Some(Spare { setup: setup_next, peer });
        Some(setup)
    }
}
