//! The next thing to send in a round: of a block what is due, else something of a kept sequence, changed, or whatever
//! comes to mind with what the peer has shown to have.

use super::Fuzz;
use super::corpus::Kept;
use super::fence::fenced;
use super::peers::Setup;
use super::play::{Kind, Play, SURVEY_CASES};
use super::repeats::ROUND_CASES;
use super::systematic::BLOCK_CASES;
use crate::error::Error;
use crate::event::Event;
use qmprobe_generate::Entropy;
use qmprobe_generate::state::shape::{self, Feature};
use qmprobe_generate::state::{Choices, Composer, Request, mutated, varied};
use qmprobe_wire::{Case, CaseId, Start, Step};
use std::collections::VecDeque;
use std::sync::Arc;

/// Cases of a round: to start a peer takes as long as dozens of them.
const CASES: u64 = 576;
/// Cases after which it turns to other sequences.
const TURN_CASES: u64 = 192;
/// Cases count from here, so that they share no id with those of a check; each round has room for
/// [`SURVEY_CASES`].
const FIRST_INDEX: u64 = 1 << 42;
/// Requests thrown away for each that is sent, at most.
const REDRAWS_MAX: u32 = 16;
/// One case in so many is one of a check.
const SYSTEMATIC_ONE_IN: usize = 12;
/// One in so many has several requests under way.
const BURST_ONE_IN: usize = 8;
/// Kept sequences that a round comes back to, where the peer counts edges.
const GUIDES: usize = 16;
/// Of these, one in so many times others are added, left out or put together with those of another.
const SEQUENCES_ONE_IN: usize = 8;
/// Requests made from nothing in such a round.
const COMPOSED_ONE_IN: usize = 8;

/// The names of the sequences picked, what of them is sent at once, and those to come back to.
pub(super) type Opening = (Vec<String>, VecDeque<Request>, Vec<Vec<Request>>);

/// A case with what it was made of.
pub(super) struct Draft {
    pub case: Arc<Case>,
    /// Its requests, of which something is to be learned.
    pub made: Vec<Made>,
    /// The place in its block where the round goes on after it.
    pub next: u64,
}

/// One request of a case.
pub(super) struct Made {
    pub request: Request,
    /// What its reply is told by, where others are under way with it.
    pub id: Option<i64>,
    /// Those of a request that was made from nothing: what comes of it teaches something of them.
    pub choices: Option<Choices>,
}

impl Draft {
    /// One that teaches nothing but what the rules say of it.
    pub fn of(case: Case) -> Draft {
        Draft { case: Arc::new(case), made: Vec::new(), next: 0 }
    }

    fn alone(id: CaseId, made: Made, by_line: bool) -> Draft {
        let case = case(id, &made.request, by_line);
        Draft { made: vec![made], ..Draft::of(case) }
    }
}

