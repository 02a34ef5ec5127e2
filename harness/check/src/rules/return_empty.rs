//! A command without a return type returns {}.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q501",
    slug: "return-empty",
    title: "Commands without a return type return {}",
    requirement: "A command that declares no return value succeeds with the empty object.",
    source: "QMP specification, success; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    terms: Terms { yields_to: &["one-reply/surplus", "reply-order"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (pair, reply) in context.returns() {
        let Some(command) = pair.expectation.command.as_deref().and_then(|name| context.schema.command(name))
        else {
            continue;
        };
        if command.returns.is_some() {
            continue;
        }
        looked = true;
        let Some(value) = reply.get("return") else { continue };
        if value.as_object().is_none_or(|members| !members.is_empty()) {
            breaches.push(Breach {
                exchange: pair.exchange,
                class: "not-empty".to_owned(),
                value_path: "return".to_owned(),
                schema_path: "returns".to_owned(),
                expected: vec!["{}".to_owned()],
                actual: value.to_string(),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no command without a return type succeeded", out);
}
