//! The output directory of a campaign: what is there of an earlier part, and what room the rest may take.

use super::Options;
use super::corpus::{self, Corpus};
use super::ledger::{Ledger, Line};
use super::recall;
use super::suspects::{Suspect, Suspects};
use crate::error::Error;
use crate::event::Event;
use crate::journal::Journal;

/// Everything in the directory, open.
pub(super) struct Place {
    pub journal: Journal,
    /// What happened before.
    pub before: Vec<Event>,
    pub corpus: Corpus,
    pub ledger: Ledger,
    /// What happened before in the rounds that were cut off.
    pub lines: Vec<Line>,
    pub suspects: Suspects,
    /// What was being looked into.
    pub suspected: Vec<Suspect>,
}

impl Place {
    /// Opens the directory; of what an earlier campaign left there, nothing stays that is not gone on with. Half of
    /// the room is for sequences, an eighth for rounds; a quarter for findings, of which each rule has
    /// few.
    ///
    /// # Errors
    /// Something of it cannot be read or written.
    pub fn open(options: &Options) -> Result<Place, Error> {
        let out = &options.run.out;
        let (journal, before) = match options.resume {
            true => Journal::resume(out)?,
            false => (Journal::create(out)?, Vec::new()),
        };
        if !options.resume {
            corpus::clear(out)?;
        }
        let journal = journal.with_room(options.out_bytes_max / 8);
        let corpus = options.corpus.clone().unwrap_or_else(|| out.join(corpus::DIRECTORY));
        let corpus = Corpus::open(&corpus, options.out_bytes_max / 2)?;
        let (ledger, lines) = Ledger::open(out, &recall::unfinished(&before))?;
        let (suspects, suspected) = Suspects::open(out, options.resume)?;
        Ok(Place { journal, before, corpus, ledger, lines, suspects, suspected })
    }
}
