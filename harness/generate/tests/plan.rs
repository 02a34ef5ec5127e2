//! The plan's promises: valid cases conform, a violation breaks one rule in one place, all is reproducible.

mod every_feature;
mod judge;

use every_feature::Writer;
use judge::defects;
use qmprobe_generate::plan::{Plan, VALID_MAX, VIOLATIONS_MAX};
use qmprobe_generate::violation;
use qmprobe_schema::{Builtin, Schema, TypeKind};
use qmprobe_wire::{Case, Dialect, Start, Step};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};

fn plan(schema: &Schema) -> Plan<'_> {
    Plan::new(schema, Dialect::Qmp, 7)
}

fn text(case: &Case) -> &str {
    let [Step::Send(bytes)] = case.steps.as_slice() else { panic!("{case:?} is not one request") };
    std::str::from_utf8(bytes).expect("a request is ASCII")
}

fn request(case: &Case) -> Value {
    serde_json::from_str(text(case)).expect("a request is JSON")
}

fn arguments(case: &Case) -> Value {
    request(case).get("arguments").cloned().unwrap_or(Value::Null)
}

/// The arguments of the valid cases of one command.
fn valid(schema: &Schema, command: &str) -> Vec<Value> {
    plan(schema).command_cases(command).iter().filter(|case| case.aim.is_none()).map(arguments).collect()
}

fn judged(schema: &Schema, case: &Case) -> Vec<(String, &'static str)> {
    let request = request(case);
    let command = request["execute"].as_str().and_then(|name| schema.command(name)).expect("a known command");
    defects(schema, command.arguments, request.get("arguments"))
}

#[test]
fn every_valid_case_conforms() {
    let schema = every_feature::schema();
    for case in plan(&schema).cases().filter(|case| case.aim.is_none()) {
        assert_eq!(judged(&schema, &case), [], "{}: {}", case.name, text(&case));
    }
}

#[test]
fn every_violation_breaks_the_rule_that_it_aims_at_in_one_place() {
    let schema = every_feature::schema();
    for case in plan(&schema).cases().filter(|case| case.aim.is_some()) {
        let mut found = judged(&schema, &case);
        if request(&case).get("arguments").is_none() {
            // Absent arguments miss every mandatory member at once.
            found.truncate(1);
        }
        let [(_, rule)] = found.as_slice() else { panic!("{}: {found:?} {}", case.name, text(&case)) };
        assert_eq!(Some(*rule), case.aim.as_deref(), "{}: {}", case.name, text(&case));
    }
}

#[test]
fn every_rule_of_the_list_is_aimed_at() {
    let schema = every_feature::schema();
    let aims: BTreeSet<String> = plan(&schema).cases().filter_map(|case| case.aim).collect();
    let rules: BTreeSet<String> = violation::ALL.iter().map(|violation| violation.rule.to_owned()).collect();
    assert_eq!(aims, rules);
    for violation in violation::ALL {
        let named = |case: &Case| case.name.contains(violation.title);
        assert!(plan(&schema).cases().any(|case| named(&case)), "{}", violation.title);
    }
}

#[test]
fn a_case_is_a_function_of_schema_seed_and_index() {
    let schema = every_feature::schema();
    let (one, two) = (plan(&schema), plan(&schema));
    let all: Vec<Case> = one.cases().collect();
    assert_eq!(all.len() as u64, one.len());
    assert!(all.iter().eq(two.cases().collect::<Vec<_>>().iter()));
    for (case, index) in all.iter().zip(0..) {
        assert_eq!((case.id.seed, case.id.index), (7, index));
        assert_eq!(two.case(index).as_ref(), Some(case));
        assert_eq!(case.start, Start::Command);
    }
    assert_eq!(one.case(one.len()), None);
    let by_command: Vec<Case> =
        schema.commands.iter().flat_map(|command| one.command_cases(&command.name)).collect();
    assert_eq!(by_command, all);
}

