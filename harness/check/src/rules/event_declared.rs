//! An event is one that the schema declares.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::MessageKind;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q702",
    slug: "event-declared",
    title: "Events are declared",
    requirement: "Every event that is sent is one that the schema declares.",
    source: "the peer's own schema; QEMU docs/devel/qapi-code-gen",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    if context.schema.partial {
        return out.push(Verdict::skip(rule, "the schema is cut"));
    }
    judge_each(context, rule, "no event was seen", out, |_, message| {
        let name = message.of_kind(MessageKind::Event)?.get("event")?.as_str()?;
        Some(context.schema.event(name).is_none().then(|| Breach {
            class: "undeclared".to_owned(),
            value_path: "event".to_owned(),
            schema_path: name.to_owned(),
            expected: vec!["an event of the schema".to_owned()],
            actual: name.to_owned(),
            ..Breach::default()
        }))
    });
}
