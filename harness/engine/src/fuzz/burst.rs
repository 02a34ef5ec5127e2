//! Several requests under way at once, in one write: with malformed text and corrupted commands among them, and where
//! the peer executes out of band, with some that overtake the rest.

use super::Fuzz;
use super::draft::{Draft, Made};
use super::fence::fenced;
use super::peers::Setup;
use super::play::{Play, SURVEY_CASES};
use crate::safety::ends_the_peer;
use qmprobe_generate::state::{Names, Request};
use qmprobe_generate::stream::has_twins;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::parse::parse;
use qmprobe_wire::{Case, CaseId, Dialect, Start, Step, Transcript, Value};
use std::sync::Arc;

/// Requests of one write, at least and how many more at most. QEMU runs one and queues seven before it stops reading
/// (`monitor/qmp.c`, QMP_REQ_QUEUE_LEN_MAX).
const REQUESTS_MIN: usize = 4;
const REQUESTS_MORE: usize = 5;
/// Writes of a connection that was opened for it.
const WRITES_MAX: usize = 3;
/// What has out-of-band execution enabled.
const ENABLE: &[u8] = b"{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}\n";
/// Among what overtakes, one in so many may not.
const FORBIDDEN_ONE_IN: usize = 4;
/// Where there is something malformed, it is one piece in so many.
const MALFORMED_ONE_IN: usize = 4;
/// What gets a parser like QEMU's back in step, if it is out of it.
const RESET: &[u8] = b"\xFF\n";
/// Levels of nesting of a request that is read back.
const NESTING_MAX: usize = 64;

/// What a write is put together of.
#[derive(Clone, Copy)]
struct Mix {
    overtakes: bool,
    malformed: bool,
}

impl Fuzz<'_> {
    /// The next case of a round, with several requests under way. Nothing may be drawn any more when it is `None`.
    pub(super) fn burst(&mut self, play: &mut Play, id: CaseId) -> Option<Draft> {
        let is_monitor = self.options.run.peer.dialect() == Dialect::Qmp;
        let overtakes = is_monitor && self.runs_out_of_band() && play.entropy.coin();
        let mix = Mix { overtakes, malformed: self.systematic.is_known() && play.entropy.coin() };
        let writes = if overtakes { 1 + play.entropy.below(WRITES_MAX) } else { 1 };
        let (mut steps, mut made) = (Vec::new(), Vec::new());
        steps.extend(overtakes.then(|| Step::Send(ENABLE.to_vec())));
        for _ in 0..writes {
            let body = self.body(play, id, mix, &mut made);
            steps.extend((!body.is_empty()).then_some(Step::Send(body)));
        }
        made.first()?;
        let case = Case {
            id,
            name: format!("{} requests under way", made.len()),
            command: None,
            aim: None,
            start: if overtakes { Start::Greeting } else { Start::Command },
            steps,
        };
        Some(Draft { made, ..Draft::of(case) })
    }

    fn runs_out_of_band(&self) -> bool {
        // One that somebody else runs serves one client, who is to stay.
        self.options.run.peer.ours() && self.schema.commands.iter().any(|command| command.allow_oob)
    }

    /// One write. What is malformed is left out again where it might run what it must not, or end a QEMU that
    /// executes out of band by a byte that brings two outcomes about, which is known.
    fn body(&mut self, play: &mut Play, id: CaseId, mix: Mix, made: &mut Vec<Made>) -> Vec<u8> {
        let (mut body, mut sound) = (Vec::new(), Vec::new());
        for _ in 0..REQUESTS_MIN + play.entropy.below(REQUESTS_MORE) {
            if mix.malformed && play.entropy.once_in(MALFORMED_ONE_IN) {
                body.extend(self.systematic.malformed(&mut play.entropy));
                body.push(b'\n');
                body.extend_from_slice(if play.entropy.coin() { RESET } else { b"" });
                continue;
            }
            let number = SURVEY_CASES + (id.index % SURVEY_CASES) * 32 + made.len() as u64;
            let Ok(number) = i64::try_from(number) else { break };
            let urgent = mix.overtakes && play.entropy.coin();
            let drawn = if urgent { self.urgent(play) } else { self.draw(play) };
            let Some(drawn) = drawn else { break };
            let bytes = match urgent {
                true => drawn.request.urgent_bytes(number),
                false => drawn.request.bytes(Some(number)),
            };
            for all in [&mut body, &mut sound] {
                all.extend_from_slice(&bytes);
                all.push(b'\n');
            }
            made.push(Made { id: Some(number), ..drawn });
        }
        let names = &self.setups[play.setup].names;
        if self.runs_what_it_may(&body, names) && !(mix.overtakes && is_twin(&body)) { body } else { sound }
    }

    /// A request to be executed out of band: mostly of a command that may be.
    fn urgent(&mut self, play: &mut Play) -> Option<Made> {
        if play.entropy.once_in(FORBIDDEN_ONE_IN) {
            return self.draw(play);
        }
        let urgent: Vec<&str> =
            self.schema.commands.iter().filter(|one| one.allow_oob).map(|one| one.name.as_str()).collect();
        let name = play.entropy.pick(&urgent);
        let Setup { names, composer, .. } = &mut self.setups[play.setup];
        let request = fenced(composer.command(name, &mut play.entropy, names)?, names)?;
        Some(Made { request, id: None, choices: Some(composer.choices()) })
    }

    /// Whether the requests that parsers like QEMU's read in the bytes may all be sent.
    fn runs_what_it_may(&self, bytes: &[u8], names: &Names) -> bool {
        let may = |value: &Value| {
            Request::of(value).is_none_or(|request| {
                let refused =
                    self.gate.refusal(&request.command).is_some() || ends_the_peer(&request.command);
                !refused && fenced(request.clone(), names) == Some(request)
            })
        };
        [Model::V3_1, Model::V11].into_iter().all(|model| {
            let mut outcomes = Vec::new();
            Automaton::new(model).feed(bytes, &mut outcomes);
            outcomes.iter().all(|outcome| match outcome {
                Outcome::Value { value, .. } => may(value),
                Outcome::Error { .. } => true,
            })
        })
    }
}

