//! What the rules look at: a transcript with each reply already set beside what was expected of it.

use crate::conform::{Direction, Mismatch, MismatchKind, conform};
use crate::pairing::{Pair, pair_up};
use crate::predict::{Accepted, Expectation, predict_all};
use crate::prediction::{Deviation, deviating_class, deviations};
use crate::stream::is_stream;
use memchr::memmem;
use qmprobe_schema::{Schema, TypeId};
use qmprobe_wire::automaton::{Automaton, Model, Outcome, Stage};
use qmprobe_wire::recovery::SENTINEL;
use qmprobe_wire::{
    Dialect, Ending, Exchange, ExchangeEnd, Frame, Message, MessageKind, Payload, Received, SessionState,
    Transcript, Value,
};

/// What a rule may look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The schema in force.
    pub schema: &'a Schema,
    /// What happened.
    pub transcript: &'a Transcript,
    /// Expectations with their replies, in the order of the requests. None for a stream: what is surplus in
    /// one would be laid at the doors of all that follow it.
    pub pairs: Vec<Pair<'a>>,
    /// Replies that nothing was asked for, with the index of their exchange.
    pub extras: Vec<(usize, &'a Message)>,
    /// Replies that came in another order than their requests, with the index of their exchange.
    pub disordered: Vec<usize>,
    /// Answers of an unacceptable kind.
    pub deviations: Vec<Deviation>,
    /// For each exchange, whether its framing is broken, or it is in doubt what answers what.
    garbled: Vec<bool>,
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
            garbled: transcript.exchanges.iter().map(is_garbled).collect(),
        };
        if is_stream(&transcript.case) {
            return context;
        }
        let model = transcript.model.counted();
        let mut automaton = Automaton::new(model);
        let mut state = transcript.start;
        let mut outcomes = Vec::new();
        let mut connection = None;
        let mut upheld = Vec::new();
        // The first exchange with malformed text, where the peer has another parser than QEMU's.
        let mut uncounted_from = None;
        for (index, exchange) in transcript.exchanges.iter().enumerate() {
            if exchange.opened || connection.is_some_and(|number| number != exchange.connection) {
                automaton = Automaton::new(model);
                state = SessionState::fresh(transcript.dialect);
            }
            connection = Some(exchange.connection);
            learn_offer(exchange, &mut state);
            outcomes.clear();
            automaton.feed_payload(&exchange.sent, &mut outcomes);
            let first = context.pairs.len();
            let uncounted = if transcript.model.is_qemus() { 0 } else { errors(&outcomes) };
            let disputed = uncounted > 1;
            uncounted_from = uncounted_from.or((uncounted > 0).then_some(index));
            let due = predict_all(schema, transcript.version, state, &outcomes);
            for (at, mut expectation) in due.into_iter().enumerate() {
                if disputed && !expectation.accepted.has(Accepted::RETURN) {
                    // What another parser makes of the rest of such text is not known.
                    let any = Accepted::ANY_ERROR.or(Accepted::NOTHING);
                    expectation.accepted = if expectation.json_error { expectation.accepted } else { any };
                    expectation.id_is_optional = true;
                }
                if !transcript.model.is_qemus() {
                    ease(&mut expectation, &outcomes[at..], transcript.model, state);
                }
                if exchange.connection > 0 && upheld.contains(&expectation.rule) {
                    expectation.rule = "negotiation-per-connection";
                }
                state = expectation.next;
                context.pairs.push(Pair::of(index, expectation));
            }
            let conforms = |due: &Expectation, reply: &Message| {
                returned(schema, due, reply).is_none_or(|ty| match ty {
                    Some(ty) => mismatches(schema, ty, reply).is_empty(),
                    None => reply.get("return").and_then(Value::as_object).is_some_and(<[_]>::is_empty),
                })
            };
            let pairing = pair_up(&mut context.pairs[first..], exchange, &conforms);
            context.garbled[index] |= pairing.doubtful;
            context.extras.extend(pairing.extras.into_iter().map(|extra| (index, extra)));
            context.disordered.extend(pairing.disordered.then_some(index));
            upheld.extend(
                context.pairs[first..].iter().filter(|pair| is_closed_gate(pair)).map(|p| p.expectation.rule),
            );
        }
        if let Some(from) = uncounted_from {
            context.overlook_errors(from);
        }
        context.judge_returns();
        context.deviations = deviations(&context.pairs, transcript.case.aim.as_deref());
        context.note_silences();
        context
    }

    /// What should have been refused, and was not answered, was carried out by a command that is silent on success.
    fn note_silences(&mut self) {
        let is_one = |pair: &Pair<'_>| {
            pair.expectation.is_silent && pair.reply.is_none() && self.can_expect_reply(pair.exchange)
        };
        let silent: Vec<Deviation> = (0..)
            .zip(&self.pairs)
            .filter(|(_, pair)| is_one(pair))
            .map(|(at, pair)| Deviation {
                pair: at,
                door: pair.expectation.rule.to_owned(),
                class: "silence".to_owned(),
            })
            .collect();
        self.deviations.extend(silent);
    }

    /// How many errors malformed text is worth is this peer's affair: further ones are no surplus, then or later.
    fn overlook_errors(&mut self, from: usize) {
        let pairs = &self.pairs;
        // Where replies lack their ids, a late error takes the place of a reply, and that is left over.
        let shifted = pairs.iter().any(|pair| {
            let error = pair.reply.filter(|reply| reply.kind == MessageKind::Error);
            pair.expectation.id.is_some() && error.is_some_and(|error| error.get("id").is_none())
        });
        self.extras.retain(|(at, extra)| {
            let id = extra.get("id");
            // An error of the JSON layer may carry, by another breach, an id that was answered otherwise.
            let succeeded =
                |pair: &Pair<'_>| pair.reply.is_some_and(|reply| reply.kind == MessageKind::Return);
            let owed = |pair: &Pair<'_>| !pair.expectation.id_is_optional && !succeeded(pair);
            let answers =
                id.is_some() && pairs.iter().any(|pair| pair.expectation.id.as_ref() == id && owed(pair));
            let may_be_shifted = shifted && id.is_none();
            // A peer that answers malformed text with something else than an error answers further ones with it, too.
            let is_error =
                extra.kind == MessageKind::Error || pairs.iter().any(|pair| answers_no_json(pair, extra));
            *at < from || answers || !is_error && !may_be_shifted
        });
    }

    fn judge_returns(&mut self) {
        for pair in &mut self.pairs {
            let Some(reply) = pair.reply else { continue };
            if let Some(Some(ty)) = returned(self.schema, &pair.expectation, reply) {
                pair.mismatches = mismatches(self.schema, ty, reply);
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

    /// Whether the framing of an exchange is broken, so that replies may be lost in it, or what is wrong with them is
    /// in doubt.
    pub fn is_garbled(&self, exchange: usize) -> bool {
        self.garbled[exchange]
    }

    /// Whether the peer was lost, so that a missing reply is explained by that.
    pub fn peer_is_lost(&self) -> bool {
        self.transcript.ending != Ending::Alive
    }

    /// Whether a reply that did not come is the peer's silence, and not explained by something else.
    pub fn can_expect_reply(&self, exchange: usize) -> bool {
        let read = self.transcript.exchanges[exchange].end != ExchangeEnd::Unread;
        read && !self.is_garbled(exchange) && !self.peer_is_lost() && !self.is_flooded(exchange)
    }

    /// What stands before the greeting of a connection, where it is the end of a reply, cut off, to a client that left
    /// before: it tells whose it is by its id.
    pub fn leftover(&self, index: usize) -> &'a [Received] {
        let exchange = &self.transcript.exchanges[index];
        if !exchange.opened {
            return &[];
        }
        let is_greeting = |received: &Received| matches!(&received.frame, Frame::Message(message) if message.kind == MessageKind::Greeting);
        let before = exchange.received.iter().position(is_greeting).unwrap_or(0);
        let (before, _) = exchange.received.split_at(before);
        let told = before.iter().any(|received| match &received.frame {
            Frame::Garbage(bytes) => self.is_of_another(exchange.connection, bytes),
            Frame::Message(message) if is_misshapen(message) => {
                self.is_of_another(exchange.connection, &message.bytes)
            }
            _ => false,
        });
        if told { before } else { &[] }
    }

    /// Whether a message is in that.
    pub fn is_left_over(&self, index: usize, message: &Message) -> bool {
        self.leftover(index)
            .iter()
            .any(|received| matches!(&received.frame, Frame::Message(one) if std::ptr::eq(one, message)))
    }

    /// Whether garbage stands right before a message: what looks like one may be a piece of that.
    pub fn follows_garbage(&self, index: usize, message: &Message) -> bool {
        self.transcript.exchanges[index].received.windows(2).any(|both| {
            let this = matches!(&both[1].frame, Frame::Message(one) if std::ptr::eq(one, message));
            this && matches!(&both[0].frame, Frame::Garbage(bytes) if !is_gap(bytes))
        })
    }

    /// Whether bytes carry the id of a command that was sent over an earlier connection.
    fn is_of_another(&self, connection: u32, bytes: &[u8]) -> bool {
        let earlier = self.pairs.iter().filter(|pair| self.exchange(pair).connection < connection);
        let mut ids = earlier.filter_map(|pair| pair.expectation.id.as_ref()?.as_str());
        ids.any(|id| memmem::find(bytes, format!("\"{id}\"").as_bytes()).is_some())
    }

    /// Whether a parser that ignores 0xFF would still wait for the rest of what was sent.
    pub fn is_begun_without_resets(&self) -> bool {
        let mut automaton = Automaton::outlining(self.transcript.model.counted());
        let (mut text, mut outcomes) = (Payload::default(), Vec::new());
        for (bytes, times) in self.transcript.exchanges.iter().flat_map(|exchange| exchange.sent.parts()) {
            let kept: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != SENTINEL).collect();
            text.repeat(&kept, times);
        }
        automaton.feed_payload(&text, &mut outcomes);
        automaton.pending()
    }

    /// Whether an exchange ended because a limit was hit.
    pub fn is_flooded(&self, exchange: usize) -> bool {
        matches!(self.transcript.exchanges[exchange].end, ExchangeEnd::Flooded(_))
    }

    /// The pairs whose reply is a proper `return` to a command that may give one.
    pub fn returns(&self) -> impl Iterator<Item = (&Pair<'a>, &'a Message)> {
        self.pairs.iter().filter_map(|pair| {
            let reply = pair.reply.filter(|reply| reply.kind == MessageKind::Return)?;
            pair.expectation.accepted.has(Accepted::RETURN).then_some((pair, reply))
        })
    }

    /// The first of them that answers this command.
    pub fn returned_by(&self, command: &str) -> Option<(&Pair<'a>, &'a Message)> {
        self.returns().find(|(pair, _)| pair.expectation.command.as_deref() == Some(command))
    }
}

