//! The shared judge of the rules about return values: each speaks of one kind of mismatch.

use crate::conform::MismatchKind;
use crate::context::{Context, of_kind};
use crate::rule::Rule;
use crate::verdict::{Breach, Verdict, conclude};

/// Judges one kind of mismatch over every return value of the transcript.
pub fn judge(context: &Context<'_>, rule: &'static Rule, kinds: &[MismatchKind], out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (pair, _) in context.returns() {
        let Some(command) = pair.expectation.command.as_deref() else { continue };
        looked = true;
        for mismatch in of_kind(pair, kinds) {
            breaches.push(Breach {
                exchange: pair.exchange,
                command: Some(command.to_owned()),
                class: mismatch.kind.name().to_owned(),
                value_path: join("return", &mismatch.value_path),
                schema_path: join(&format!("{command}.returns"), &mismatch.schema_path),
                expected: vec![mismatch.expected.clone()],
                actual: mismatch.actual.clone(),
            });
        }
    }
    conclude(rule, breaches, looked, "no return value was seen", out);
}

/// Joins a root and a path that may begin with an index.
pub fn join(root: &str, path: &str) -> String {
    match path.chars().next() {
        None => root.to_owned(),
        Some('[') => format!("{root}{path}"),
        Some(_) => format!("{root}.{path}"),
    }
}
