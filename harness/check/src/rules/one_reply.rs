//! Exactly one reply for each command.

use crate::context::Context;
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::rule::{Rule, Terms};
use crate::rules::envelope_object;
use crate::rules::no_foreign_reply::is_foreign;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{ExchangeEnd, Message, MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q305",
    slug: "one-reply",
    title: "One reply per command",
    requirement: "Every command is answered once, and nothing else is.",
    source: "QMP specification, Commands Responses; QEMU monitor/qmp.c",
    terms: Terms {
        yields_to: &[
            "no-foreign-reply",
            "agent-silent-start",
            "reply-order",
            "sync-reset",
            "peer-survives/hang",
            "peer-survives/closed",
            "input-framing",
            // What is left of an earlier connection's input is answered as well.
            "negotiation-per-connection/GenericError",
            "output-framing",
            "peer-survives/exit-status-0",
            "peer-survives/exit-status-1",
            "json-error-answered/return",
            "json-error-answered/silence",
            "json-error-answered/CommandNotFound",
        ],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = silences(context, |pair| pair.expectation.rule != envelope_object::RULE.slug);
    // An error that may stay out may come late, too.
    let silent = |index: usize, extra: &Message| {
        let late = |at: usize| at == index || at < index && extra.kind == MessageKind::Error;
        context.pairs.iter().any(|p| late(p.exchange) && p.is_silent())
    };
    for (index, extra) in &context.extras {
        let another_rule = context.is_garbled(*index)
            || is_foreign(context, *index, extra)
            || silent(*index, extra)
            || is_rest_of_refused(context, *index, extra);
        let is_tried = context.transcript.exchanges[*index].attempt.is_some_and(|attempt| !attempt.synced);
        if !another_rule && !is_tried {
            breaches.push(Breach {
                exchange: *index,
                class: "surplus".to_owned(),
                expected: vec!["one reply per command".to_owned()],
                actual: format!("one more: {}", escape::escape_short(&extra.bytes, 200)),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, !context.pairs.is_empty(), "no command was sent", out);
}

/// What went unanswered, of the requests that are looked for.
pub fn silences(context: &Context<'_>, is_looked_for: impl Fn(&Pair<'_>) -> bool) -> Vec<Breach> {
    let pairs = context.pairs.iter().enumerate();
    pairs
        .filter(|(at, pair)| is_looked_for(pair) && !waits_behind(&context.pairs, *at))
        .filter_map(|(_, pair)| unanswered(context, pair))
        .collect()
}

/// Whether an error is of what is left of a command that the parser refused, which is what is wrong.
fn is_rest_of_refused(context: &Context<'_>, index: usize, extra: &Message) -> bool {
    let is_of_parser = |reply: &Message| {
        reply.kind == MessageKind::Error && !reply.has("id") && reply.error_class() == Some("GenericError")
    };
    let is_refused = |pair: &Pair<'_>| {
        let is_whole = pair.expectation.id.is_some() && !pair.expectation.json_error;
        pair.exchange == index && is_whole && pair.reply.is_some_and(is_of_parser)
    };
    is_of_parser(extra) && context.pairs.iter().any(is_refused)
}

/// Whether a request waits behind one in band that must be answered and is not, as all between the two and all behind
/// them do: replies come in order, so that the first one explains the others.
fn waits_behind(pairs: &[Pair<'_>], at: usize) -> bool {
    let alike = |pair: &&Pair<'_>| pair.exchange == pairs[at].exchange && !pair.expectation.out_of_band;
    let is_last = pairs[at..].iter().filter(alike).all(|pair| pair.reply.is_none());
    let before = pairs[..at].iter().rev().filter(alike).take_while(|pair| pair.reply.is_none());
    let owed =
        |pair: &Pair<'_>| !pair.expectation.accepted.has(Accepted::NOTHING) && !pair.expectation.json_error;
    !pairs[at].expectation.out_of_band && is_last && before.into_iter().any(owed)
}

fn unanswered(context: &Context<'_>, pair: &Pair<'_>) -> Option<Breach> {
    let answered = pair.reply.is_some() || pair.expectation.accepted.has(Accepted::NOTHING);
    // A client that does not get back in step is another rule's affair.
    let lost = context.exchange(pair).attempt.is_some_and(|attempt| !attempt.synced);
    let another_rule = pair.expectation.json_error || pair.expectation.is_silent || lost;
    if answered || another_rule || !context.can_expect_reply(pair.exchange) {
        return None;
    }
    let actual = match context.exchange(pair).end {
        ExchangeEnd::TimedOut { waited_ms } => format!("no reply within {waited_ms} ms"),
        _ => "no reply".to_owned(),
    };
    Some(Breach {
        exchange: pair.exchange,
        command: pair.expectation.command.clone().filter(|name| context.schema.command(name).is_some()),
        class: "missing".to_owned(),
        expected: pair.expectation.accepted.describe(),
        actual,
        ..Breach::default()
    })
}