/// The type that what a reply returns should have, to a command that may return something: that of the empty object
/// when it is `None`.
fn returned(schema: &Schema, due: &Expectation, reply: &Message) -> Option<Option<TypeId>> {
    let may_return = reply.kind == MessageKind::Return && !returns_error(reply);
    let returns = may_return && due.accepted.has(Accepted::RETURN);
    Some(due.command.as_deref().filter(|_| returns).and_then(|name| schema.command(name))?.returns)
}

/// Where what a reply returns does not conform.
fn mismatches(schema: &Schema, ty: TypeId, reply: &Message) -> Vec<Mismatch> {
    match reply.node("return") {
        Some(value) => conform(schema, ty, value, Direction::Out),
        None => reply.get("return").map_or_else(Vec::new, |value| conform(schema, ty, value, Direction::Out)),
    }
}

fn is_garbled(exchange: &Exchange) -> bool {
    exchange.received.iter().any(|received| match &received.frame {
        Frame::Garbage(bytes) => !is_gap(bytes),
        Frame::Message(message) => !message.is_legible() || is_misshapen(message),
        Frame::Sentinel => false,
    })
}

/// Whether garbage is but white space: the framer gives out none but that between a sentinel and its message.
pub fn is_gap(garbage: &[u8]) -> bool {
    garbage.iter().all(u8::is_ascii_whitespace)
}

