//! The id of a command comes back in its reply, by value.

use crate::context::Context;
use crate::rule::{BOTH, Rule, Severity};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Value, VersionRange};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q301",
    slug: "reply-id-echo",
    title: "The id comes back",
    requirement: "A reply carries the 'id' of its command as the same JSON value, null included, and none when the command had none.",
    source: "QMP specification, Issuing Commands; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["no-foreign-reply", "sync-reset"],
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for pair in context.pairs.iter().filter(|pair| !pair.expectation.json_error) {
        let readable = |reply: &&qmprobe_wire::Message| reply.parsed.value.is_some();
        let Some(reply) = pair.reply.filter(readable) else { continue };
        looked = true;
        let (sent, came) = (pair.expectation.id.as_ref(), reply.get("id"));
        if sent == came {
            continue;
        }
        breaches.push(Breach {
            exchange: pair.exchange,
            class: class(sent, came).to_owned(),
            value_path: "id".to_owned(),
            expected: vec![describe(sent)],
            actual: describe(came),
            ..Breach::default()
        });
    }
    conclude(rule, breaches, looked, "no reply was seen", out);
}

fn class(sent: Option<&Value>, came: Option<&Value>) -> &'static str {
    match (sent, came) {
        (_, None) => "dropped",
        (None, Some(_)) => "invented",
        (Some(sent), Some(came)) if sent.json_type() == came.json_type() => "changed",
        _ => "retyped",
    }
}

fn describe(id: Option<&Value>) -> String {
    match id {
        Some(id) => format!("id {}", qmprobe_wire::escape::escape_short(&id.encode(), 200)),
        None => "no id".to_owned(),
    }
}
