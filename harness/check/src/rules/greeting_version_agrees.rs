//! The version in the greeting is the one that query-version returns.

use crate::context::Context;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::MessageKind;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q103",
    slug: "greeting-version-agrees",
    title: "The greeting and query-version agree",
    requirement: "The version object of the greeting equals what query-version returns.",
    source: "QEMU monitor/qmp.c:qmp_greeting (calls qmp_query_version)",
    terms: Terms {
        dialects: QMP,
        yields_to: &["greeting-shape", "return-type", "return-required", "return-undeclared"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let greeting = context.messages().find(|(_, message)| message.kind == MessageKind::Greeting);
    let promised = greeting.and_then(|(_, message)| message.get("QMP")?.get("version"));
    let asked =
        context.returned_by("query-version").and_then(|(pair, reply)| Some((pair, reply.get("return")?)));
    let (Some(promised), Some((pair, returned))) = (promised, asked) else {
        return out.push(Verdict::skip(rule, "no greeting and query-version in one case"));
    };
    let mut breaches = Vec::new();
    if promised != returned {
        breaches.push(Breach {
            exchange: pair.exchange,
            class: "differs".to_owned(),
            value_path: "return".to_owned(),
            expected: vec![format!("{promised} (the greeting)")],
            actual: returned.to_string(),
            ..Breach::default()
        });
    }
    conclude(rule, breaches, true, "", out);
}
