//! A fresh connection gets no reply that it did not ask for.

use crate::context::Context;
use crate::pairing::Pair;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Frame, Message, Received, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q307",
    slug: "no-foreign-reply",
    title: "Nobody gets the reply to another",
    requirement: "A connection receives no reply before it has sent a command, and none to a command of another connection.",
    source: "QMP specification; QEMU monitor/qmp.c:monitor_qmp_cleanup_queues",
    terms: Terms { dialects: QMP, yields_to: &["greeting-first"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let foreign = |exchange: usize, bytes: &[u8]| Breach {
        exchange,
        class: "foreign".to_owned(),
        expected: vec!["nothing but the greeting".to_owned()],
        actual: escape::escape_short(bytes, 200),
        ..Breach::default()
    };
    for index in 0..context.transcript.exchanges.len() {
        let cut: Vec<u8> = context.leftover(index).iter().flat_map(bytes_of).copied().collect();
        if !cut.is_empty() {
            breaches.push(foreign(index, &cut));
        }
    }
    for (index, extra) in &context.extras {
        if is_foreign(context, *index, extra) && !context.is_garbled(*index) {
            breaches.push(foreign(*index, &extra.bytes));
        }
    }
    let looked = context.transcript.exchanges.iter().any(|exchange| exchange.opened);
    conclude(rule, breaches, looked, "no fresh connection was opened", out);
}

fn bytes_of(received: &Received) -> &[u8] {
    match &received.frame {
        Frame::Garbage(bytes) => bytes,
        Frame::Message(message) => &message.bytes,
        Frame::Sentinel => b"\xff",
    }
}

/// Whether nothing was sent over this connection that the surplus reply could answer.
pub fn is_foreign(context: &Context<'_>, index: usize, extra: &Message) -> bool {
    let connection = context.transcript.exchanges[index].connection;
    let earlier = || context.pairs.iter().take_while(|pair| pair.exchange <= index);
    let here = |pair: &&Pair<'_>| context.exchange(pair).connection == connection;
    let answers =
        |pair: &Pair<'_>| extra.get("id").is_some_and(|id| pair.expectation.id.as_ref() == Some(id));
    let exchanges = context.transcript.exchanges.iter().take(index + 1);
    let mut its_own = exchanges.filter(|exchange| exchange.connection == connection);
    // Before the case an older connection has been negotiated, at least. Half a command is something to answer, if
    // wrongly.
    let unasked =
        its_own.clone().any(|exchange| exchange.opened) && its_own.all(|exchange| exchange.sent.is_empty());
    unasked || earlier().any(answers) && !earlier().filter(here).any(answers)
}
