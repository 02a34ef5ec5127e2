//! The class of an error is one of five.

use crate::context::Context;
use crate::prediction::ERROR_CLASSES;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::MessageKind;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q310",
    slug: "error-class",
    title: "The error classes are a closed set",
    requirement: "The class of an error is GenericError, CommandNotFound, DeviceNotActive, DeviceNotFound or KVMMissingCap.",
    source: "QEMU qapi/error.json (QapiErrorClass)",
    terms: Terms::USUAL,
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (exchange, message) in context.messages().filter(|(_, message)| message.kind == MessageKind::Error) {
        let Some(class) = message.error_class() else { continue };
        looked = true;
        if !ERROR_CLASSES.contains(&class) {
            breaches.push(Breach {
                exchange,
                class: "enum-value".to_owned(),
                value_path: "error.class".to_owned(),
                expected: ERROR_CLASSES.iter().map(|class| (*class).to_owned()).collect(),
                actual: class.to_owned(),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no error was seen", out);
}
