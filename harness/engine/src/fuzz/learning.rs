//! What a case that was played teaches: what the rules say of it, what its requests showed, and what is kept of them.
//! All of this is done while the next case is under way; what takes peers to look into is left for after that.

use super::Fuzz;
use super::burst::{blamed, lost_in};
use super::corpus::Shown;
use super::draft::{Draft, Made, features};
use super::ledger::Line;
use super::peers::Setup;
use super::play::{Kind, Play};
use super::suspects::Before;
use crate::error::Error;
use qmprobe_check::{Outcome, Verdict, judge};
use qmprobe_generate::state::Request;
use qmprobe_wire::{Ending, Exchange, Message, MessageKind, Transcript, Value};
use std::time::Duration;

/// A case that was played, and of which nothing was made yet.
pub(super) struct Played {
    pub draft: Draft,
    pub transcript: Transcript,
    /// Edges that nothing took before.
    pub edges: Vec<u32>,
}

/// A case of which something is to be looked into before it is done with.
pub(super) struct Open {
    pub before: Before,
    pub transcript: Transcript,
    pub verdicts: Vec<Verdict>,
    pub line: Line,
    /// What took new edges: whether the last request of each does alone is to be seen.
    pub guides: Vec<(Vec<Request>, Shown)>,
}

impl Fuzz<'_> {
    /// Takes in what a case came to. Returns it where something is left to look into; else it is done with.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn take_in(&mut self, play: &mut Play, played: Played) -> Result<Option<Open>, Error> {
        let Played { draft, transcript, edges } = played;
        let transcript = if transcript.ending == Ending::Alive { transcript } else { blamed(transcript) };
        let verdicts = judge(self.schema, &transcript);
        let line = self.count(play, &draft, &verdicts);
        let before = Before { case: draft.case, accepted: false };
        let mut open = Open { before, transcript, verdicts, line, guides: Vec::new() };
        let mut edges = Some(edges);
        for made in draft.made {
            let edges = edges.take().unwrap_or_default();
            self.learn(play, made, edges, &mut open)?;
        }
        let is_done = open.guides.is_empty() && !open.verdicts.iter().any(is_fail);
        if is_done && open.transcript.ending == Ending::Alive {
            self.done_with(play, open)?;
            return Ok(None);
        }
        Ok(Some(open))
    }

    /// Writes down what the case came to; from now on it is one of those before the next.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn done_with(&mut self, play: &mut Play, open: Open) -> Result<(), Error> {
        open.line.add_to(&mut play.record);
        self.ledger.append(&open.line)?;
        play.losses = 0;
        play.before.push(open.before);
        play.last = Some(open.transcript);
        Ok(())
    }

    /// Counts what the rules say of a case.
    fn count(&mut self, play: &Play, draft: &Draft, verdicts: &[Verdict]) -> Line {
        let mut commands: Vec<&str> = draft.made.iter().map(|made| made.request.command.as_str()).collect();
        commands.retain(|command| !self.tally.has_run(command));
        commands.sort_unstable();
        commands.dedup();
        let commands: Vec<String> = commands.into_iter().map(str::to_owned).collect();
        let options = self.options;
        let (passed, failed) = self.tally.case(None, verdicts, |rule| options.is_selected(rule));
        self.in_flight -= 1;
        self.tally.exercised(commands.iter().cloned());
        Line {
            round: play.record.round,
            next: draft.next,
            commands,
            passed: self.ledger.places(&passed),
            failed: self.ledger.places(&failed),
            ..Line::default()
        }
    }

    /// Takes in what a request of a case showed, `edges` of it, and keeps it where that is new.
    fn learn(&mut self, play: &mut Play, made: Made, edges: Vec<u32>, open: &mut Open) -> Result<(), Error> {
        let Made { request, id, choices } = made;
        let mut messages: Vec<&Message> =
            open.transcript.exchanges.iter().flat_map(Exchange::messages).collect();
        if let Some(id) = id.map(Value::int) {
            messages.retain(|message| message.get("id") == Some(&id));
        }
        let replies = || messages.iter().filter(|message| message.is_reply());
        let returned = replies().find(|reply| reply.kind == MessageKind::Return);
        let returned: Option<&Value> = returned.and_then(|reply| reply.get("return"));
        let accepted = returned.is_some();
        let Setup { names, survey, composer, .. } = &mut self.setups[play.setup];
        if let Some(choices) = choices {
            let bytes = replies().map(|reply| reply.bytes.len()).sum();
            composer.report(&request.command, choices, accepted, bytes);
        }
        if play.kind == Kind::Survey {
            survey.report(&request.command, accepted);
        }
        if let Some(returned) = returned {
            names.learn(&request.command, request.arguments.as_ref(), returned);
        }
        if !matches!(play.kind, Kind::Survey | Kind::Repeats) {
            let shape = features(composer, &request);
            let (features, is_new) = self.novelty.take(&request.command, &shape, &messages);
            let is_new = if self.options.coverage.is_some() { !edges.is_empty() } else { is_new };
            if open.transcript.ending == Ending::Alive {
                if let Some(reply) = replies().next().filter(|_| id.is_none()) {
                    let took = Duration::from_micros(open.transcript.exchanges.iter().map(took_us).sum());
                    self.repeats.offer(play.setup, &request, reply, took, &play.changes);
                }
                if is_new {
                    self.keep(play, &request, Shown { features, edges }, open)?;
                }
            }
        }
        open.before.accepted |= accepted;
        if accepted {
            play.has_changed(&request);
        }
        Ok(())
    }

    /// Keeps a request that showed something new, with those before it, unless that is to be seen.
    fn keep(&mut self, play: &Play, request: &Request, shown: Shown, open: &mut Open) -> Result<(), Error> {
        let sequence = play.changes.iter().chain([request]).cloned().collect();
        if shown.edges.is_empty() {
            open.line.kept += u64::from(self.corpus.keep(sequence, shown)?);
        } else {
            open.guides.push((sequence, shown));
        }
        Ok(())
    }

    /// Keeps the request that the peer was lost in from being sent again for a while.
    pub fn shun(&mut self, signature: &str, transcript: &Transcript, others: bool) {
        let Some(request) = lost_in(transcript) else { return };
        let shape = features(&self.setups[0].composer, &request);
        self.avoid.note(signature, &request.command, &shape, others, self.tally.judged());
    }
}

/// Microseconds from a request to the last of what came of it.
fn took_us(exchange: &Exchange) -> u64 {
    exchange.received.last().map_or(0, |last| last.at_us.saturating_sub(exchange.sent_us))
}

pub(super) fn is_fail(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Fail(_))
}
