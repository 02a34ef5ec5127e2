//! What the rules look at: a transcript with each reply already set beside what was expected of it.

use crate::conform::{Direction, Mismatch, MismatchKind, conform};
use crate::predict::{Accepted, Expectation, predict_all};
use crate::prediction::{Deviation, deviations};
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::{Automaton, Model};
use qmprobe_wire::{
    Ending, Exchange, ExchangeEnd, Frame, Message, MessageKind, SessionState, Transcript, Value, Version,
};

/// One expectation and the reply that belongs to it.
#[derive(Debug)]
pub struct Pair<'a> {
    /// Index of the exchange in which the request was sent.
    pub exchange: usize,
    /// What a conforming peer answers.
    pub expectation: Expectation,
    /// What came. `None` when nothing did.
    pub reply: Option<&'a Message>,
    /// Where the return value does not conform to the declared type. Empty for other replies.
    pub mismatches: Vec<Mismatch>,
}

/// What a rule may look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The schema in force.
    pub schema: &'a Schema,
    /// What happened.
    pub transcript: &'a Transcript,
    /// Expectations with their replies, in the order of the requests.
    pub pairs: Vec<Pair<'a>>,
    /// Replies that nothing was asked for, with the index of their exchange.
    pub extras: Vec<(usize, &'a Message)>,
    /// Replies that came in another order than their requests, with the index of their exchange.
    pub disordered: Vec<usize>,
    /// Answers of an unacceptable kind.
    pub deviations: Vec<Deviation>,
}

/// The automaton that a peer of this version has.
pub fn model_of(version: Option<Version>) -> Model {
    if version.is_some_and(|version| version >= Version::new(11, 0)) { Model::V11 } else { Model::V3_1 }
}

impl Pair<'_> {
    /// Whether silence was acceptable and kept.
    pub fn is_silent(&self) -> bool {
        self.reply.is_none() && self.expectation.accepted.has(Accepted::NOTHING)
    }
}

impl<'a> Context<'a> {
    /// Pairs every request with its reply.
    pub fn new(schema: &'a Schema, transcript: &'a Transcript) -> Context<'a> {
        let mut context = Context {
            schema,
            transcript,
            pairs: Vec::new(),
            extras: Vec::new(),
            disordered: Vec::new(),
            deviations: Vec::new(),
        };
        let mut automaton = Automaton::new(model_of(transcript.version));
        let mut state = transcript.start;
        let mut outcomes = Vec::new();
        let mut connection = None;
        for (index, exchange) in transcript.exchanges.iter().enumerate() {
            if exchange.opened || connection.is_some_and(|number| number != exchange.connection) {
                automaton = Automaton::new(model_of(transcript.version));
                state = SessionState::fresh(transcript.dialect);
            }
            connection = Some(exchange.connection);
            learn_offer(exchange, &mut state);
            outcomes.clear();
            automaton.feed(&exchange.sent, &mut outcomes);
            let first = context.pairs.len();
            for mut expectation in predict_all(schema, transcript.version, state, &outcomes) {
                if exchange.connection > 0 && matches!(expectation.rule, "negotiation-gate" | "oob-gate") {
                    expectation.rule = "negotiation-per-connection";
                }
                state = expectation.next;
                context.pairs.push(Pair {
                    exchange: index,
                    expectation,
                    reply: None,
                    mismatches: Vec::new(),
                });
            }
            context.assign(first, index, exchange);
        }
        context.judge_returns();
        context.deviations = deviations(&context.pairs, transcript.case.aim.as_deref());
        context
    }

    /// Gives the exchange's replies to its expectations: by id where that is unmistakable, else in order.
    fn assign(&mut self, first: usize, index: usize, exchange: &'a Exchange) {
        let expected = self.pairs.len() - first;
        let proper = exchange.replies().filter(|reply| reply.kind != MessageKind::Other).count();
        let keep_other = proper < expected;
        let replies: Vec<&Message> =
            exchange.replies().filter(|reply| keep_other || reply.kind != MessageKind::Other).collect();
        let pairs = &mut self.pairs[first..];
        if pairs.len() > 1 && pair_by_id(pairs, &replies) {
            if is_disordered(pairs, &replies) {
                self.disordered.push(index);
            }
            return;
        }
        let mut replies = replies.into_iter().peekable();
        for at in 0..pairs.len() {
            let (before, later) = pairs.split_at_mut(at + 1);
            let Some(pair) = before.last_mut() else { break };
            let may_be_silent = pair.expectation.accepted.has(Accepted::NOTHING);
            let Some(next) = replies.peek() else { break };
            let skipped = may_be_silent && !belongs(&pair.expectation, next);
            if skipped || is_of_a_later(&pair.expectation, later, next) {
                continue;
            }
            pair.reply = replies.next();
        }
        self.extras.extend(replies.map(|extra| (index, extra)));
    }

    fn judge_returns(&mut self) {
        for pair in &mut self.pairs {
            let Some(reply) = pair.reply.filter(|reply| reply.kind == MessageKind::Return) else { continue };
            if !pair.expectation.accepted.has(Accepted::RETURN) {
                continue;
            }
            let Some(command) =
                pair.expectation.command.as_deref().and_then(|name| self.schema.command(name))
            else {
                continue;
            };
            if let (Some(ty), Some(value)) = (command.returns, reply.get("return")) {
                pair.mismatches = conform(self.schema, ty, value, Direction::Out);
            }
        }
    }

    /// The exchange of a pair.
    pub fn exchange(&self, pair: &Pair<'_>) -> &'a Exchange {
        &self.transcript.exchanges[pair.exchange]
    }

    /// Every message with the index of its exchange, in order.
    pub fn messages(&self) -> impl Iterator<Item = (usize, &'a Message)> {
        self.transcript
            .exchanges
            .iter()
            .enumerate()
            .flat_map(|(index, exchange)| exchange.messages().map(move |message| (index, message)))
    }

    /// Whether the framing of an exchange is broken, so that replies may be lost in it.
    pub fn is_garbled(&self, exchange: usize) -> bool {
        self.transcript.exchanges[exchange].received.iter().any(|received| match &received.frame {
            Frame::Garbage(_) => true,
            Frame::Message(message) => message.parsed.value.is_none() || is_misshapen(message),
            Frame::Sentinel => false,
        })
    }

    /// Whether the peer was lost, so that a missing reply is explained by that.
    pub fn peer_is_lost(&self) -> bool {
        self.transcript.ending != Ending::Alive
    }

    /// Whether a reply that did not come is the peer's silence, and not explained by something else.
    pub fn can_expect_reply(&self, exchange: usize) -> bool {
        !self.is_garbled(exchange) && !self.peer_is_lost() && !self.is_flooded(exchange)
    }

    /// Whether an exchange ended because a limit was hit.
    pub fn is_flooded(&self, exchange: usize) -> bool {
        matches!(self.transcript.exchanges[exchange].end, ExchangeEnd::Flooded(_))
    }

    /// The pairs whose reply is a proper `return` to a command that may give one.
    pub fn returns(&self) -> impl Iterator<Item = (&Pair<'a>, &'a Value)> {
        self.pairs.iter().filter_map(|pair| {
            let reply = pair.reply.filter(|reply| reply.kind == MessageKind::Return)?;
            let value = reply.get("return")?;
            pair.expectation.accepted.has(Accepted::RETURN).then_some((pair, value))
        })
    }
}

