//! Every message is in ASCII.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::DeviationKind;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q601",
    slug: "output-ascii",
    title: "Output is ASCII",
    requirement: "Every byte of a message is ASCII; other characters are escaped.",
    source: "QMP specification (the server encodes its output in ASCII); QEMU qobject/json-writer.c:quoted_str",
    // What is not escaped at all.
    terms: Terms {
        yields_to: &[
            "output-strict-json/Syntax",
            "output-strict-json/Escape",
            "output-strict-json/ControlCharacter",
        ],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    judge_each(context, rule, "no message was seen", out, |_, message| {
        let deviation = message.deviations().iter().find(|one| concerns(one.kind));
        Some(deviation.map(|deviation| Breach {
            class: format!("{:?}", deviation.kind),
            expected: vec!["messages in ASCII".to_owned()],
            actual: message.around(deviation.offset),
            ..Breach::default()
        }))
    });
}

fn concerns(kind: DeviationKind) -> bool {
    matches!(kind, DeviationKind::NonAscii | DeviationKind::NotUtf8)
}
