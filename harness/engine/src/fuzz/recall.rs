//! What a campaign that goes on takes in of its earlier part.

use super::job::Job;
use super::ledger::Line;
use super::play::Kind;
use super::shard::Shard;
use super::suspects::Suspect;
use super::{Fuzz, Options};
use crate::error::Error;
use crate::event::{Event, Finding, Round, Shards};
use crate::triage::Triage;
use qmprobe_schema::{Schema, fingerprint};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// A block that was cut off.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub block: u64,
    /// The index in it to go on with.
    pub next: u64,
    /// Its figures so far.
    pub record: Round,
}

/// The rounds that began and did not end.
pub(super) fn unfinished(events: &[Event]) -> HashSet<u64> {
    let mut begun = HashSet::new();
    for event in events {
        match event {
            Event::RoundBegan { round, .. } => drop(begun.insert(*round)),
            Event::RoundEnded(ended) => drop(begun.remove(&ended.round)),
            _ => {}
        }
    }
    begun
}

/// # Errors
/// What is there is of another campaign than the one that is to go on.
pub(super) fn same_campaign(
    events: &[Event],
    options: &Options,
    schema: &Schema,
    shards: Option<&Shards>,
) -> Result<(), Error> {
    let Some(Event::RunStarted { tool, seed, schema: told, shards: kept, .. }) = events.first() else {
        return Err(Error::NoCampaign(options.run.out.clone()));
    };
    let words = |shards: Option<&Shards>| match shards {
        Some(Shards { of, held, .. }) => format!("{}/{of}", held.first().copied().unwrap_or_default()),
        None => Shard::WHOLE.to_string(),
    };
    let facts = [
        ("version of the tool", tool.clone(), env!("CARGO_PKG_VERSION").to_owned()),
        ("schema", told.clone(), fingerprint(schema)),
        ("seed", seed.to_string(), options.run.seed.to_string()),
        ("shard", words(kept.as_ref()), words(shards)),
    ];
    match facts.into_iter().find(|(_, there, here)| there != here) {
        Some((what, there, here)) => {
            Err(Error::OtherCampaign { path: options.run.out.clone(), what, there, here })
        }
        None => Ok(()),
    }
}

impl Fuzz<'_> {
    /// Takes in what an earlier part of the campaign did, which was cut off after `lines` of its last rounds. A block
    /// goes on where it was, since it is the same in any campaign; what was made up on a peer that is gone does not.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub(super) fn recall(
        &mut self,
        events: Vec<Event>,
        lines: Vec<Line>,
        triage: &mut Triage,
    ) -> Result<(), Error> {
        let mut began = HashMap::new();
        let mut findings: Vec<Box<Finding>> = Vec::new();
        for event in events {
            (self.log.sink)(&event);
            match event {
                Event::RoundBegan { round, block, kind, .. } => {
                    self.begun(round, block);
                    self.peer_starts += 1;
                    began.insert(round, (block, kind));
                }
                Event::RoundEnded(round) => {
                    began.remove(&round.round);
                    self.tally.recall(&round);
                    self.begun(round.round, round.block);
                    let in_block = Duration::from_micros(round.took_us);
                    self.in_blocks += round.block.map(|_| in_block).unwrap_or_default();
                }
                Event::FindingMade(finding) => findings.push(finding),
                _ => {}
            }
        }
        for finding in findings {
            let occurrences = self.tally.occurrences(&finding.signature).unwrap_or(finding.occurrences);
            triage.recall(&Finding { occurrences, ..(*finding).clone() });
            self.tally.finding(&finding);
        }
        for (round, (block, kind)) in began {
            let mut record = Round { round, block, peer_after: "alive".to_owned(), ..Round::default() };
            let mut next = 0;
            for line in lines.iter().filter(|line| line.round == round) {
                next = line.next;
                line.add_to(&mut record);
            }
            self.tally.recall(&record);
            match block {
                Some(block) if kind == Kind::Systematic.name() => {
                    self.unfinished.push(Unfinished { block, next, record });
                }
                _ => {
                    self.log.say(Event::RoundEnded(Round { peer_after: "cut off".to_owned(), ..record }))?;
                    self.ledger.clear(round)?;
                }
            }
        }
        Ok(())
    }

    /// The next round and the next block are beyond these.
    fn begun(&mut self, round: u64, block: Option<u64>) {
        let shard = self.goal.shard;
        self.round = self.round.max(shard.below(round + 1));
        self.blocks = block.map_or(self.blocks, |block| self.blocks.max(shard.below(block + 1)));
    }
}

impl Job<'_, '_> {
    /// Looks into what was being looked into when the campaign was cut off.
    ///
    /// # Errors
    /// A finding cannot be written.
    pub(super) async fn look_again(&mut self, suspected: Vec<Suspect>) -> Result<(), Error> {
        for mut suspect in suspected {
            suspect.setup = suspect.setup.min(self.desk.borrow().setups.len() - 1);
            let signature = suspect.look.signature.clone();
            let is_known = self.triage.lock().await.has_met(&signature);
            let shown = match is_known {
                true => None,
                false => self.reproduced(&suspect).await,
            };
            let shown = shown.map(|(_, shown)| shown);
            let verdict = shown.as_ref().and_then(|shown| self.verdict(shown, &signature));
            if let (Some(shown), Some(verdict)) = (shown, verdict) {
                self.follow(&suspect, &shown, verdict).await?;
            } else if !self.desk.borrow().is_stopped() {
                self.desk.borrow_mut().suspects.close(&signature)?;
            }
        }
        Ok(())
    }
}