/// Whether a message has the marks of more than one kind, or of none.
pub fn is_misshapen(message: &Message) -> bool {
    message.kind == MessageKind::Other
}

/// Reads from a greeting whether out-of-band execution is offered.
fn learn_offer(exchange: &Exchange, state: &mut SessionState) {
    for message in exchange.messages().filter(|message| message.kind == MessageKind::Greeting) {
        let offered = message.get("QMP").and_then(|qmp| qmp.get("capabilities")).and_then(Value::as_array);
        if let Some(offered) = offered {
            state.oob_offered = offered.iter().any(|one| one.as_str() == Some("oob"));
        }
    }
}

/// Whether a reply can be the answer to an expectation that also accepts silence.
fn belongs(expectation: &Expectation, reply: &Message) -> bool {
    reply.kind == MessageKind::Error && reply.get("id") == expectation.id.as_ref()
}

/// Whether a reply carries the id of a later request and not of this one, which then went unanswered.
fn is_of_a_later(expectation: &Expectation, later: &[Pair<'_>], reply: &Message) -> bool {
    let id = reply.get("id");
    id.is_some()
        && expectation.id.as_ref() != id
        && later.iter().any(|pair| pair.expectation.id.as_ref() == id)
}

/// Pairs by id when every expectation has an id of its own and every reply carries one of them.
fn pair_by_id<'a>(pairs: &mut [Pair<'a>], replies: &[&'a Message]) -> bool {
    let ids: Vec<&Value> = pairs.iter().filter_map(|pair| pair.expectation.id.as_ref()).collect();
    let distinct = ids.iter().enumerate().all(|(i, id)| !ids[..i].contains(id));
    if ids.len() != pairs.len() || !distinct || replies.len() > pairs.len() {
        return false;
    }
    let known = |reply: &&Message| reply.get("id").is_some_and(|id| ids.contains(&id));
    if !replies.iter().all(known) {
        return false;
    }
    let unique =
        replies.iter().enumerate().all(|(i, r)| replies[..i].iter().all(|s| s.get("id") != r.get("id")));
    if !unique {
        return false;
    }
    for pair in pairs {
        pair.reply = replies.iter().copied().find(|reply| reply.get("id") == pair.expectation.id.as_ref());
    }
    true
}

/// Whether in-band replies came in another order than their requests.
fn is_disordered(pairs: &[Pair<'_>], replies: &[&Message]) -> bool {
    let in_band: Vec<&Value> = pairs
        .iter()
        .filter(|pair| !pair.expectation.out_of_band && pair.reply.is_some())
        .filter_map(|pair| pair.expectation.id.as_ref())
        .collect();
    let came: Vec<&Value> =
        replies.iter().filter_map(|reply| reply.get("id")).filter(|id| in_band.contains(id)).collect();
    came != in_band
}

/// The mismatches of one kind in a pair's return value.
pub fn of_kind<'p>(pair: &'p Pair<'_>, kinds: &'p [MismatchKind]) -> impl Iterator<Item = &'p Mismatch> {
    pair.mismatches.iter().filter(move |mismatch| kinds.contains(&mismatch.kind))
}