#[test]
fn another_seed_makes_other_bytes_of_the_same_cases() {
    let schema = every_feature::schema();
    let one: Vec<Case> = plan(&schema).cases().collect();
    let two: Vec<Case> = Plan::new(&schema, Dialect::Qmp, 8).cases().collect();
    assert!(one.iter().map(|case| &case.name).eq(two.iter().map(|case| &case.name)));
    assert!(one.iter().zip(&two).any(|(one, two)| text(one) != text(two)));
}

#[test]
fn commands_come_by_name_and_valid_cases_come_first() {
    let schema = every_feature::schema();
    let order: Vec<(String, bool)> =
        plan(&schema).cases().map(|case| (case.command.unwrap(), case.aim.is_some())).collect();
    assert!(order.is_sorted());
}

#[test]
fn no_request_is_made_twice() {
    let schema = every_feature::schema();
    let mut seen = HashSet::new();
    for case in plan(&schema).cases() {
        let mut request = text(&case).to_owned();
        if let Some(at) = request.rfind(",\"id\":").filter(|_| self::request(&case).get("id").is_some()) {
            request.truncate(at);
        }
        for word in ["q0", "disk0", "net1", "node-a", "m1", "dev_b", "z9"] {
            request = request.replace(&format!("\"{word}\""), "\"x\"");
        }
        assert!(seen.insert(request), "{}: {}", case.name, text(&case));
    }
}

#[test]
fn a_command_without_arguments_has_three_cases() {
    let schema = every_feature::schema();
    let cases = plan(&schema).command_cases("no-arguments");
    let sent: Vec<Option<Value>> = cases.iter().map(|case| request(case).get("arguments").cloned()).collect();
    assert_eq!(sent, [None, Some(json!({})), Some(json!({"no-such-member": 1}))]);
    let aims: Vec<Option<&str>> = cases.iter().map(|case| case.aim.as_deref()).collect();
    assert_eq!(aims, [None, None, Some("arguments-unknown")]);
}

#[test]
fn a_command_of_optional_arguments_is_sent_with_none_with_empty_and_with_each() {
    let schema = every_feature::schema();
    let sent = valid(&schema, "all-optional");
    assert_eq!(sent[0], json!({}));
    assert!(sent.contains(&Value::Null), "no arguments at all");
    assert!(sent.contains(&json!({"flag": false})));
    assert!(sent.iter().any(|arguments| arguments.get("flag").is_some() && arguments.get("word").is_some()));
    assert!(sent.iter().all(|arguments| arguments.get("maybe").is_none()), "it has no finite value");
}

#[test]
fn arguments_that_the_schema_does_not_bind_are_never_violated() {
    let schema = every_feature::schema();
    let cases = plan(&schema).command_cases("unchecked");
    assert!(cases.len() > 5);
    assert!(cases.iter().all(|case| case.aim.is_none()));
}

#[test]
fn negotiation_is_left_to_the_session_cases_and_only_on_qmp() {
    let mut writer = Writer::default();
    writer.command("qmp_capabilities", None);
    let violations =
        |dialect| Plan::new(&writer.schema, dialect, 0).cases().filter(|case| case.aim.is_some()).count();
    assert_eq!((violations(Dialect::Qmp), violations(Dialect::Qga)), (0, 1));
}

#[test]
fn a_command_without_finite_arguments_is_reported_and_has_no_case() {
    let schema = every_feature::schema();
    assert_eq!(plan(&schema).unmakeable(), ["impossible"]);
    assert_eq!(plan(&schema).command_cases("impossible"), []);
}

