//! What the rules look at: a transcript with each reply already set beside what was expected of it.

use crate::conform::{Direction, Mismatch, MismatchKind, conform};
use crate::overtaking::match_up;
use crate::predict::{Accepted, Expectation, predict_all};
use crate::prediction::{Deviation, deviating_class, deviations};
use crate::rules::stream_predicted;
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::{
    Ending, Exchange, ExchangeEnd, Frame, Message, MessageKind, SessionState, Transcript, Value,
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
    /// Expectations with their replies, in the order of the requests. None for a stream: what is surplus in
    /// one would be laid at the doors of all that follow it.
    pub pairs: Vec<Pair<'a>>,
    /// Replies that nothing was asked for, with the index of their exchange.
    pub extras: Vec<(usize, &'a Message)>,
    /// Replies that came in another order than their requests, with the index of their exchange.
    pub disordered: Vec<usize>,
    /// Answers of an unacceptable kind.
    pub deviations: Vec<Deviation>,
    /// For each exchange, whether its framing is broken.
    garbled: Vec<bool>,
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
            garbled: transcript.exchanges.iter().map(is_garbled).collect(),
        };
        if stream_predicted::is_stream(&transcript.case) {
            return context;
        }
        let model = transcript.model.counted();
        let mut automaton = Automaton::new(model);
        let mut state = transcript.start;
        let mut outcomes = Vec::new();
        let mut connection = None;
        let mut upheld = Vec::new();
        for (index, exchange) in transcript.exchanges.iter().enumerate() {
            if exchange.opened || connection.is_some_and(|number| number != exchange.connection) {
                automaton = Automaton::new(model);
                state = SessionState::fresh(transcript.dialect);
            }
            connection = Some(exchange.connection);
            learn_offer(exchange, &mut state);
            outcomes.clear();
            automaton.feed(&exchange.sent, &mut outcomes);
            let first = context.pairs.len();
            let disputed = transcript.model == Model::Tolerant && errors(&outcomes) > 1;
            for mut expectation in predict_all(schema, transcript.version, state, &outcomes) {
                if disputed && !expectation.json_error && !expectation.accepted.has(Accepted::RETURN) {
                    // What another parser makes of the rest of such text is not known.
                    let any_error = Accepted::GENERIC.or(Accepted::NOT_FOUND).or(Accepted::DEVICE);
                    expectation.accepted = any_error.or(Accepted::NOTHING);
                }
                if exchange.connection > 0 && upheld.contains(&expectation.rule) {
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
            upheld.extend(
                context.pairs[first..].iter().filter(|pair| is_closed_gate(pair)).map(|p| p.expectation.rule),
            );
        }
        if let Some(from) = disputed_from(transcript) {
            context.overlook_errors(from);
        }
        context.judge_returns();
        context.deviations = deviations(&context.pairs, transcript.case.aim.as_deref());
        context
    }

    /// Gives the exchange's replies to its expectations: by id where that is unmistakable, else in order.
    fn assign(&mut self, first: usize, index: usize, exchange: &'a Exchange) {
        let unasked = unasked(exchange);
        self.extras.extend(exchange.replies().take(unasked).map(|extra| (index, extra)));
        let expected = self.pairs.len() - first;
        let answers = || exchange.replies().skip(unasked);
        let proper = answers().filter(|reply| reply.kind != MessageKind::Other).count();
        let keep_other = proper < expected;
        let mut replies: Vec<&Message> =
            answers().filter(|reply| keep_other || reply.kind != MessageKind::Other).collect();
        let pairs = &mut self.pairs[first..];
        if are_ids_wrong(pairs, &replies) {
            for (pair, reply) in pairs.iter_mut().zip(replies) {
                pair.reply = Some(reply);
            }
            return;
        }
        let overtakes = pairs.iter().any(|pair| pair.expectation.out_of_band);
        if overtakes && pair_overtaken(pairs, &replies) {
            return;
        }
        if pairs.len() > 1 && pair_by_id(pairs, &replies) {
            if is_disordered(pairs, &replies) {
                self.disordered.push(index);
            }
            return;
        }
        take_urgent(pairs, &mut replies);
        if let Some(attempt) = exchange.attempt {
            take_answer(pairs, &mut replies, attempt.token);
        }
        self.extras.extend(doubled(pairs.len(), &mut replies).into_iter().map(|extra| (index, extra)));
        let mut replies = &replies[..];
        for at in 0..pairs.len() {
            let (before, later) = pairs.split_at_mut(at + 1);
            let Some(pair) = before.last_mut().filter(|pair| pair.reply.is_none()) else { continue };
            let surplus = replies.len().saturating_sub(later.len() + 1);
            let strays = strays(&pair.expectation, replies, surplus);
            self.extras.extend(replies[..strays].iter().map(|extra| (index, *extra)));
            replies = &replies[strays..];
            let may_be_silent = pair.expectation.accepted.has(Accepted::NOTHING);
            let Some((next, rest)) = replies.split_first() else { break };
            let skipped = may_be_silent
                && (!belongs(&pair.expectation, later, next) || is_owed_later(later, next, replies.len()));
            if skipped || is_of_a_later(&pair.expectation, later, next) {
                continue;
            }
            pair.reply = Some(next);
            replies = rest;
        }
        self.extras.extend(replies.iter().map(|extra| (index, *extra)));
    }

    /// How many errors a text is worth that is worth several to QEMU's parser is this peer's affair: further
    /// ones are no surplus, then or later.
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
            let answers = id.is_some()
                && pairs.iter().any(|pair| pair.expectation.id.as_ref() == id && !succeeded(pair));
            let may_be_shifted = shifted && id.is_none();
            *at < from || answers || extra.kind != MessageKind::Error && !may_be_shifted
        });
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

