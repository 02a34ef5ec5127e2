//! Between messages there is only white space.

use crate::context::{Context, is_gap};
use crate::rule::{Rule, Terms};
use crate::rules::output_strict_json::explained_by_other_text_or;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Dialect, Frame, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q603",
    slug: "output-framing",
    title: "Nothing stands between messages",
    requirement: "Between messages a peer sends white space only; the guest agent also its sentinel.",
    source: "QMP specification, General Definitions",
    terms: Terms { yields_to: &explained_by_other_text_or("agent-silent-start"), ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    let agent = context.transcript.dialect == Dialect::Qga;
    for (index, exchange) in context.transcript.exchanges.iter().enumerate() {
        looked |= !exchange.received.is_empty();
        let own = exchange.received.iter().skip(context.leftover(index).len());
        let stray = own.into_iter().find_map(|received| match &received.frame {
            // Behind a sentinel that is its own rule's affair.
            Frame::Garbage(bytes) if agent && is_gap(bytes) => None,
            Frame::Garbage(bytes) => Some(escape::escape_short(bytes, 120)),
            Frame::Sentinel if !agent => Some("\\xff".to_owned()),
            Frame::Sentinel | Frame::Message(_) => None,
        });
        if let Some(actual) = stray {
            breaches.push(Breach {
                exchange: index,
                class: "garbage".to_owned(),
                expected: vec!["whole messages, white space between them".to_owned()],
                actual,
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "nothing was received", out);
}
