//! 'error' has class and desc, both strings, and nothing else.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::shape::exactly;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::MessageKind;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q309",
    slug: "error-shape",
    title: "An error has class and desc",
    requirement: "'error' is an object with exactly the members class and desc, both strings.",
    source: "QMP specification, Error; QEMU qapi/qmp-dispatch.c:qmp_error_response",
    terms: Terms::USUAL,
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (exchange, message) in context.messages().filter(|(_, message)| message.kind == MessageKind::Error) {
        let Some(error) = message.get("error") else { continue };
        looked = true;
        if let Some(defect) = exactly(error, "error", &[("class", "string"), ("desc", "string")]) {
            breaches.push(Breach {
                exchange,
                class: defect.class.to_owned(),
                value_path: defect.path,
                expected: vec![defect.expected],
                actual: defect.actual,
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no error was seen", out);
}