fn is_twin(bytes: &[u8]) -> bool {
    [Model::V3_1, Model::V11].into_iter().any(|model| has_twins(model, bytes))
}

/// The request that a peer was lost in, as far as can be told: the first that went unanswered of those that were
/// under way, else the last.
pub(super) fn lost_in(transcript: &Transcript) -> Option<Request> {
    for exchange in transcript.exchanges.iter().rev() {
        // What has stretches is no row of requests.
        let Some(sent) = exchange.sent.as_plain() else { continue };
        let lines = sent.split(|byte| *byte == b'\n');
        let values = lines.filter_map(|line| parse(line, NESTING_MAX).value);
        let mut last = None;
        for (value, request) in values.filter_map(|value| Request::of(&value).map(|request| (value, request)))
        {
            let id = value.get("id");
            if id.is_some() && !exchange.replies().any(|reply| reply.get("id") == id) {
                return Some(request);
            }
            last = Some(request);
        }
        if last.is_some() {
            return last;
        }
    }
    None
}

/// The transcript of a peer that was lost with several requests under way, as one of the request that it was lost in.
pub(super) fn blamed(transcript: Transcript) -> Transcript {
    if transcript.case.command.is_some() || transcript.case.aim.is_some() {
        return transcript;
    }
    let Some(request) = lost_in(&transcript) else { return transcript };
    let (name, command) = (format!("{}: made up", request.command), Some(request.command));
    let case = Arc::new(Case { name, command, ..(*transcript.case).clone() });
    Transcript { case, ..transcript }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::{Ending, Version};

    /// Requests under way, and what came of them before the peer was gone.
    fn lost(sent: &str, received: &str) -> Transcript {
        let told = Transcript::of_write(Dialect::Qmp, Version::new(7, 2), sent.into(), received.as_bytes());
        Transcript { ending: Ending::Hung, ..told }
    }

    #[test]
    fn the_first_request_without_an_answer_is_what_a_peer_was_lost_in() {
        let sent = concat!(
            "{\"execute\":\"query-name\",\"id\":1}\n{[}\n{\"exec-oob\":\"query-yank\",\"id\":2}\n",
            "{\"execute\":\"object-add\",\"id\":3}\n{\"execute\":\"stop\",\"id\":4}\n"
        );
        let command = |received: &str| blamed(lost(sent, received)).case.command.clone();
        assert_eq!(
            command("{\"return\":[],\"id\":2}\r\n{\"return\":{},\"id\":1}\r\n").as_deref(),
            Some("object-add")
        );
        assert_eq!(command("").as_deref(), Some("query-name"));
        let all = (1..5).map(|id| format!("{{\"return\":{{}},\"id\":{id}}}\r\n")).collect::<String>();
        assert_eq!(command(&all).as_deref(), Some("stop"));
        assert_eq!(blamed(lost("{[}\n", "")).case.command, None);
    }
}
