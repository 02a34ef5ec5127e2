//! Commands without a success response stay silent on success.

use crate::context::Context;
use crate::pairing::Pair;
use crate::requests::argument;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G105",
    slug: "silent-success",
    title: "success-response false means silence",
    requirement: "A command with success-response false does not answer when it succeeds; when it fails, it answers with an error.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch (QCO_NO_SUCCESS_RESP); qga/qapi-schema.json (guest-shutdown)",
    terms: Terms::USUAL,
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for pair in context.pairs.iter().filter(|pair| pair.expectation.rule == rule.slug) {
        looked = true;
        let deviation = context.deviations.iter().find(|one| std::ptr::eq(&context.pairs[one.pair], pair));
        if let Some((deviation, reply)) = deviation.zip(pair.reply) {
            breaches.push(Breach {
                exchange: pair.exchange,
                command: pair.expectation.command.clone(),
                class: deviation.class.clone(),
                expected: pair.expectation.accepted.describe(),
                actual: escape::escape_short(&reply.bytes, 160),
                ..Breach::default()
            });
        }
        if pair.is_silent() && cannot_succeed(context, pair) && context.can_expect_reply(pair.exchange) {
            breaches.push(Breach {
                exchange: pair.exchange,
                command: pair.expectation.command.clone(),
                class: "silence".to_owned(),
                value_path: "arguments.mode".to_owned(),
                expected: vec!["error: there is no such mode".to_owned()],
                actual: "no reply".to_owned(),
                ..Breach::default()
            });
        }
        let answers = context.extras.iter().filter(|(exchange, _)| *exchange == pair.exchange);
        for (_, extra) in answers.filter(|(_, extra)| extra.kind == MessageKind::Return) {
            breaches.push(Breach {
                exchange: pair.exchange,
                command: pair.expectation.command.clone(),
                class: "return".to_owned(),
                expected: pair.expectation.accepted.describe(),
                actual: escape::escape_short(&extra.bytes, 160),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no command without success response was run", out);
}

/// Whether a shutdown was asked for of a kind that there is not: the schema has text there.
fn cannot_succeed(context: &Context<'_>, pair: &Pair<'_>) -> bool {
    const MODES: &[&str] = &["halt", "powerdown", "reboot"];
    let is_shutdown = pair.expectation.command.as_deref() == Some("guest-shutdown");
    let mode = argument(&context.exchange(pair).sent, "mode").filter(|_| is_shutdown);
    mode.is_some_and(|mode| mode.as_str().is_some_and(|mode| !MODES.contains(&mode)))
}
