//! The class of an error is one of five.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::prediction::ERROR_CLASSES;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict};
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
    judge_each(context, rule, "no error was seen", out, |_, message| {
        let class = message.of_kind(MessageKind::Error)?.error_class()?;
        Some((!ERROR_CLASSES.contains(&class)).then(|| Breach {
            class: "enum-value".to_owned(),
            value_path: "error.class".to_owned(),
            expected: ERROR_CLASSES.iter().map(|class| (*class).to_owned()).collect(),
            actual: class.to_owned(),
            ..Breach::default()
        }))
    });
}
