//! query-qmp-schema tells what the schema declares that the peer is held against.

use crate::context::Context;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_schema::{Difference, Disagreement, Schema, from_introspection, join};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q414",
    slug: "schema-agrees",
    title: "query-qmp-schema and the schema agree",
    requirement: "query-qmp-schema tells of all that the schema declares under no condition, of nothing else, and of each part the same.",
    source: "QEMU docs/devel/qapi-code-gen.rst, Client JSON Protocol introspection",
    terms: Terms {
        dialects: QMP,
        yields_to: &["declared-command", "return-required", "return-type", "return-enum"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let asked = context.returned_by("query-qmp-schema").filter(|_| !context.schema.partial);
    if asked.and_then(|(_, reply)| reply.text("return")).is_some_and(|text| context.schema.told.is(text)) {
        // It is what the schema was loaded from.
        return conclude(rule, Vec::new(), true, "", out);
    }
    let told = asked.and_then(|(pair, reply)| {
        let told = reply.get("return")?.to_string();
        Some((pair, from_introspection(&told, "query-qmp-schema").ok()?))
    });
    let Some((pair, live)) = told else {
        return out.push(Verdict::skip(rule, "query-qmp-schema was not asked of a whole schema"));
    };
    let declared: &Schema = context.schema.source.as_deref().unwrap_or(context.schema);
    let (_, disagreements) = join(declared.clone(), &live);
    let breaches = disagreements.iter().map(|one| {
        let entity = one.path.split('.').next().unwrap_or_default();
        let command = declared.command(entity).or_else(|| live.command(entity));
        Breach {
            exchange: pair.exchange,
            command: command.map(|command| command.name.clone()),
            class: class(one).to_owned(),
            schema_path: one.path.clone(),
            expected: vec!["what the schema declares".to_owned()],
            actual: one.to_string(),
            ..Breach::default()
        }
    });
    conclude(rule, breaches.collect(), true, "", out);
}

fn class(disagreement: &Disagreement) -> &'static str {
    match disagreement.what {
        Difference::Missing => "missing",
        Difference::Undeclared => "undeclared",
        Difference::Kind { .. } => "kind",
        Difference::Optional { .. } => "optional",
        Difference::OutOfBand { .. } => "out-of-band",
    }
}
