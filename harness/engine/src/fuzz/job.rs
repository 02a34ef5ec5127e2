//! What works at one peer of a campaign. Jobs share everything but their peers, and hold on to none of it while they
//! wait; the triage alone is held by one that confirms a finding.

use super::{Fuzz, Options};
use crate::error::Error;
use crate::runner::Runner;
use crate::spare::Spare;
use crate::triage::{Bench, Triage};
use qmprobe_schema::Schema;
use std::cell::RefCell;
use tokio::sync::Mutex;

/// One peer after the other, and what is done to it.
pub(super) struct Job<'c, 'a> {
    pub options: &'a Options,
    pub schema: &'a Schema,
    pub desk: &'c RefCell<Fuzz<'a>>,
    pub triage: &'c Mutex<Triage>,
    /// What sequences are made smaller on.
    pub bench: Bench,
    pub runner: Runner,
    /// The peer of the runner is gone.
    pub lost: bool,
    /// With their set-ups, at most one for each.
    pub spares: Vec<(usize, Spare)>,
}

impl Job<'_, '_> {
    /// Plays rounds until the campaign is over.
    ///
    /// # Errors
    /// Something cannot be written.
    pub async fn work(&mut self) -> Result<(), Error> {
        while !self.desk.borrow_mut().is_over() {
            self.play_round().await?;
        }
        Ok(())
    }
}