impl Fuzz<'_> {
    /// What a round begins or goes on with: half the time a kept sequence, changed with another at hand. Where the peer counts
    /// edges, several sequences that it comes back to.
    pub(super) fn opening(&mut self, setup: usize, entropy: &mut Entropy) -> Opening {
        let named = |kept: &Kept| (kept.name.clone(), kept.requests.clone());
        if self.options.coverage.is_some() {
            let picked = (0..GUIDES).filter_map(|_| self.corpus.guide(&self.edges, entropy).map(named));
            let (names, guides) = picked.unzip();
            return (names, VecDeque::new(), guides);
        }
        if entropy.coin() {
            return Opening::default();
        }
        let picked = (0..2).filter_map(|_| self.corpus.pick(&self.novelty, entropy).map(named));
        let (names, sequences): (Vec<String>, Vec<Vec<Request>>) = picked.unzip();
        let [one, other] = sequences.as_slice() else { return Opening::default() };
        let Setup { names: known, composer, .. } = &mut self.setups[setup];
        let queue = mutated(one, other, composer, known, entropy);
        (names, queue.into(), Vec::new())
    }

    /// Turns a round that has lasted for a while to other sequences.
    pub(super) fn turn(&mut self, play: &mut Play) -> Result<(), Error> {
        if play.kind != Kind::Requests || play.drawn == 0 || !play.drawn.is_multiple_of(TURN_CASES) {
            return Ok(());
        }
        let (picks, queue, guides) = self.opening(play.setup, &mut play.entropy);
        play.queue.extend(queue);
        play.guides = guides;
        match picks.is_empty() {
            true => Ok(()),
            false => self.log.say(Event::RoundWentOn { round: play.record.round, picks }),
        }
    }

    /// Queues a changed sequence, now and then, where there are some to come back to.
    fn refill(&mut self, play: &mut Play) {
        let Play { queue, guides, entropy, .. } = play;
        if !queue.is_empty() || guides.is_empty() || entropy.once_in(COMPOSED_ONE_IN) {
            return;
        }
        let Setup { names, composer, .. } = &mut self.setups[play.setup];
        let one = &guides[entropy.below(guides.len())];
        *queue = match entropy.once_in(SEQUENCES_ONE_IN) {
            true => mutated(one, &guides[entropy.below(guides.len())], composer, names, entropy).into(),
            false => varied(one, composer, names, entropy).into(),
        };
    }

    /// The next case; `None` when the round is over.
    pub(super) fn draft(&mut self, play: &mut Play) -> Option<Draft> {
        match play.kind {
            Kind::Systematic => return self.draft_of_block(play),
            Kind::Requests => self.refill(play),
            Kind::Survey | Kind::Repeats => {}
        }
        let nth = play.drawn;
        let id = CaseId {
            seed: self.options.run.seed,
            index: FIRST_INDEX + play.record.round * SURVEY_CASES + nth,
        };
        let Setup { names, survey, .. } = &mut self.setups[play.setup];
        let by_line = self.by_line;
        let made = |request: Request| Made { request, id: None, choices: None };
        match play.kind {
            Kind::Survey if nth < SURVEY_CASES => {
                let request = survey.next(self.schema, self.gate, names)?;
                return Some(Draft::alone(id, made(request), by_line));
            }
            Kind::Repeats if nth < ROUND_CASES => {
                let (case, request) = self.repeats.next(play.setup, id)?;
                return Some(Draft { made: vec![made(request)], ..Draft::of(case) });
            }
            Kind::Requests if nth < CASES => {}
            _ => return None,
        }
        if play.entropy.once_in(SYSTEMATIC_ONE_IN)
            && let Some(case) = self.systematic.quick(id.index, names, &mut play.entropy)
        {
            return Some(Draft::of(case));
        }
        // Whatever a peer counts is the last request's.
        if self.options.coverage.is_none() && play.entropy.once_in(BURST_ONE_IN) {
            return self.burst(play, id);
        }
        Some(Draft::alone(id, self.draw(play)?, by_line))
    }

    /// The next request: of what is queued, else from nothing.
    pub(super) fn draw(&mut self, play: &mut Play) -> Option<Made> {
        let Setup { names, composer, .. } = &mut self.setups[play.setup];
        let now = self.tally.judged();
        for _ in 0..REDRAWS_MAX {
            let queued = play.queue.pop_front();
            let composed = queued.is_none();
            let request = match queued {
                Some(request) => request,
                None => composer.next(&mut play.entropy, names)?,
            };
            let Some(request) = fenced(request, names) else { continue };
            let watched = self.avoid.watches(&request.command);
            let shape = if watched { features(composer, &request) } else { Vec::new() };
            if watched && self.avoid.blocks(&request.command, &shape, now) {
                continue;
            }
            let choices = composed.then(|| composer.choices());
            return Some(Made { request, id: None, choices });
        }
        None
    }

    /// The next case of a block that may be sent.
    fn draft_of_block(&self, play: &mut Play) -> Option<Draft> {
        let first = play.record.block? * BLOCK_CASES;
        while play.place < BLOCK_CASES && first + play.place < self.goal.systematic_cases() {
            play.place += 1;
            if let Some(case) = self.systematic.case(first + play.place - 1) {
                return Some(Draft { next: play.place, ..Draft::of(case) });
            }
        }
        None
    }
}

/// The case that sends a request.
pub(super) fn case(id: CaseId, request: &Request, by_line: bool) -> Case {
    let mut bytes = request.bytes(i64::try_from(id.index % SURVEY_CASES).ok());
    if by_line {
        bytes.push(b'\n');
    }
    Case {
        id,
        name: format!("{}: made up", request.command),
        command: Some(request.command.clone()),
        aim: None,
        start: Start::Command,
        steps: vec![Step::Send(bytes)],
    }
}

/// What the arguments of a request look like from afar.
pub(super) fn features(composer: &Composer<'_>, request: &Request) -> Vec<Feature> {
    let arguments = request.arguments.as_ref();
    arguments.map(|arguments| shape::features(arguments, &|word| composer.is_word(word))).unwrap_or_default()
}
