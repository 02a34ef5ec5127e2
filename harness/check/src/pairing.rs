//! Which reply answers which request of an exchange: by id where that is unmistakable, else in order.

use crate::alignment::{
    ANOTHERS, Alignment, DEVIATES, INVENTED, LOST, MISFITS, MISSING, REPEATED, SURPLUS, TAKEN, UNFIT, align,
};
use crate::conform::Mismatch;
use crate::lanes::{Request, assign};
use crate::predict::{Accepted, Expectation};
use crate::prediction::deviating_class;
use crate::shuffle::shuffled;
use qmprobe_wire::{Exchange, ExchangeEnd, Frame, Message, MessageKind, Value};

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

impl Pair<'_> {
    /// An expectation of an exchange, still without a reply.
    pub(crate) fn of(exchange: usize, expectation: Expectation) -> Self {
        Pair { exchange, expectation, reply: None, mismatches: Vec::new() }
    }

    /// Whether silence was acceptable and kept.
    pub fn is_silent(&self) -> bool {
        self.reply.is_none() && self.expectation.accepted.has(Accepted::NOTHING)
    }
}

/// What is left of an exchange's replies when its requests have theirs.
#[derive(Debug, Default)]
pub(crate) struct Pairing<'a> {
    /// Replies that nothing was asked for.
    pub extras: Vec<&'a Message>,
    /// Replies came in another order than their requests.
    pub disordered: bool,
    /// Something is wrong with the replies, and nothing says with which of them.
    pub doubtful: bool,
}

/// Gives an exchange's replies to its expectations. `conforms` says of a reply whether its value can be that
/// request's.
pub(crate) fn pair_up<'a>(
    pairs: &mut [Pair<'a>],
    exchange: &'a Exchange,
    conforms: &dyn Fn(&Expectation, &Message) -> bool,
) -> Pairing<'a> {
    let unasked = unasked(exchange);
    let mut pairing = Pairing { extras: exchange.replies().take(unasked).collect(), ..Pairing::default() };
    let answers = || exchange.replies().skip(unasked);
    let proper = answers().filter(|reply| reply.kind != MessageKind::Other).count();
    let keep_other = proper < pairs.len();
    let mut replies: Vec<&Message> =
        answers().filter(|reply| keep_other || reply.kind != MessageKind::Other).collect();
    let claim = Claim::of(pairs, &replies);
    let overtakes = pairs.iter().any(|pair| pair.expectation.out_of_band);
    if overtakes && pair_overtaken(pairs, &replies, (&claim, &exchange.end), &mut pairing, conforms) {
        return pairing;
    }
    if claim == Claim::Wrong {
        for (pair, reply) in pairs.iter_mut().zip(replies) {
            pair.reply = Some(reply);
        }
        return pairing;
    }
    if let Claim::Clear(owners) = claim {
        let suits = |at: usize, reply: usize| cost(&pairs[at].expectation, replies[reply], conforms);
        let is_odd = |(reply, owner): (usize, &usize)| suits(*owner, reply) > 0;
        if owners.iter().enumerate().any(is_odd)
            && let Some(answers) = in_another_order(pairs, &replies, &exchange.end, &suits)
        {
            pairing.disordered = true;
            give(pairs, &replies, 0..pairs.len(), &answers, &mut pairing);
            return pairing;
        }
        for (owner, reply) in owners.into_iter().zip(&replies) {
            pairs[owner].reply = Some(reply);
        }
        pairing.disordered = is_disordered(pairs, &replies);
        return pairing;
    }
    if let Some(attempt) = exchange.attempt
        && !take_answer(pairs, &mut replies, attempt.token)
    {
        return Pairing { doubtful: true, ..pairing };
    }
    pair_in_order(pairs, &replies, &exchange.end, &mut pairing, conforms);
    pairing
}

