//! guest-info lists what the schema declares.

use crate::context::Context;
use crate::prediction;
use crate::rule::{QGA, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::Value;

/// The rule.
pub static RULE: Rule = Rule {
    id: "G104",
    slug: "guest-info-agrees",
    title: "guest-info and the schema agree",
    requirement: "guest-info lists exactly the commands that the schema declares, and says of each whether it answers on success.",
    source: "QEMU qga/commands.c:qmp_command_info; qga/qapi-schema.json",
    terms: Terms {
        dialects: QGA,
        yields_to: &["declared-command", "return-type", "reply-id-echo/shortened"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let asked = context.returned_by("guest-info");
    let listed = asked
        .and_then(|(pair, info)| Some((pair, info.get("return")?.get("supported_commands")?.as_array()?)));
    if context.deviations.iter().any(|one| one.door == rule.slug) {
        // What it does not offer is there all the same.
        return prediction::judge(context, rule, out);
    }
    let readable =
        |list: &[Value]| list.iter().all(|one| one.get("name").is_some_and(|name| name.as_str().is_some()));
    let Some((pair, listed)) = listed.filter(|(_, list)| !context.schema.partial && readable(list)) else {
        return out.push(Verdict::skip(rule, "guest-info was not asked of a whole schema"));
    };
    let find = |name: &str| listed.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(name));
    let mut breaches = Vec::new();
    let mut note = |name: &str, class: &str, expected: String, actual: String| {
        breaches.push(Breach {
            exchange: pair.exchange,
            command: Some(name.to_owned()),
            class: class.to_owned(),
            value_path: "return.supported_commands".to_owned(),
            expected: vec![expected],
            actual,
            ..Breach::default()
        });
    };
    // What is blocked is no part of the schema in force, and listed all the same.
    let whole = context.schema.source.as_deref().unwrap_or(context.schema);
    let left_out = whole.commands.iter().filter(|command| context.schema.command(&command.name).is_none());
    for command in context.schema.commands.iter().chain(left_out) {
        let Some(entry) = find(&command.name) else {
            if context.schema.command(&command.name).is_some() {
                note(
                    &command.name,
                    "unlisted",
                    format!("'{}' is listed", command.name),
                    "it is not".to_owned(),
                );
            }
            continue;
        };
        let answers = entry.get("success-response");
        if answers.is_some_and(|answers| *answers != Value::Bool(command.success_response)) {
            let expected = format!("success-response {}", command.success_response);
            let actual = answers.map(Value::to_string).unwrap_or_default();
            note(&command.name, "success-response", expected, actual);
        }
    }
    let names = || listed.iter().filter_map(|one| one.get("name")?.as_str());
    for (at, name) in names().enumerate().filter(|(at, name)| names().take(*at).any(|before| before == *name))
    {
        note(name, "twice", format!("'{name}' is listed once"), format!("again as number {}", at + 1));
    }
    for name in listed.iter().filter(|one| is_enabled(one)).filter_map(|one| one.get("name")?.as_str()) {
        if context.schema.command(name).is_none() {
            note(name, "undeclared", "only declared commands".to_owned(), format!("'{name}' is listed"));
        }
    }
    conclude(rule, breaches, true, "", out);
}

/// Whether an entry of guest-info's list says that its command is there. What means no is taken for no even where it is
/// not of the type to say so: that is told as what it is, and is no reason to take for there what is not.
pub fn is_enabled(entry: &Value) -> bool {
    !entry.get("enabled").is_some_and(|value| {
        let is_zero = value.as_integer() == Some(0);
        matches!(value, Value::Bool(false) | Value::Null) || value.as_str() == Some("false") || is_zero
    })
}