#[test]
fn every_branch_every_choice_and_every_enum_value_is_sent() {
    let schema = every_feature::schema();
    let unions = valid(&schema, "union-add");
    for kind in ["plain", "nested", "empty", "unlisted"] {
        assert!(unions.iter().any(|sent| sent["kind"] == kind), "{kind}");
    }
    for depth in ["deep", "flat"] {
        assert!(unions.iter().any(|sent| sent["kind"] == "nested" && sent["depth"] == depth), "{depth}");
    }
    for colour in ["red", "green", "blue"] {
        assert!(unions.iter().any(|sent| sent["colour"] == colour), "{colour}");
    }
    let containers = valid(&schema, "containers");
    let is: [fn(&Value) -> bool; 3] = [Value::is_string, Value::is_object, Value::is_null];
    for is in is {
        assert!(containers.iter().any(|sent| is(&sent["reference"])));
    }
    for elements in [0, 1, 3] {
        let counts =
            |sent: &Value| sent["colours"].as_array().is_some_and(|colours| colours.len() == elements);
        assert!(containers.iter().any(counts), "{elements} elements");
    }
    assert!(containers.iter().any(|sent| sent["actions"][0]["kind"] == "nested"), "a branch within a list");
}

#[test]
fn optional_members_are_sent_alone_together_and_all_but_each() {
    let schema = every_feature::schema();
    let sent = valid(&schema, "scalars-optional");
    let count = every_feature::BUILTINS.len();
    let of_size =
        |size| sent.iter().filter(|arguments| arguments.as_object().is_some_and(|o| o.len() == size)).count();
    assert_eq!((of_size(count), of_size(count - 1)), (1, count));
    assert!(of_size(1) >= count);
}

#[test]
fn integers_are_sent_at_both_ends_of_their_range_and_one_beyond() {
    let schema = every_feature::schema();
    let sent: Vec<(Option<String>, Value)> = plan(&schema)
        .command_cases("scalars-mandatory")
        .into_iter()
        .map(|case| (case.aim.clone(), arguments(&case)))
        .collect();
    let sends = |name: &str, integer: i128, valid: bool| {
        let hit = |(aim, arguments): &(Option<String>, Value)| {
            aim.is_none() == valid
                && arguments[name].as_number().and_then(serde_json::Number::as_i128) == Some(integer)
        };
        sent.iter().any(hit)
    };
    for (builtin, at) in every_feature::BUILTINS.iter().zip(0..) {
        let Some((min, max)) = builtin.range() else { continue };
        let name = format!("{}-{at}", builtin.name());
        for integer in [min, 0, 1, max] {
            assert!(sends(&name, integer, true), "{name} = {integer}");
        }
        let wraps = matches!(builtin, Builtin::Uint64 | Builtin::Size);
        if wraps {
            assert!(
                !sends(&name, -1, true) && !sends(&name, -1, false),
                "{name}: taken, but not by the schema"
            );
        } else if min > i128::from(i64::MIN) {
            assert!(sends(&name, min - 1, false) && sends(&name, max + 1, false), "{name}");
        }
    }
}

#[test]
fn integers_wider_than_every_type_are_sent_as_integers() {
    let schema = every_feature::schema();
    let cases = plan(&schema).command_cases("scalars-mandatory");
    for token in [":18446744073709551616", ":-9223372036854775809", ":1.0", ":1e3"] {
        assert!(cases.iter().any(|case| text(case).contains(token)), "{token}");
    }
    assert!(cases.iter().all(|case| !text(case).contains("-7046029254386353131")), "a stand-in was sent");
}

#[test]
fn no_string_can_be_a_path_an_option_or_a_protocol() {
    let schema = every_feature::schema();
    for case in plan(&schema).cases() {
        let mut open = vec![arguments(&case)];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => {
                    assert!(
                        !text.contains(['/', ':', '|']) && !text.contains("..") && !text.starts_with('-'),
                        "{text}"
                    );
                }
                Value::Array(elements) => open.extend(elements),
                Value::Object(members) => open.extend(members.into_iter().map(|(_, member)| member)),
                _ => {}
            }
        }
    }
}

