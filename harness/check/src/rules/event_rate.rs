//! Rate-limited events of one source are a second apart, by their own timestamps.

use crate::context::Context;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Message, MessageKind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q705",
    slug: "event-rate",
    title: "Rate-limited events keep their distance",
    requirement: "RTC_CHANGE, WATCHDOG, BALLOON_CHANGE, QUORUM_REPORT_BAD, QUORUM_FAILURE, VSERPORT_CHANGE and MEMORY_DEVICE_SIZE_CHANGE come at most once a second for one source.",
    source: "QEMU monitor/monitor.c:monitor_qapi_event_conf, monitor_qapi_event_hash",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge,
};

/// The limited events, with the member of their data that tells sources apart.
const LIMITED: &[(&str, Option<&str>)] = &[
    ("RTC_CHANGE", None),
    ("WATCHDOG", None),
    ("BALLOON_CHANGE", None),
    ("QUORUM_FAILURE", None),
    ("QUORUM_REPORT_BAD", Some("node-name")),
    ("VSERPORT_CHANGE", Some("id")),
    ("MEMORY_DEVICE_SIZE_CHANGE", Some("qom-path")),
];
/// Microseconds that two of them are apart at least: a second less the jitter of a timer.
const DISTANCE_US_MIN: i128 = 900_000;

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let events: Vec<(usize, &Message)> =
        context.messages().filter(|(_, message)| message.kind == MessageKind::Event).collect();
    let mut breaches = Vec::new();
    let mut looked = false;
    for (position, (exchange, event)) in events.iter().enumerate() {
        let (Some(key), Some(at)) = (key(event), at_us(event)) else { continue };
        looked = true;
        let earlier = events[..position].iter().rev().find(|(_, other)| self::key(other) == Some(key));
        let Some(distance) = earlier.and_then(|(_, other)| at_us(other)).map(|before| at - before) else {
            continue;
        };
        if (0..DISTANCE_US_MIN).contains(&distance) {
            breaches.push(Breach {
                exchange: *exchange,
                class: "too-soon".to_owned(),
                schema_path: key.0.to_owned(),
                expected: vec!["a second between two of them".to_owned()],
                actual: format!("{distance} us"),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no rate-limited event was seen", out);
}

fn key<'a>(event: &&'a Message) -> Option<(&'a str, Option<&'a str>)> {
    let name = event.get("event")?.as_str()?;
    let (_, source) = LIMITED.iter().find(|(limited, _)| *limited == name)?;
    Some((name, source.and_then(|member| event.get("data")?.get(member)?.as_str())))
}

fn at_us(event: &Message) -> Option<i128> {
    let timestamp = event.get("timestamp")?;
    let seconds = timestamp.get("seconds")?.as_integer()?;
    let micros = timestamp.get("microseconds")?.as_integer()?;
    (seconds >= 0).then_some(seconds.saturating_mul(1_000_000).saturating_add(micros))
}
