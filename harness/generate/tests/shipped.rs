//! The plan over the schemas of real peers.

mod judge;

use arbitrary::Unstructured;
use judge::defects;
use qmprobe_generate::value::Values;
use qmprobe_generate::{Plan, Smallest};
use qmprobe_schema::{Schema, TypeId, shipped, shipped_names};
use qmprobe_wire::{Case, Dialect, Step};
use serde_json::Value;

fn each_shipped(mut visit: impl FnMut(&str, Dialect, &Schema)) {
    let mut count = 0;
    for name in shipped_names() {
        let schema = shipped(name).expect("a listed name").expect("a shipped schema loads");
        let dialect = if name.starts_with("qga-") { Dialect::Qga } else { Dialect::Qmp };
        visit(name, dialect, &schema);
        count += 1;
    }
    assert!(count > 0, "nothing is shipped");
}

/// The request of a case. Another one stands behind it where success is silent, and nowhere else.
fn request(schema: &Schema, case: &Case) -> Value {
    let (bytes, behind) = match case.steps.as_slice() {
        [Step::Send(bytes)] => (bytes, false),
        [Step::Send(bytes), Step::Send(_)] => (bytes, true),
        _ => panic!("{case:?} is not one request"),
    };
    let request: Value = serde_json::from_slice(bytes).expect("a request is JSON");
    let command = request["execute"].as_str().and_then(|name| schema.command(name)).expect("a command");
    assert_eq!(behind, !command.success_response, "{case:?}");
    request
}

#[test]
fn every_command_of_every_shipped_schema_has_cases() {
    each_shipped(|name, dialect, schema| {
        let plan = Plan::new(schema, dialect, 0);
        assert_eq!(plan.unmakeable(), [""; 0], "{name}");
        for command in &schema.commands {
            assert!(plan.command_cases(&command.name).len() >= 2, "{name}: {}", command.name);
        }
    });
}

#[test]
fn every_case_of_every_shipped_schema_has_the_defect_that_it_aims_at() {
    each_shipped(|name, dialect, schema| {
        for case in Plan::new(schema, dialect, 3).cases() {
            let request = request(schema, &case);
            let command =
                case.command.as_ref().and_then(|command| schema.command(command)).expect("a command");
            let mut found = defects(schema, command.arguments, request.get("arguments"));
            if request.get("arguments").is_none() {
                // Absent arguments miss every mandatory member at once.
                found.truncate(1);
            }
            let rules: Vec<&str> = found.iter().map(|(_, rule)| *rule).collect();
            assert_eq!(rules, Vec::from_iter(case.aim.as_deref()), "{name}: {} {request}", case.name);
        }
    });
}

#[test]
fn the_plan_for_qemu_is_large_enough_to_matter_and_small_enough_to_run() {
    let schema = shipped("qemu-7.2").expect("it is shipped").expect("it loads");
    let len = Plan::new(&schema, Dialect::Qmp, 0).len();
    assert!((5_000..=25_000).contains(&len), "{len}");
}

#[test]
fn random_values_of_every_shipped_type_conform() {
    let mut entropy = vec![0u8; 600];
    let mut state = 1u64;
    each_shipped(|name, _, schema| {
        let (values, smallest) = (Values::new(schema), Smallest::new(schema));
        for ty in (0..schema.types.len() as u32).map(TypeId).filter(|ty| smallest.is_finite(*ty)) {
            for byte in &mut entropy {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (state >> 56) as u8;
            }
            let value =
                values.valid(ty, &mut Unstructured::new(&entropy)).expect("a finite type has a value");
            let json = serde_json::from_slice(&value.encode()).expect("a value is JSON");
            assert_eq!(defects(schema, Some(ty), Some(&json)), [], "{name}: {json}");
        }
    });
}