fn is_garbled(exchange: &Exchange) -> bool {
    exchange.received.iter().any(|received| match &received.frame {
        Frame::Garbage(_) => true,
        Frame::Message(message) => message.parsed.value.is_none() || is_misshapen(message),
        Frame::Sentinel => false,
    })
}

/// Replies that came before anything was sent that they could answer.
fn unasked(exchange: &Exchange) -> usize {
    if exchange.opened || exchange.sent.is_empty() {
        return 0;
    }
    let early = exchange.received.iter().take_while(|received| received.at_us < exchange.sent_us);
    early.filter(|received| matches!(&received.frame, Frame::Message(message) if message.is_reply())).count()
}

/// The first exchange in which malformed text is worth several errors to QEMU's parser, where the peer has
/// another one.
fn disputed_from(transcript: &Transcript) -> Option<usize> {
    if transcript.model != Model::Tolerant {
        return None;
    }
    let mut automaton = Automaton::new(Model::V3_1);
    let mut outcomes = Vec::new();
    transcript.exchanges.iter().position(|exchange| {
        if exchange.opened {
            automaton = Automaton::new(Model::V3_1);
        }
        outcomes.clear();
        automaton.feed(&exchange.sent, &mut outcomes);
        errors(&outcomes) > 1
    })
}

fn errors(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Error { .. })).count()
}

/// Whether a gate was tried and held.
fn is_closed_gate(pair: &Pair<'_>) -> bool {
    let gate = matches!(pair.expectation.rule, "negotiation-gate" | "oob-gate" | "negotiation-malformed");
    gate && pair.reply.is_some_and(|reply| deviating_class(pair.expectation.accepted, reply).is_none())
}

/// Takes out replies that repeat the one before, as long as there are more of them than may be due.
fn doubled<'a>(due: usize, replies: &mut Vec<&'a Message>) -> Vec<&'a Message> {
    let mut surplus = replies.len().saturating_sub(due);
    let mut out = Vec::new();
    let mut last: Option<&Message> = None;
    replies.retain(|reply| {
        let repeats = surplus > 0 && last.is_some_and(|last| last.bytes == reply.bytes);
        last = if repeats { None } else { Some(reply) };
        if repeats {
            surplus -= 1;
            out.push(*reply);
        }
        !repeats
    });
    out
}

/// Of replies that are `surplus` too many, how many stand before the one that carries the right id.
fn strays(expectation: &Expectation, replies: &[&Message], surplus: usize) -> usize {
    let candidates = replies.iter().take(surplus + 1);
    let own = candidates.into_iter().position(|reply| reply.get("id") == expectation.id.as_ref());
    own.unwrap_or_default()
}

