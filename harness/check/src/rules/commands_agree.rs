//! query-commands lists what the schema declares.

use crate::context::Context;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::Value;
use std::collections::BTreeSet;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q412",
    slug: "commands-agree",
    title: "query-commands and the schema agree",
    requirement: "query-commands lists exactly the commands that the schema declares.",
    source: "QEMU monitor/qmp-cmds-control.c:qmp_query_commands",
    terms: Terms { dialects: QMP, yields_to: &["declared-command"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let asked = context.returned_by("query-commands");
    let listed = asked.and_then(|(pair, reply)| Some((pair, reply.get("return")?)));
    let Some((pair, Value::Array(listed))) = listed.filter(|_| !context.schema.partial) else {
        return out.push(Verdict::skip(rule, "query-commands was not asked of a whole schema"));
    };
    let listed: BTreeSet<&str> = listed.iter().filter_map(|one| one.get("name")?.as_str()).collect();
    let declared: BTreeSet<&str> = context.schema.commands.iter().map(|c| c.name.as_str()).collect();
    let unlisted = declared.difference(&listed).map(|name| (*name, "unlisted", "listed, as it is declared"));
    let invented = listed.difference(&declared).map(|name| (*name, "undeclared", "a declared command"));
    let breaches = unlisted
        .chain(invented)
        .map(|(name, class, expected)| Breach {
            exchange: pair.exchange,
            command: Some(name.to_owned()),
            class: class.to_owned(),
            expected: vec![format!("'{name}' {expected}")],
            actual: format!("'{name}' is {class}"),
            ..Breach::default()
        })
        .collect();
    conclude(rule, breaches, true, "", out);
}
