//! 'error' has class and desc, both strings, and nothing else.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{Rule, Terms};
use crate::shape::exactly;
use crate::verdict::{Breach, Verdict};
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
    judge_each(context, rule, "no error was seen", out, |_, message| {
        let error = message.of_kind(MessageKind::Error)?.get("error")?;
        Some(exactly(error, "error", &[("class", "string"), ("desc", "string")]).map(Breach::from))
    });
}
