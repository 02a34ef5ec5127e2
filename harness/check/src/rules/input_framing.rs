//! How a client's bytes are cut into writes makes no difference, nor does white space between its tokens.

use crate::context::Context;
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Message, MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q311",
    slug: "input-framing",
    title: "What the client sends is one stream",
    requirement: "A command that comes in pieces, with white space between its tokens, brackets in its strings, or together with others, is carried out as if it had come whole and alone.",
    source: "QMP specification, General Definitions; QEMU monitor/qmp.c:monitor_qmp_read, qga/main.c:channel_event_cb",
    terms: Terms::USUAL,
    judge,
};

/// Looks only at cases made for it: a command by itself, which shows that it is answered at all, and then the same cut
/// or joined, twice: what is lost only once was not lost by that.
fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let due = || context.pairs.iter().filter(|pair| pair.expectation.accepted == Accepted::RETURN);
    let is_returned = |reply: &&Message| reply.kind == MessageKind::Return;
    let aimed = context.transcript.case.aim.as_deref() == Some(rule.slug) && !context.peer_is_lost();
    let alone = due().next().filter(|alone| aimed && alone.reply.as_ref().is_some_and(is_returned));
    let Some(alone) = alone else {
        return out.push(Verdict::skip(rule, "nothing put it to the test"));
    };
    let id_alone = alone.reply.and_then(|reply| reply.get("id"));
    let is_right = |pair: &Pair<'_>| {
        // What another id comes back as is another matter.
        let is_same = pair.expectation.id == alone.expectation.id;
        let is_as_alone = |reply: &&Message| is_returned(reply) && (!is_same || reply.get("id") == id_alone);
        pair.reply.as_ref().is_some_and(is_as_alone)
    };
    let due: Vec<_> = due().filter(|pair| context.can_expect_reply(pair.exchange)).collect();
    let more = |exchange: usize| {
        let of_exchange = context.extras.iter().filter(move |(at, _)| *at == exchange);
        of_exchange.map(|(_, extra)| *extra).find(|extra| extra.kind == MessageKind::Error)
    };
    let fails = |exchange: usize| {
        more(exchange).is_some() || due.iter().any(|pair| pair.exchange == exchange && !is_right(pair))
    };
    let sent = |pair: &Pair<'_>| &context.exchange(pair).sent;
    let always =
        |pair: &Pair<'_>| due.iter().filter(|one| sent(one) == sent(pair)).all(|one| fails(one.exchange));
    let wrong = due.iter().find(|pair| fails(pair.exchange) && always(pair));
    let breach = wrong.map(|pair| Breach {
        exchange: pair.exchange,
        class: "cut".to_owned(),
        expected: vec!["return, as to the same command by itself".to_owned()],
        actual: match (pair.reply.filter(|_| !is_right(pair)), more(pair.exchange)) {
            (Some(reply), _) => escape::escape_short(&reply.bytes, 160),
            (None, Some(more)) => format!("an error besides: {}", escape::escape_short(&more.bytes, 160)),
            (None, None) => "no reply".to_owned(),
        },
        ..Breach::default()
    });
    conclude(rule, breach.into_iter().collect(), true, "", out);
}