/// Grants a server that is not QEMU's what the protocol leaves open in the answer to the first of these outcomes.
fn ease(expectation: &mut Expectation, outcomes: &[Outcome], model: Model, before: SessionState) {
    // RFC 8259, section 4, only advises against names that stand twice, many decoders replace what is no UTF-8, and
    // some libraries know NaN and Infinity.
    let mostly_taken = ["duplicate key", "invalid UTF-8 sequence in string", "'N'", "'I'", "'-I'"];
    let is_mostly_taken = mostly_taken.iter().any(|end| expectation.because.ends_with(end));
    if model == Model::Library && expectation.json_error && is_mostly_taken {
        expectation.rule = "json-leniency";
    }
    // A parser with wider limits reads a value there; that it is refused as what it is is another rule's affair.
    if matches!(outcomes, [Outcome::Error { stage: Stage::Limit, .. }, ..]) {
        expectation.accepted = expectation.accepted.or(Accepted::ANY_ERROR);
    }
    if is_begun_scalar(outcomes) && before.dialect == Dialect::Qga {
        expectation.accepted = expectation.accepted.or(Accepted::NOTHING);
    }
    // RFC 8259, section 6: an implementation may set limits on the range of numbers.
    if expectation.id.as_ref().is_some_and(is_beyond_range) {
        expectation.accepted = expectation.accepted.or(Accepted::GENERIC);
        expectation.id_is_optional = true;
    }
    // Which of two defects is told first.
    if before.negotiated && expectation.rule == "negotiation-arguments" {
        expectation.accepted = expectation.accepted.or(Accepted::NOT_FOUND);
    }
}

