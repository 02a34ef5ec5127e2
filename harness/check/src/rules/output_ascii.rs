//! messages in ASCII

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{DeviationKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q601",
    slug: "output-ascii",
    title: "Output is ASCII",
    requirement: "Every byte of a message is ASCII; other characters are escaped.",
    source: "QMP specification (the server encodes its output in ASCII); QEMU qobject/json-writer.c:quoted_str",
    terms: Terms::USUAL,
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (exchange, message) in context.messages() {
        looked = true;
        let Some(deviation) = message.deviations().iter().find(|one| concerns(one.kind)) else {
            continue;
        };
        let around = &message.bytes[deviation.offset.saturating_sub(24).min(message.bytes.len())..];
        breaches.push(Breach {
            exchange,
            class: format!("{:?}", deviation.kind),
            expected: vec!["messages in ASCII".to_owned()],
            actual: format!(
                "at byte {}: …{}",
                deviation.offset,
                escape::escape(&around[..around.len().min(60)])
            ),
            ..Breach::default()
        });
    }
    conclude(rule, breaches, looked, "no message was seen", out);
}

fn concerns(kind: DeviationKind) -> bool {
    matches!(kind, DeviationKind::NonAscii | DeviationKind::NotUtf8)
}
