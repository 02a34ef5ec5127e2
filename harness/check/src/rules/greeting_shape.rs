//! The members of a greeting, each with its type, and no others.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{QMP, Rule, Terms};
use crate::shape::{Defect, exactly};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::{MessageKind, Value};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q102",
    slug: "greeting-shape",
    title: "The greeting has its members and no others",
    requirement: "A greeting is an object QMP with version (qemu with the integers major, minor and micro; a string \
                  package) and capabilities (strings), and nothing else.",
    source: "QMP specification, Server Greeting; QEMU qapi/control.json (VersionInfo), monitor/qmp.c:qmp_greeting",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    judge_each(context, rule, "no greeting was seen", out, |_, message| {
        let greeting = message.of_kind(MessageKind::Greeting)?.value()?;
        Some(defect(greeting).map(Breach::from))
    });
}

fn defect(greeting: &Value) -> Option<Defect> {
    let qmp = greeting.get("QMP")?;
    let version = qmp.get("version");
    exactly(greeting, "", &[("QMP", "object")])
        .or_else(|| exactly(qmp, "QMP", &[("version", "object"), ("capabilities", "array")]))
        .or_else(|| exactly(version?, "QMP.version", &[("qemu", "object"), ("package", "string")]))
        .or_else(|| {
            let numbers = [("major", "integer"), ("minor", "integer"), ("micro", "integer")];
            exactly(version?.get("qemu")?, "QMP.version.qemu", &numbers)
        })
        .or_else(|| {
            let capabilities = qmp.get("capabilities")?.as_array()?;
            let index = capabilities.iter().position(|one| one.as_str().is_none())?;
            Some(Defect {
                class: "type",
                path: format!("QMP.capabilities[{index}]"),
                expected: "string".to_owned(),
                actual: capabilities[index].json_type().to_owned(),
            })
        })
}
