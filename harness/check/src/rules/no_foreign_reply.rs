//! A fresh connection gets no reply that it did not ask for.

use crate::context::Context;
use crate::rule::{QMP, Rule, Severity};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{VersionRange, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q307",
    slug: "no-foreign-reply",
    title: "Nobody gets the reply to another",
    requirement: "A fresh connection receives no reply before it has sent a command.",
    source: "QMP specification; QEMU monitor/qmp.c:monitor_qmp_cleanup_queues",
    severity: Severity::Violation,
    dialects: QMP,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["greeting-first"],
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    for (index, extra) in &context.extras {
        let opened = context.transcript.exchanges[*index].opened;
        if opened && !context.is_garbled(*index) {
            breaches.push(Breach {
                exchange: *index,
                class: "foreign".to_owned(),
                expected: vec!["nothing but the greeting".to_owned()],
                actual: escape::escape_short(&extra.bytes, 200),
                ..Breach::default()
            });
        }
    }
    let looked = context.transcript.exchanges.iter().any(|exchange| exchange.opened);
    conclude(rule, breaches, looked, "no fresh connection was opened", out);
}
