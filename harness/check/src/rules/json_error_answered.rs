//! Input that is no JSON: GenericError.

use crate::context::Context;
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::prediction;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict};

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
    let silent = pair.reply.is_none() && !pair.expectation.accepted.has(Accepted::NOTHING);
    pair.expectation.json_error && silent && context.can_expect_reply(pair.exchange)
}
