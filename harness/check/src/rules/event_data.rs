//! The data of an event conforms to its declared type.

use crate::conform::{Direction, conform};
use crate::context::Context;
use crate::each_message::judge_each;
use crate::returns::join;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::{Message, MessageKind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q703",
    slug: "event-data",
    title: "Event data conforms to the schema",
    requirement: "The data of an event conforms to its declared type, and is absent exactly where the event declares none.",
    source: "the peer's own schema; QEMU docs/devel/qapi-code-gen (events)",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    judge_each(context, rule, "no declared event was seen", out, |_, message| {
        let name = message.of_kind(MessageKind::Event)?.get("event")?.as_str()?;
        context.schema.event(name)?;
        Some(defects(context, name, message))
    });
}

fn defects(context: &Context<'_>, name: &str, message: &Message) -> Vec<Breach> {
    let declared = context.schema.event(name).and_then(|event| event.data);
    let presence = |class: &str, expected: &str, actual: &str| {
        vec![Breach {
            class: class.to_owned(),
            value_path: "data".to_owned(),
            schema_path: name.to_owned(),
            expected: vec![expected.to_owned()],
            actual: actual.to_owned(),
            ..Breach::default()
        }]
    };
    match (declared, message.get("data")) {
        (None, None) => Vec::new(),
        (None, Some(data)) if data.as_object().is_none() => Vec::new(),
        (None, Some(_)) => presence("undeclared", "no data", "data"),
        (Some(_), None) => presence("missing", "data", "no data"),
        // Data that is no object is the affair of event-shape.
        (Some(_), Some(data)) if data.as_object().is_none() => Vec::new(),
        (Some(ty), Some(data)) => conform(context.schema, ty, data, Direction::Out)
            .into_iter()
            .map(|mismatch| Breach {
                class: mismatch.kind.name().to_owned(),
                value_path: join("data", &mismatch.value_path),
                schema_path: join(name, &mismatch.schema_path),
                expected: vec![mismatch.expected],
                actual: mismatch.actual,
                ..Breach::default()
            })
            .collect(),
    }
}
