//! In-band replies come in the order of their commands.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::rules::json_error_answered::throws_away;
use crate::verdict::{Breach, Verdict, conclude};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q306",
    slug: "reply-order",
    title: "Replies come in the order of the commands",
    requirement: "In-band commands of one connection are answered in the order in which they were sent; the answers \
                  to what is sent with 'exec-oob', errors included, may overtake them.",
    source: "QMP specification, Issuing Commands; QEMU monitor/qmp.c:monitor_qmp_dispatcher_co",
    terms: Terms::USUAL,
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let pipelined = context.pairs.windows(2).any(|two| two[0].exchange == two[1].exchange);
    let breach = |exchange: &usize| Breach {
        exchange: *exchange,
        class: "order".to_owned(),
        expected: vec!["the replies in the order of the commands".to_owned()],
        actual: "another order, told by the ids or by what they say".to_owned(),
        ..Breach::default()
    };
    // Where out-of-band execution was enabled that was not offered, it is used.
    let is_in_doubt = |exchange: usize| {
        let mut negotiations = context.deviations.iter().filter(|one| one.door.starts_with("negotiation-"));
        negotiations.any(|one| context.pairs[one.pair].exchange < exchange)
    };
    let judged = |exchange: &&usize| !is_in_doubt(**exchange) && !is_anybodys(context, **exchange);
    let disordered = context.disordered.iter().filter(judged);
    let breaches = disordered.map(breach).collect();
    conclude(rule, breaches, pipelined, "no two commands were sent at once", out);
}

/// Whether it is up to the peer's parser what errors come at which places: another than QEMU's was sent malformed text,
/// and not only bytes that throw away what was begun.
fn is_anybodys(context: &Context<'_>, exchange: usize) -> bool {
    let malformed =
        context.pairs.iter().filter(|pair| pair.exchange == exchange && pair.expectation.json_error);
    let sent = context.transcript.exchanges[exchange].sent.parts();
    let resets: usize = sent.map(|(bytes, _)| bytes.iter().filter(|byte| throws_away(**byte)).count()).sum();
    !context.transcript.model.is_qemus() && malformed.count() > resets
}
