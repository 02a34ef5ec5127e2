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
    // Where out-of-band execution is enabled that was not offered, it is used.
    terms: Terms { yields_to: &["negotiation-arguments/return"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let pipelined = context.pairs.windows(2).any(|two| two[0].exchange == two[1].exchange);
    let breach = |exchange: &usize| Breach {
        exchange: *exchange,
        class: "order".to_owned(),
        expected: vec!["the replies in the order of the commands".to_owned()],
        actual: "another order, told by the ids".to_owned(),
        ..Breach::default()
    };
    let breaches = context.disordered.iter().map(breach).collect();
    conclude(rule, breaches, pipelined, "no two commands were sent at once", out);
}
