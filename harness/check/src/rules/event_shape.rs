//! The members of an event, each with its type, and no others.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{QMP, Rule, Terms};
use crate::shape::{Defect, exactly};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::{MessageKind, Value};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q701",
    slug: "event-shape",
    title: "An event has its members and no others",
    requirement: "An event has exactly event (a string), timestamp (seconds and microseconds, the latter below a million, or both -1) and, where it has data, data; it has no id.",
    source: "QMP specification, Asynchronous events; QEMU qapi/qmp-event.c:qmp_event_build_dict",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    judge_each(context, rule, "no event was seen", out, |_, message| {
        let event = message.of_kind(MessageKind::Event)?.value()?;
        Some(defect(event).map(Breach::from))
    });
}

fn defect(event: &Value) -> Option<Defect> {
    let mut members = vec![("event", "string"), ("timestamp", "object")];
    if event.get("data").is_some() {
        members.push(("data", "object"));
    }
    let timestamp = event.get("timestamp");
    let numbers = [("seconds", "integer"), ("microseconds", "integer")];
    exactly(event, "", &members).or_else(|| exactly(timestamp?, "timestamp", &numbers)).or_else(|| {
        let seconds = timestamp?.get("seconds")?.as_integer()?;
        let microseconds = timestamp?.get("microseconds")?.as_integer()?;
        let unknown = seconds == -1 && microseconds == -1;
        let sane = seconds >= 0 && (0..1_000_000).contains(&microseconds);
        (!unknown && !sane).then(|| Defect {
            class: "range",
            path: "timestamp".to_owned(),
            expected: "seconds from 0 on and microseconds of 0 to 999999, or both -1".to_owned(),
            actual: format!("{seconds} s {microseconds} us"),
        })
    })
}
