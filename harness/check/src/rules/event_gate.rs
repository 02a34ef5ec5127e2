//! No event reaches a connection before it has negotiated.

use crate::context::Context;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{MessageKind, SessionState, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q704",
    slug: "event-gate",
    title: "No events before negotiation",
    requirement: "A connection that has not negotiated receives no events.",
    source: "QMP specification, Asynchronous events; QEMU monitor/monitor.c:monitor_qapi_event_emit",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (index, exchange) in context.transcript.exchanges.iter().enumerate() {
        let Some(state) = state_after(context, index) else { continue };
        if state.negotiated {
            continue;
        }
        looked = true;
        if let Some(event) = exchange.messages().find(|message| message.kind == MessageKind::Event) {
            breaches.push(Breach {
                exchange: index,
                class: "early".to_owned(),
                expected: vec!["no event before qmp_capabilities".to_owned()],
                actual: escape::escape_short(&event.bytes, 160),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no connection was held before negotiation", out);
}

/// The state in which an exchange ended, as long as it follows from what was sent.
fn state_after(context: &Context<'_>, exchange: usize) -> Option<SessionState> {
    let transcript = context.transcript;
    let connection = transcript.exchanges[exchange].connection;
    let before = |index: usize| transcript.exchanges[index].connection == connection && index <= exchange;
    let last = context.pairs.iter().rev().find(|pair| before(pair.exchange));
    let fresh = connection > 0 || !transcript.start.negotiated;
    match last {
        Some(pair) => Some(pair.expectation.next),
        None if fresh => Some(SessionState::fresh(transcript.dialect)),
        None => None,
    }
}
