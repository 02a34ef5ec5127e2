//! Input that is no JSON: GenericError.

use crate::context::Context;
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::prediction;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::recovery::SENTINEL;
use qmprobe_wire::{Message, MessageKind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q304",
    slug: "json-error-answered",
    title: "Malformed JSON is answered with GenericError",
    requirement: "Each error of the JSON layer is answered with one error of class GenericError.",
    source: "QMP specification, Error; QEMU monitor/qmp.c:handle_qmp_command",
    terms: Terms { yields_to: &["input-framing", "sync-reset", "reply-order"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let before = out.len();
    prediction::judge(context, rule, out);
    let Some(pair) = context.pairs.iter().find(|pair| is_unanswered(context, pair)) else { return };
    out.truncate(before);
    let breach = Breach {
        exchange: pair.exchange,
        class: "silence".to_owned(),
        expected: vec![format!("error of class GenericError ({})", pair.expectation.because)],
        actual: "no reply".to_owned(),
        ..Breach::default()
    };
    out.push(Verdict::fail(rule, breach));
}

fn is_unanswered(context: &Context<'_>, pair: &Pair<'_>) -> bool {
    let is_due = !pair.expectation.accepted.has(Accepted::NOTHING) || is_owed_by_agent(context, pair);
    pair.expectation.json_error && pair.reply.is_none() && is_due && context.can_expect_reply(pair.exchange)
}

/// Whether the agent owes an error although none may come behind another: to a text made to be malformed that has no
/// byte which only throws away what was begun, and that nothing in its case was said of, be it late.
fn is_owed_by_agent(context: &Context<'_>, pair: &Pair<'_>) -> bool {
    let is_made = context.transcript.case.aim.as_deref() == Some(RULE.slug);
    let throws_away = |bytes: &[u8]| {
        bytes.iter().any(|byte| *byte == SENTINEL || *byte < b' ' && !byte.is_ascii_whitespace())
    };
    let is_error = |message: &Message| message.kind == MessageKind::Error;
    is_made
        && !context.exchange(pair).sent.parts().any(|(bytes, _)| throws_away(bytes))
        && !context.messages().any(|(_, message)| is_error(message))
}