/// Whether a number or a word is ended by the byte that throws away what was begun: it may go with it.
fn is_begun_scalar(outcomes: &[Outcome]) -> bool {
    let [Outcome::Value { value, .. }, Outcome::Error { stage: Stage::Lexical, .. }, ..] = outcomes else {
        return false;
    };
    matches!(value, Value::Null | Value::Bool(_) | Value::Number(_))
}

/// Whether there is a number in a value that no double can be. The value is ours: it is no deeper than what we send.
fn is_beyond_range(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_infinite(),
        Value::Array(elements) => elements.iter().any(is_beyond_range),
        Value::Object(members) => members.iter().any(|(_, member)| is_beyond_range(member)),
        _ => false,
    }
}

/// Whether this pair's text was no JSON, and was answered just as `reply` says.
fn answers_no_json(pair: &Pair<'_>, reply: &Message) -> bool {
    pair.expectation.json_error && pair.reply.is_some_and(|answer| answer.bytes == reply.bytes)
}

fn errors(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Error { .. })).count()
}

/// Whether a gate was tried and held.
fn is_closed_gate(pair: &Pair<'_>) -> bool {
    let gate = matches!(pair.expectation.rule, "negotiation-gate" | "oob-gate" | "negotiation-malformed");
    gate && pair.reply.is_some_and(|reply| deviating_class(pair.expectation.accepted, reply).is_none())
}

/// Whether a message has the marks of more than one kind, or of none.
pub fn is_misshapen(message: &Message) -> bool {
    message.kind == MessageKind::Other || returns_error(message)
}

/// Whether what is returned is an error, and nothing else: no command returns that.
pub fn returns_error(message: &Message) -> bool {
    let begins = |text: &[u8]| {
        text.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"error\""))
    };
    let is_error = |value: &Value| value.get("class").is_some() && value.get("desc").is_some();
    message.text("return").is_none_or(begins)
        && matches!(message.get("return").and_then(Value::as_object), Some([(_, error)]) if is_error(error))
}

/// Reads from a greeting whether out-of-band execution is offered.
pub(crate) fn learn_offer(exchange: &Exchange, state: &mut SessionState) {
    for message in exchange.messages().filter(|message| message.kind == MessageKind::Greeting) {
        let offered = message.get("QMP").and_then(|qmp| qmp.get("capabilities")).and_then(Value::as_array);
        if let Some(offered) = offered {
            state.oob_offered = offered.iter().any(|one| one.as_str() == Some("oob"));
        }
    }
}

/// The mismatches of one kind in a pair's return value.
pub fn of_kind<'p>(pair: &'p Pair<'_>, kinds: &'p [MismatchKind]) -> impl Iterator<Item = &'p Mismatch> {
    pair.mismatches.iter().filter(move |mismatch| kinds.contains(&mismatch.kind))
}
