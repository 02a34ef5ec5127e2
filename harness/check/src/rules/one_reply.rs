//! Exactly one reply for each command.

use crate::context::Context;
use crate::pairing::Pair;
use crate::rule::{Rule, Terms};
use crate::rules::envelope_object;
use crate::rules::no_foreign_reply::is_foreign;
use crate::silences::silences;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Message, MessageKind, escape};

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
            "json-error-answered/surplus",
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