/// Whether a message has the marks of more than one kind, or of none.
pub fn is_misshapen(message: &Message) -> bool {
    message.kind == MessageKind::Other
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

/// Whether a reply can be the answer to an expectation that also accepts silence.
fn belongs(expectation: &Expectation, later: &[Pair<'_>], reply: &Message) -> bool {
    // An error of the JSON layer that carries an id answers nothing else, if nothing else has that id.
    let invented =
        expectation.json_error && later.iter().all(|pair| pair.expectation.id.as_ref() != reply.get("id"));
    reply.kind == MessageKind::Error && (reply.get("id") == expectation.id.as_ref() || invented)
}

/// Whether all replies that are left are due to later requests, and this one fits the first of them.
fn is_owed_later(later: &[Pair<'_>], reply: &Message, left: usize) -> bool {
    let must = |pair: &&Pair<'_>| pair.reply.is_none() && !pair.expectation.accepted.has(Accepted::NOTHING);
    let fits = |due: &Expectation| {
        due.id.as_ref() == reply.get("id") && deviating_class(due.accepted, reply).is_none()
    };
    left <= later.iter().filter(must).count()
        && later.iter().find(must).is_some_and(|pair| fits(&pair.expectation))
}

/// Whether a reply carries the id of a later request and not of this one, which then went unanswered.
fn is_of_a_later(expectation: &Expectation, later: &[Pair<'_>], reply: &Message) -> bool {
    let id = reply.get("id");
    id.is_some()
        && expectation.id.as_ref() != id
        && later.iter().any(|pair| pair.expectation.id.as_ref() == id)
}

/// Pairs by id when every expectation has an id of its own and every reply carries one of them, or the
/// replies carry just the ids that are due.
fn pair_by_id<'a>(pairs: &mut [Pair<'a>], replies: &[&'a Message]) -> bool {
    let told = pairs.iter().any(|pair| pair.expectation.id.is_some());
    if told && replies.len() == pairs.len() && pair_permuted(pairs, replies) {
        return true;
    }
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

/// Whether just as many replies came as are due, with other ids: then their order says what they answer.
fn are_ids_wrong(pairs: &[Pair<'_>], replies: &[&Message]) -> bool {
    if pairs.len() < 2 || replies.len() != pairs.len() {
        return false;
    }
    let optional = pairs.iter().any(|pair| pair.expectation.accepted.has(Accepted::NOTHING));
    let mut left: Vec<Option<&Value>> = replies.iter().map(|reply| reply.get("id")).collect();
    let same = pairs.iter().all(|pair| {
        let own = left.iter().position(|id| *id == pair.expectation.id.as_ref());
        own.map(|at| left.swap_remove(at)).is_some()
    });
    !optional && !same
}

/// Pairs replies that are the due ones in some order, judged by their ids; does nothing when they are not.
fn pair_permuted<'a>(pairs: &mut [Pair<'a>], replies: &[&'a Message]) -> bool {
    let mut left: Vec<Option<&Message>> = replies.iter().copied().map(Some).collect();
    let mut chosen = Vec::with_capacity(pairs.len());
    for pair in pairs.iter() {
        let id = pair.expectation.id.as_ref();
        let own = left.iter_mut().find(|reply| reply.is_some_and(|reply| reply.get("id") == id));
        let Some(reply) = own.and_then(Option::take) else { return false };
        chosen.push(reply);
    }
    for (pair, reply) in pairs.iter_mut().zip(chosen) {
        pair.reply = Some(reply);
    }
    true
}

/// Pairs where some requests are answered out of band. False when the replies fit in no order that is allowed.
fn pair_overtaken<'a>(pairs: &mut [Pair<'a>], replies: &[&'a Message]) -> bool {
    let out_of_band: Vec<bool> = pairs.iter().map(|pair| pair.expectation.out_of_band).collect();
    let found = match_up(&out_of_band, replies.len(), |request, reply| {
        let (due, reply) = (&pairs[request].expectation, replies[reply]);
        reply.get("id") == due.id.as_ref() && deviating_class(due.accepted, reply).is_none()
    });
    let fits = found.requests.len() == replies.len();
    for (request, reply) in found.requests.iter().zip(replies).filter(|_| fits) {
        pairs[*request].reply = Some(reply);
    }
    fits
}

/// Pairs the answers out of band that are told by their ids, wherever they stand; the others are left.
fn take_urgent<'a>(pairs: &mut [Pair<'a>], replies: &mut Vec<&'a Message>) {
    for pair in pairs.iter_mut().filter(|pair| pair.expectation.out_of_band) {
        let Some(id) = &pair.expectation.id else { continue };
        if let Some(at) = replies.iter().position(|reply| reply.get("id") == Some(id)) {
            pair.reply = Some(replies.remove(at));
        }
    }
}

/// Pairs the answer to a try to get back in step, told by its token: errors that an earlier try provoked may come
/// with it.
fn take_answer<'a>(pairs: &mut [Pair<'a>], replies: &mut Vec<&'a Message>, token: i64) {
    let answers = |reply: &Message| reply.get("return").and_then(Value::as_integer) == Some(token.into());
    let Some(pair) = pairs.last_mut().filter(|pair| pair.expectation.accepted == Accepted::RETURN) else {
        return;
    };
    if let Some(last) = replies.pop_if(|reply| answers(reply)) {
        pair.reply = Some(last);
    }
}

/// Whether in-band replies came in another order than their requests.
fn is_disordered(pairs: &[Pair<'_>], replies: &[&Message]) -> bool {
    let answered = pairs.iter().filter(|pair| !pair.expectation.out_of_band);
    let in_band: Vec<&Message> = answered.filter_map(|pair| pair.reply).collect();
    let is_in_band = |reply: &&Message| in_band.iter().any(|one| std::ptr::eq(*one, *reply));
    let came = replies.iter().copied().filter(is_in_band);
    !came.zip(&in_band).all(|(came, due)| std::ptr::eq(came, *due))
}

/// The mismatches of one kind in a pair's return value.
pub fn of_kind<'p>(pair: &'p Pair<'_>, kinds: &'p [MismatchKind]) -> impl Iterator<Item = &'p Mismatch> {
    pair.mismatches.iter().filter(move |mismatch| kinds.contains(&mismatch.kind))
}
