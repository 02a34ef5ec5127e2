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
    terms: Terms {
        yields_to: &["input-framing", "sync-reset", "reply-order", "reply-id-echo/bytewise"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let before = out.len();
    prediction::judge(context, rule, out);
    let unanswered = context.pairs.iter().find(|pair| is_unanswered(context, pair));
    let (pair, class, actual) = match (unanswered, answered_again(context)) {
        (Some(pair), _) => (pair, "silence", "no reply".to_owned()),
        (None, Some((pair, errors))) => (pair, "surplus", format!("{errors} errors")),
        (None, None) => return,
    };
    out.truncate(before);
    let breach = Breach {
        exchange: pair.exchange,
        class: class.to_owned(),
        expected: vec![format!("error of class GenericError ({})", pair.expectation.because)],
        actual,
        ..Breach::default()
    };
    out.push(Verdict::fail(rule, breach));
}

/// What is answered with several errors, although it is a single byte: of more, a parser may refuse each.
fn answered_again<'a, 'c>(context: &'a Context<'c>) -> Option<(&'a Pair<'c>, usize)> {
    let mut malformed = context.pairs.iter().filter(|pair| pair.expectation.json_error);
    let may_be_several = |pair: &&Pair<'_>| pair.expectation.accepted.has(Accepted::NOTHING);
    let pair = malformed.next().filter(|pair| malformed.next().is_none() && may_be_several(pair))?;
    let visible = |bytes: &[u8]| bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
    let sent = context.exchange(pair).sent.parts();
    let is_byte = sent.map(|(bytes, times)| visible(bytes).saturating_mul(times)).sum::<usize>() == 1;
    let is_anothers = |message: &Message| {
        let mut others = context.pairs.iter().filter(|other| !other.expectation.json_error);
        others.any(|other| other.reply.is_some_and(|reply| std::ptr::eq(reply, message)))
    };
    let is_error = |message: &Message| message.kind == MessageKind::Error && !message.has("id");
    let errors = context.messages().filter(|(_, message)| is_error(message) && !is_anothers(message)).count();
    (is_byte && errors > 1).then_some((pair, errors))
}

fn is_unanswered(context: &Context<'_>, pair: &Pair<'_>) -> bool {
    let is_due = !pair.expectation.accepted.has(Accepted::NOTHING) || is_owed_by_agent(context, pair);
    pair.expectation.json_error && pair.reply.is_none() && is_due && context.can_expect_reply(pair.exchange)
}

/// Whether the agent owes an error although none may come behind another: to a text made to be malformed that has no
/// byte which only throws away what was begun, and that nothing in its case was said of, be it late.
fn is_owed_by_agent(context: &Context<'_>, pair: &Pair<'_>) -> bool {
    let is_made = context.transcript.case.aim.as_deref() == Some(RULE.slug);
    let throws_away = |bytes: &[u8]| bytes.iter().copied().any(throws_away);
    let is_error = |message: &Message| message.kind == MessageKind::Error;
    is_made
        && !context.exchange(pair).sent.parts().any(|(bytes, _)| throws_away(bytes))
        && !context.messages().any(|(_, message)| is_error(message))
}

/// Whether the byte throws away what was begun, wherever it stands.
pub(crate) fn throws_away(byte: u8) -> bool {
    byte == SENTINEL || byte < b' ' && !byte.is_ascii_whitespace()
}