/// Gives replies to the requests that have none, in the order of both, in the way that leaves the least to explain.
fn pair_in_order<'a>(
    pairs: &mut [Pair<'a>],
    replies: &[&'a Message],
    end: &ExchangeEnd,
    pairing: &mut Pairing<'a>,
    conforms: &dyn Fn(&Expectation, &Message) -> bool,
) {
    if let ([pair], [reply]) = (&mut *pairs, replies)
        && pair.reply.is_none()
        && !is_unfit(&pair.expectation, reply)
    {
        pair.reply = Some(reply);
        return;
    }
    let open: Vec<usize> = (0..pairs.len()).filter(|at| pairs[*at].reply.is_none()).collect();
    // Where there are several errors of the JSON layer, the same comes again for a good reason, and what has no id may
    // be one of them.
    let errors = pairs.iter().filter(|pair| pair.expectation.json_error).count();
    let suits = |at: usize, reply: usize| {
        let (due, reply) = (&pairs[open[at]].expectation, replies[reply]);
        let is_bare = reply.error_class() == Some("GenericError") && reply.get("id").is_none();
        match cost(due, reply, conforms) {
            MISFITS if errors > 1 && is_bare && due.id.is_some() => MISSING,
            cost => cost,
        }
    };
    let in_turn = || (0..open.len()).map(|at| (at < replies.len()).then_some(at)).collect();
    let plain = open.len() == replies.len() && (0..open.len()).all(|at| suits(at, at) == 0);
    let silences: Vec<u32> = open.iter().map(|at| silence(&pairs[*at], end)).collect();
    let repeats = |reply: usize| {
        let same = reply > 0 && replies[reply].bytes == replies[reply - 1].bytes;
        same && (errors < 2 || replies[reply].get("id").is_some())
    };
    let stray = |reply: usize| if repeats(reply) { REPEATED } else { SURPLUS };
    let alignment = match plain {
        true => Alignment::Told(in_turn()),
        false => align(&silences, replies.len(), suits, stray),
    };
    if !plain
        && open.len() == pairs.len()
        && !explains_all(&alignment, &silences, replies.len(), &suits)
        && let Some(answers) = in_another_order(pairs, replies, end, &suits)
    {
        pairing.disordered = true;
        return give(pairs, replies, open, &answers, pairing);
    }
    let answers: Vec<Option<usize>> = match alignment {
        Alignment::Told(answers) => answers,
        Alignment::Unknown => in_turn(),
        Alignment::Open => {
            pairing.doubtful = true;
            return;
        }
    };
    give(pairs, replies, open, &answers, pairing);
}

/// Each request's reply, where they are all as they should be but for their order. What another parser makes of
/// malformed text has none, and what may be an answer that could have stayed out tells of none.
fn in_another_order(
    pairs: &[Pair<'_>],
    replies: &[&Message],
    end: &ExchangeEnd,
    suits: &dyn Fn(usize, usize) -> u32,
) -> Option<Vec<Option<usize>>> {
    let disputed = pairs.iter().any(|pair| pair.expectation.id_is_optional);
    if disputed || !replies.iter().all(|reply| reply.is_legible()) {
        return None;
    }
    let must: Vec<bool> = pairs.iter().map(|pair| silence(pair, end) > 0).collect();
    let answers = shuffled(&must, replies.len(), |at, reply| suits(at, reply) == 0)?;
    let mut stayed_out = (0..must.len()).filter(|at| !must[*at] && answers[*at].is_none());
    let in_doubt = stayed_out.any(|at| (0..replies.len()).any(|reply| suits(at, reply) == 0));
    (!in_doubt).then_some(answers)
}

/// Whether an alignment leaves nothing to explain.
fn explains_all(
    alignment: &Alignment,
    silences: &[u32],
    replies: usize,
    suits: &dyn Fn(usize, usize) -> u32,
) -> bool {
    let Alignment::Told(answers) = alignment else { return false };
    let is_fine = |(at, answer): (usize, &Option<usize>)| match answer {
        Some(reply) => suits(at, *reply) == 0,
        None => silences[at] == 0,
    };
    answers.iter().flatten().count() == replies && answers.iter().enumerate().all(is_fine)
}

/// Gives each of the requests `at` its reply, if it has one; what is left is surplus.
fn give<'a>(
    pairs: &mut [Pair<'a>],
    replies: &[&'a Message],
    at: impl IntoIterator<Item = usize>,
    answers: &[Option<usize>],
    pairing: &mut Pairing<'a>,
) {
    let mut given = vec![false; replies.len()];
    for (at, reply) in at.into_iter().zip(answers) {
        let Some(reply) = *reply else { continue };
        given[reply] = true;
        pairs[at].reply = Some(replies[reply]);
    }
    pairing.extras.extend(replies.iter().zip(given).filter(|(_, given)| !given).map(|(reply, _)| *reply));
}

/// What it costs that a request goes unanswered in an exchange that ended so.
fn silence(pair: &Pair<'_>, end: &ExchangeEnd) -> u32 {
    match end {
        _ if pair.expectation.accepted.has(Accepted::NOTHING) => 0,
        ExchangeEnd::TimedOut { .. } | ExchangeEnd::Closed => LOST,
        ExchangeEnd::Complete | ExchangeEnd::Unread | ExchangeEnd::Flooded(_) => MISSING,
    }
}

/// How badly a reply suits a request.
fn cost(due: &Expectation, reply: &Message, conforms: &dyn Fn(&Expectation, &Message) -> bool) -> u32 {
    if is_unfit(due, reply) {
        return UNFIT;
    }
    let id = match due.id.as_ref() == reply.get("id") {
        true => 0,
        false if due.id_is_optional && reply.kind == MessageKind::Error && reply.get("id").is_none() => 0,
        // What is answered as a request has the id that stands in it.
        false if due.json_error && reply.kind == MessageKind::Return => 0,
        // That it carries an id is by far not as strange of an error of the JSON layer as of any other.
        false if due.json_error => INVENTED,
        false => MISFITS,
    };
    let kind = if deviating_class(due.accepted, reply).is_some() {
        // Such a text is taken for a request more often than any other.
        if due.rule == "json-leniency" { TAKEN } else { DEVIATES }
    } else if conforms(due, reply) {
        0
    } else {
        MISFITS
    };
    id + kind
}

/// Whether a request that goes unanswered if it succeeds is said to have succeeded.
fn is_unfit(due: &Expectation, reply: &Message) -> bool {
    due.rule == "silent-success" && reply.kind == MessageKind::Return
}

/// What the ids of several replies say of whose they are.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    /// Each reply's request.
    Clear(Vec<usize>),
    /// Just as many replies came as are due, with other ids: their order says what they answer.
    Wrong,
    /// The ids leave it open.
    Open,
}

impl Claim {
    /// Lets each reply claim the first free request with its id. That tells where the replies carry just the ids
    /// that are due, and where every request has an id of its own.
    fn of(pairs: &[Pair<'_>], replies: &[&Message]) -> Claim {
        if pairs.len() < 2 {
            return Claim::Open;
        }
        let mut free: Vec<Option<Option<&Value>>> =
            pairs.iter().map(|pair| Some(pair.expectation.id.as_ref())).collect();
        let owners = replies.iter().map(|reply| {
            let at = free.iter().position(|id| *id == Some(reply.get("id")))?;
            free[at] = None;
            Some(at)
        });
        let owners: Option<Vec<usize>> = owners.collect();
        let complete = replies.len() == pairs.len();
        let told = || pairs.iter().any(|pair| pair.expectation.id.is_some());
        let optional = || pairs.iter().any(|pair| pair.expectation.accepted.has(Accepted::NOTHING));
        match owners {
            Some(owners) if complete && told() || have_ids_of_their_own(pairs) => Claim::Clear(owners),
            None if complete && !optional() => Claim::Wrong,
            _ => Claim::Open,
        }
    }
}

/// Whether every request has an id, and no two the same.
fn have_ids_of_their_own(pairs: &[Pair<'_>]) -> bool {
    pairs.iter().enumerate().all(|(at, pair)| {
        let id = pair.expectation.id.as_ref();
        id.is_some() && pairs[..at].iter().all(|earlier| earlier.expectation.id.as_ref() != id)
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

/// Pairs where some requests are answered out of band, in the way that leaves the least to explain. False when it is
/// less that replies came in another order than they may, as their ids say, or there is too much of it.
fn pair_overtaken<'a>(
    pairs: &mut [Pair<'a>],
    replies: &[&'a Message],
    (claim, end): (&Claim, &ExchangeEnd),
    pairing: &mut Pairing<'a>,
    conforms: &dyn Fn(&Expectation, &Message) -> bool,
) -> bool {
    let suits = |request: usize, reply: usize| {
        let (due, id) = (&pairs[request].expectation, replies[reply].get("id"));
        // An error of the JSON layer has at times the id of whatever was read last.
        let is_anothers = id.is_some()
            && id != due.id.as_ref()
            && !due.json_error
            && pairs.iter().any(|pair| pair.expectation.id.as_ref() == id);
        cost(due, replies[reply], conforms) + if is_anothers { ANOTHERS } else { 0 }
    };
    let request =
        |pair: &Pair<'_>| Request { out_of_band: pair.expectation.out_of_band, silence: silence(pair, end) };
    let requests: Vec<Request> = pairs.iter().map(request).collect();
    let Some(assigned) = assign(&requests, replies.len(), suits, SURPLUS) else { return false };
    if assigned.cost > 0
        && let Claim::Clear(owners) = claim
    {
        let in_band = owners.iter().filter(|owner| !requests[**owner].out_of_band);
        let disorder = if in_band.is_sorted() { 0 } else { SURPLUS };
        let claimed: u32 = owners.iter().zip(0..).map(|(owner, reply)| suits(*owner, reply)).sum();
        if claimed + disorder <= assigned.cost {
            return false;
        }
    }
    // Where another way leaves as much to explain, and less of this request, nothing is known of who was answered wrongly.
    let dearer = |at: usize| {
        let suits = |request: usize, reply: usize| match suits(request, reply) {
            cost if request == at && cost > 0 => cost + 1,
            cost => cost,
        };
        let mut requests = requests.clone();
        requests[at].silence += u32::from(requests[at].silence > 0);
        assign(&requests, replies.len(), suits, SURPLUS)
    };
    let is_blamed = |at: &usize| assigned.answers[*at].is_some_and(|reply| suits(*at, reply) > 0);
    pairing.doubtful = (0..pairs.len())
        .filter(is_blamed)
        .any(|at| dearer(at).is_some_and(|other| other.cost == assigned.cost));
    if !pairing.doubtful {
        give(pairs, replies, 0..pairs.len(), &assigned.answers, pairing);
    }
    true
}

/// Pairs the answer to a try to get back in step, told by its token: errors that an earlier try provoked may come
/// with it. False when more came behind it: then what that answers is not told by order.
fn take_answer<'a>(pairs: &mut [Pair<'a>], replies: &mut Vec<&'a Message>, token: i64) -> bool {
    let answers = |reply: &&Message| reply.get("return").and_then(Value::as_integer) == Some(token.into());
    let Some(pair) = pairs.last_mut().filter(|pair| pair.expectation.accepted == Accepted::RETURN) else {
        return true;
    };
    let Some(at) = replies.iter().position(answers) else { return true };
    pair.reply = Some(replies.remove(at));
    at == replies.len()
}

/// Whether in-band replies came in another order than their requests.
fn is_disordered(pairs: &[Pair<'_>], replies: &[&Message]) -> bool {
    let answered = pairs.iter().filter(|pair| !pair.expectation.out_of_band);
    let in_band: Vec<&Message> = answered.filter_map(|pair| pair.reply).collect();
    let is_in_band = |reply: &&Message| in_band.iter().any(|one| std::ptr::eq(*one, *reply));
    let came = replies.iter().copied().filter(is_in_band);
    !came.zip(&in_band).all(|(came, due)| std::ptr::eq(came, *due))
}
