//! Commands refused for their arguments, with the queries before and after that show whether they ran.

use super::{Cases, SELF_DESCRIPTION, queries, send};
use crate::minimal_value;
use qmprobe_wire::{Start, Step, Value, request};

/// Queries of a schema that has none of [`PROBES`] that are asked instead.
const OWN_PROBES_MAX: usize = 8;

/// Queries whose answers only change when something was done; asked with these arguments.
const PROBES: &[(&str, &str)] = &[
    ("query-status", ""),
    ("query-named-block-nodes", ""),
    ("query-chardev", ""),
    ("query-jobs", ""),
    ("query-block-exports", ""),
    ("query-migrate", ""),
    ("qom-list", r#","arguments":{"path":"/objects"}"#),
];

pub(super) fn push(cases: &mut Cases<'_>) {
    let schema = cases.schema;
    let probe = |name: &str, arguments: &str| send(format!("{{\"execute\":\"{name}\"{arguments}}}"));
    let mut probes: Vec<Step> = PROBES
        .iter()
        .filter(|(name, _)| schema.command(name).is_some())
        .map(|(name, arguments)| probe(name, arguments))
        .collect();
    if probes.is_empty() && cases.is_qmp() {
        let own = queries(schema).filter(|name| !SELF_DESCRIPTION.contains(name));
        probes = own.take(OWN_PROBES_MAX).map(|name| probe(name, "")).collect();
    }
    if probes.is_empty() {
        return;
    }
    for declared in &schema.commands {
        let reads = declared.name.starts_with("query-") || declared.name.starts_with("x-query-");
        if reads || !declared.marshalled || declared.name == "qmp_capabilities" {
            continue;
        }
        let minimal =
            declared.arguments.map_or(Some(Value::Object(Vec::new())), |ty| minimal_value(schema, ty));
        let Some(Value::Object(mut members)) = minimal else { continue };
        members.push(("qmprobe-no-such-member".to_owned(), Value::int(1)));
        let bytes = request::execute(&declared.name, Some(&Value::Object(members)), Some(&Value::int(1)));
        let mut steps = probes.clone();
        steps.extend(probes.iter().cloned());
        steps.push(send(bytes));
        steps.extend(probes.iter().cloned());
        let name = format!("{} with an unknown argument", declared.name);
        cases.push_for(Some(&declared.name), "refused-changes-nothing", name, Start::Command, steps);
    }
}
