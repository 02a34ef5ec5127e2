//! In-band replies come in the order of their commands.

use crate::context::Context;
use crate::rule::{Rule, Terms};
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
    let disordered = context.disordered.iter().filter(|exchange| !is_in_doubt(**exchange));
    let breaches = disordered.map(breach).collect();
    conclude(rule, breaches, pipelined, "no two commands were sent at once", out);
}
