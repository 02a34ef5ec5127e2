//! The sync commands return the integer they were given.

use crate::context::Context;
use crate::requests::argument;
use crate::rule::{QGA, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G103",
    slug: "sync-echo",
    title: "guest-sync returns its id",
    requirement: "guest-sync and guest-sync-delimited return the integer that they were given.",
    source: "QEMU qga/commands.c:qmp_guest_sync, qmp_guest_sync_delimited",
    terms: Terms { dialects: QGA, yields_to: &["reply-order", "one-reply/surplus"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (pair, reply) in context.returns() {
        let sync = matches!(pair.expectation.command.as_deref(), Some("guest-sync" | "guest-sync-delimited"));
        let alone = context.pairs.iter().filter(|other| other.exchange == pair.exchange).count() == 1;
        let given = argument(&context.exchange(pair).sent, "id");
        let Some(given) = given.filter(|_| sync && alone) else { continue };
        let Some(returned) = reply.get("return") else { continue };
        looked = true;
        if given != *returned && pair.mismatches.is_empty() {
            breaches.push(Breach {
                exchange: pair.exchange,
                command: pair.expectation.command.clone(),
                class: "differs".to_owned(),
                value_path: "return".to_owned(),
                expected: vec![given.to_string()],
                actual: returned.to_string(),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no sync succeeded", out);
}
