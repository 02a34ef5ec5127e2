//! The generator and the oracle, which share no code, agree: a value made to conform conforms, a command made valid
//! may succeed, and one with a violation is refused under the rule that it was made to break.

use crate::{Held, schemas};
use arbitrary::Unstructured;
use qmprobe_check::conform::{Direction, conform};
use qmprobe_check::{Accepted, predict};
use qmprobe_generate::value::Values;
use qmprobe_generate::{Plan, Smallest};
use qmprobe_schema::{Schema, TypeId};
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::parse::parse;
use qmprobe_wire::{Case, Dialect, SessionState, Step};
use std::sync::OnceLock;

/// Levels that a made value never has.
const NESTING_MAX: usize = 64;

/// The target.
///
/// # Errors
/// They disagree.
pub fn body(data: &[u8]) -> Held {
    let mut source = Unstructured::new(data);
    let Ok([choice, index]) = source.arbitrary::<[u32; 2]>() else { return Ok(()) };
    let dialect = if choice & 1 == 0 { Dialect::Qmp } else { Dialect::Qga };
    if choice & 2 == 0 {
        return value(schemas::recorded(dialect)?, index, &mut source);
    }
    let plan = plan(dialect)?;
    let index = u64::from(index) % plan.len().max(1);
    plan.case(index).map_or(Ok(()), |case| command(schemas::recorded(dialect)?, dialect, &case))
}

/// A random value of some type, in both directions, before and after it went over the wire.
fn value(schema: &Schema, index: u32, source: &mut Unstructured<'_>) -> Held {
    let ty = TypeId(index % schema.types.len().max(1) as u32);
    let made = match Values::new(schema).valid(ty, source) {
        Ok(made) => made,
        Err(_) if !Smallest::new(schema).is_finite(ty) => return Ok(()),
        Err(error) => return Err(format!("no value of type {index}, which has some: {error}")),
    };
    let text = made.encode();
    let read = parse(&text, NESTING_MAX);
    if !read.deviations.is_empty() || read.value.as_ref() != Some(&made) {
        return Err(format!("{made} is not what is read of it"));
    }
    for direction in [Direction::In, Direction::Out] {
        if let Some(mismatch) = conform(schema, ty, &made, direction).first() {
            return Err(format!("{made}: {mismatch:?}"));
        }
    }
    Ok(())
}

/// A case of the plan, by what its bytes are worth.
fn command(schema: &Schema, dialect: Dialect, case: &Case) -> Held {
    let Some(Step::Send(bytes)) = case.steps.first() else {
        return Err(format!("{} is no command", case.name));
    };
    let mut outcomes = Vec::new();
    Automaton::new(Model::V3_1).feed(bytes, &mut outcomes);
    let [outcome @ Outcome::Value { .. }] = outcomes.as_slice() else {
        return Err(format!("{} is worth {outcomes:?}", case.name));
    };
    let due = predict(schema, None, SessionState::command_mode(dialect), outcome);
    let refused = !due.accepted.has(Accepted::RETURN) && !due.accepted.has(Accepted::NOTHING);
    match &case.aim {
        Some(aim) if refused && due.rule == aim => Ok(()),
        Some(aim) => Err(format!("{}: not refused for {aim}: {due:?}", case.name)),
        None if refused && due.rule.starts_with("arguments-") => {
            Err(format!("{}: refused: {due:?}", case.name))
        }
        None => Ok(()),
    }
}

/// All cases of one seed, made once: deciding what they are takes far longer than making one.
fn plan(dialect: Dialect) -> Result<&'static Plan<'static>, String> {
    static MONITOR: OnceLock<Plan<'static>> = OnceLock::new();
    static AGENT: OnceLock<Plan<'static>> = OnceLock::new();
    let cell = if dialect == Dialect::Qmp { &MONITOR } else { &AGENT };
    let schema = schemas::recorded(dialect)?;
    Ok(cell.get_or_init(|| Plan::new(schema, dialect, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::{CaseId, Start};

    fn case(aim: Option<&str>, text: &str) -> Case {
        Case {
            id: CaseId { seed: 0, index: 0 },
            name: "a case".to_owned(),
            command: None,
            aim: aim.map(str::to_owned),
            start: Start::Command,
            steps: vec![Step::Send(text.as_bytes().to_vec())],
        }
    }

    #[test]
    fn a_case_that_is_not_what_it_claims_is_noticed() {
        let schema = schemas::recorded(Dialect::Qmp).unwrap();
        let held = |aim, text| command(schema, Dialect::Qmp, &case(aim, text));
        let (sound, wrong) =
            (r#"{"execute":"query-name"}"#, r#"{"execute":"query-name","arguments":{"a":1}}"#);
        assert_eq!(held(None, sound), Ok(()));
        assert_eq!(held(Some("arguments-unknown"), wrong), Ok(()));
        assert!(held(Some("arguments-unknown"), sound).is_err());
        assert!(held(Some("arguments-type"), wrong).is_err());
        assert!(held(None, wrong).is_err());
        assert!(held(None, "{").is_err());
    }
}
