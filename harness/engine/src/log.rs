//! What is said in a campaign: every event is in the journal before anybody hears of it.

use crate::error::Error;
use crate::event::{Event, Finding, PeerFacts, Shards};
use crate::journal::Journal;
use crate::options::Options;
use crate::tally::Tally;
use crate::triage::Triage;
use qmprobe_schema::{Schema, fingerprint};
use qmprobe_wire::{Dialect, Version};

/// The journal and whoever listens.
pub(crate) struct Log<'a> {
    pub journal: Journal,
    pub sink: &'a mut dyn FnMut(&Event),
}

impl Log<'_> {
    pub fn say(&mut self, event: Event) -> Result<(), Error> {
        self.journal.append(&event)?;
        (self.sink)(&event);
        Ok(())
    }

    /// Says what is tested and how much of it.
    pub fn begin(
        &mut self,
        options: &Options,
        facts: &PeerFacts,
        schema: &Schema,
        planned: u64,
        at: u64,
        shards: Option<Shards>,
    ) -> Result<(), Error> {
        self.say(Event::RunStarted {
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            peer: facts.clone(),
            seed: options.seed,
            schema: fingerprint(schema),
            commands: schema.commands.len() as u64,
            planned,
            at,
            shards,
        })
    }

    /// Says what there is to say of the peer.
    pub fn note(&mut self, notes: Vec<String>) -> Result<(), Error> {
        notes.into_iter().try_for_each(|text| self.say(Event::Noted { text }))
    }

    /// Says and counts findings.
    pub fn report(&mut self, findings: Vec<Finding>, tally: &mut Tally) -> Result<(), Error> {
        findings.into_iter().try_for_each(|finding| {
            tally.finding(&finding);
            self.say(Event::FindingMade(Box::new(finding)))
        })
    }

    /// Says how often findings were seen, and which rules nothing put to the test.
    pub fn last_words(
        &mut self,
        triage: &Triage,
        tally: &Tally,
        dialect: Dialect,
        version: Option<Version>,
    ) -> Result<(), Error> {
        let silent = tally.skipped_rules(dialect, version, |rule| triage.is_selected(rule));
        triage.last_words().into_iter().chain(silent).try_for_each(|event| match event {
            // Where rounds are counted, they have seen more than this sitting.
            Event::FindingCounted { signature, occurrences } => {
                let occurrences = tally.occurrences(&signature).unwrap_or(occurrences);
                self.say(Event::FindingCounted { signature, occurrences })
            }
            event => self.say(event),
        })
    }
}
