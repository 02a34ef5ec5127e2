//! Commands without a success response stay silent on success.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G105",
    slug: "silent-success",
    title: "success-response false means silence",
    requirement: "A command with success-response false does not answer when it succeeds; when it fails, it answers with an error.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch (QCO_NO_SUCCESS_RESP)",
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
