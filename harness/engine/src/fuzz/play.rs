//! A round under way: what it is about, what is still to be sent in it, and what was.

use super::draft::Draft;
use super::learning::Played;
use super::suspects::Before;
use super::systematic::BLOCK_CASES;
use crate::event::Round;
use crate::safety::{Class, class_of};
use qmprobe_generate::Entropy;
use qmprobe_generate::state::Request;
use qmprobe_wire::Transcript;
use std::collections::VecDeque;
use std::time::Instant;

/// Cases of a round that surveys.
pub(super) const SURVEY_CASES: u64 = 1 << 12;
/// Of a kept sequence, the requests before the one that showed something new.
const KEPT_BEFORE_MAX: usize = 8;

/// What a round is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Survey,
    /// A block of the systematic part.
    Systematic,
    Requests,
    /// The same over and over, to see what it takes up.
    Repeats,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Survey => "survey",
            Kind::Systematic => "systematic",
            Kind::Requests => "requests",
            Kind::Repeats => "repeats",
        }
    }
}

/// A round under way.
pub(super) struct Play {
    pub setup: usize,
    pub kind: Kind,
    /// The place in the block of the next case to be made.
    pub place: u64,
    /// Cases made.
    pub drawn: u64,
    /// Cases that were made and not played yet.
    pub ahead: VecDeque<Draft>,
    /// The last case, as long as nothing was learned from it.
    pub played: Option<Played>,
    /// Times that the peer was found gone before the next case.
    pub losses: u32,
    pub entropy: Entropy,
    /// What is sent before anything else.
    pub queue: VecDeque<Request>,
    /// Kept sequences to go back to whenever there is nothing left of that.
    pub guides: Vec<Vec<Request>>,
    /// What was sent, and whether it was carried out.
    pub before: Vec<Before>,
    /// Requests that were carried out and may have changed something, the last ones.
    pub changes: VecDeque<Request>,
    /// The last case that was learned from, in case the peer turns out to have died of it afterwards.
    pub last: Option<Transcript>,
    pub record: Round,
    pub began: Instant,
    pub over: bool,
}

impl Play {
    /// Whether some of a block is left to be played.
    pub fn has_more(&self) -> bool {
        self.place < BLOCK_CASES || !self.ahead.is_empty()
    }

    /// Remembers a request that was carried out, if it may have changed something.
    pub fn has_changed(&mut self, request: &Request) {
        if class_of(&request.command) == Class::Observing {
            return;
        }
        if self.changes.len() == KEPT_BEFORE_MAX {
            self.changes.pop_front();
        }
        self.changes.push_back(request.clone());
    }
}