#[test]
fn ids_are_mostly_the_index_sometimes_a_string_and_sometimes_absent() {
    let schema = every_feature::schema();
    let (mut integers, mut strings, mut absent) = (0, 0, 0);
    for case in plan(&schema).cases() {
        match request(&case).get("id") {
            None => absent += 1,
            Some(Value::String(text)) if text.len() < 8 => strings += 1,
            Some(id) => {
                assert_eq!(id.as_u64(), Some(case.id.index));
                integers += 1;
            }
        }
    }
    let all = integers + strings + absent;
    assert!(all / 32 < strings && strings < all / 8, "{strings} of {all}");
    assert!(all / 32 < absent && absent < all / 8, "{absent} of {all}");
}

#[test]
fn a_name_says_what_is_where_and_why() {
    let schema = every_feature::schema();
    let names: Vec<String> = plan(&schema).cases().map(|case| case.name).collect();
    for name in [
        "union-add: kind = \"PLAIN\" (no value of the enumeration)",
        "union-add: depth = deep with kind = nested",
        "union-add: no level with kind = nested, depth = deep (a mandatory member is missing)",
        "containers: actions[0].name = null (null where the type has none)",
        "scalars-mandatory: str-0 = \"aaaaaaaaaaaaaaaaaaaaaaa…aaaaaaaaaaa\" (4098 bytes)",
    ] {
        assert!(names.iter().any(|known| known == name), "{name} is not among\n{}", names.join("\n"));
    }
}

#[test]
fn a_union_of_a_thousand_branches_keeps_to_the_budget_and_another_seed_reaches_others() {
    let mut writer = Writer::default();
    let text = writer.builtin(Builtin::Str);
    let values: Vec<String> = (0..1000).map(|nth| format!("v{nth}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let kind = writer.enumeration(&values);
    let branches: Vec<_> =
        values.iter().map(|value| (*value, writer.object(&[("file", text), ("*x", text)]))).collect();
    let union = writer.union(&[("kind", kind)], "kind", &branches);
    writer.command("wide", Some(union));
    let sent = |seed| -> BTreeSet<String> {
        let plan = Plan::new(&writer.schema, Dialect::Qmp, seed);
        let cases: Vec<Case> = plan.cases().collect();
        let violations = cases.iter().filter(|case| case.aim.is_some()).count();
        assert!(violations <= VIOLATIONS_MAX && cases.len() - violations <= VALID_MAX);
        cases.iter().map(|case| case.name.clone()).collect()
    };
    assert_eq!(sent(1), sent(1));
    assert_ne!(sent(1), sent(2));
}

#[test]
fn a_tag_of_type_str_takes_the_values_of_the_branches() {
    let mut writer = Writer::default();
    let text = writer.builtin(Builtin::Str);
    let file = writer.object(&[("file", text)]);
    let union = writer.union(&[("driver", text)], "driver", &[("raw", file), ("qcow", file)]);
    writer.command("old-add", Some(union));
    let drivers: BTreeSet<String> =
        valid(&writer.schema, "old-add").iter().map(|sent| sent["driver"].to_string()).collect();
    assert_eq!(drivers, BTreeSet::from(["\"qcow\"".to_owned(), "\"raw\"".to_owned()]));
}

#[test]
fn a_recursive_type_is_met_inside_itself() {
    let schema = every_feature::schema();
    let sent = valid(&schema, "tree-grow");
    assert!(sent.iter().any(|tree| tree["left"]["left"].is_object()));
    assert!(sent.iter().any(|tree| tree["children"][0]["name"].is_string()));
}

#[test]
fn a_union_that_is_its_own_branch_ends() {
    let mut writer = Writer::default();
    let kind = writer.enumeration(&["self", "end"]);
    let union = writer.ty(TypeKind::Array(kind));
    writer.redefine(union, every_feature::object(&[("kind", kind)], Some(("kind", &[("self", union)]))));
    writer.command("loop", Some(union));
    let sent = valid(&writer.schema, "loop");
    assert_eq!(sent[0], json!({"kind": "end"}));
}
