//! A peer does not flood its client.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{DeviationKind, ExchangeEnd};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q605",
    slug: "output-bounded",
    title: "Output is bounded",
    requirement: "A peer sends a bounded number of bytes and messages in answer to one command.",
    source: "limits of this tool; a client must be able to hold what it is sent",
    terms: Terms::USUAL,
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    for (exchange, message) in context.messages() {
        let passed = message.deviations().iter().find_map(|deviation| limit(deviation.kind));
        if let Some(limit) = passed {
            breaches.push(Breach {
                exchange,
                class: limit.to_owned(),
                expected: vec![format!("messages within the limit {limit}")],
                actual: format!("a message of {} bytes that passes it", message.bytes.len()),
                ..Breach::default()
            });
        }
    }
    for (index, exchange) in context.transcript.exchanges.iter().enumerate() {
        if let ExchangeEnd::Flooded(limit) = exchange.end {
            breaches.push(Breach {
                exchange: index,
                class: limit.to_owned(),
                expected: vec![format!("output within the limit {limit}")],
                actual: format!("more; {} messages were kept", exchange.messages().count()),
                ..Breach::default()
            });
        }
    }
    let looked = !context.transcript.exchanges.is_empty();
    conclude(rule, breaches, looked, "nothing was exchanged", out);
}

/// The limit that reading a message passed.
fn limit(kind: DeviationKind) -> Option<&'static str> {
    match kind {
        DeviationKind::Nesting => Some("nesting_max"),
        DeviationKind::Values => Some("values_max"),
        _ => None,
    }
}
