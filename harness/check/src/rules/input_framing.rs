//! How a client's bytes are cut into writes makes no difference.

use crate::context::Context;
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q311",
    slug: "input-framing",
    title: "What the client sends is one stream",
    requirement: "A command that comes in pieces, and several that come at once, are carried out as if each had come whole and alone.",
    source: "QMP specification, General Definitions; QEMU monitor/qmp.c:monitor_qmp_read, qga/main.c:channel_event_cb",
    terms: Terms::USUAL,
    judge,
};

/// Looks only at cases made for it: a command by itself, which shows that it is answered at all, and then the same cut
/// or joined, twice: what is lost only once was not lost by that.
fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let due = || context.pairs.iter().filter(|pair| pair.expectation.accepted == Accepted::RETURN);
    let is_returned = |kind: Option<MessageKind>| kind == Some(MessageKind::Return);
    let alone = due().next().map(|pair| is_returned(pair.reply.map(|reply| reply.kind)));
    let aimed = context.transcript.case.aim.as_deref() == Some(rule.slug);
    if !aimed || alone != Some(true) || context.peer_is_lost() {
        return out.push(Verdict::skip(rule, "nothing put it to the test"));
    }
    let due: Vec<_> = due().filter(|pair| context.can_expect_reply(pair.exchange)).collect();
    let is_wrong = |pair: &Pair<'_>| !is_returned(pair.reply.map(|reply| reply.kind));
    let fails = |exchange: usize| due.iter().any(|pair| pair.exchange == exchange && is_wrong(pair));
    let sent = |pair: &Pair<'_>| &context.exchange(pair).sent;
    let always =
        |pair: &Pair<'_>| due.iter().filter(|one| sent(one) == sent(pair)).all(|one| fails(one.exchange));
    let wrong = due.iter().find(|pair| is_wrong(pair) && always(pair));
    let breach = wrong.map(|pair| Breach {
        exchange: pair.exchange,
        class: "cut".to_owned(),
        expected: vec!["return, as to the same command by itself".to_owned()],
        actual: pair.reply.map_or("no reply".to_owned(), |reply| escape::escape_short(&reply.bytes, 160)),
        ..Breach::default()
    });
    conclude(rule, breach.into_iter().collect(), true, "", out);
}
