//! Single values: the smallest and random ones, of every type, from any entropy, of hostile schemas too.

mod every_feature;
mod judge;

use arbitrary::{Error, Unstructured};
use every_feature::{Writer, object};
use qmprobe_generate::{Smallest, minimal_value, valid_value};
use qmprobe_schema::{Builtin, Schema, TypeId, TypeKind};
use qmprobe_wire::Value;

fn types(schema: &Schema) -> impl Iterator<Item = TypeId> {
    (0..schema.types.len() as u32).map(TypeId)
}

fn conforms(schema: &Schema, ty: TypeId, value: &Value) -> bool {
    let json = serde_json::from_slice(&value.encode()).expect("a value is JSON");
    judge::defects(schema, Some(ty), Some(&json)).is_empty()
}

/// Bytes that look random, in a fixed order.
fn entropy(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn the_smallest_value_of_every_type_conforms() {
    let schema = every_feature::schema();
    let finite = types(&schema).filter_map(|ty| Some((ty, minimal_value(&schema, ty)?)));
    let mut count = 0;
    for (ty, value) in finite {
        assert!(conforms(&schema, ty, &value), "{:?}: {value}", schema.ty(ty).kind);
        count += 1;
    }
    assert_eq!(count, schema.types.len() - 1, "one type has no finite value");
}

#[test]
fn the_smallest_value_has_mandatory_members_and_the_shortest_branch_only() {
    let schema = every_feature::schema();
    let arguments = |name: &str| schema.command(name).and_then(|command| command.arguments).unwrap();
    let smallest = Smallest::new(&schema);
    let text = |name| smallest.value(arguments(name)).unwrap().to_string();
    assert_eq!(text("union-add"), r#"{"name":"x","kind":"empty"}"#);
    assert_eq!(text("tree-grow"), r#"{"name":"x","children":[]}"#);
    assert_eq!(text("all-optional"), "{}");
    assert!(!smallest.is_finite(arguments("impossible")));
}

#[test]
fn random_values_of_every_type_conform_whatever_the_entropy() {
    let schema = every_feature::schema();
    for (len, seed) in
        [0, 1, 3, 17, 100, 4000].into_iter().flat_map(|len| (0..40).map(move |seed| (len, seed)))
    {
        let entropy = entropy(seed, len);
        for ty in types(&schema).filter(|ty| minimal_value(&schema, *ty).is_some()) {
            let value = valid_value(&schema, ty, &mut Unstructured::new(&entropy)).unwrap();
            assert!(conforms(&schema, ty, &value), "{:?}: {value}", schema.ty(ty).kind);
        }
    }
}

#[test]
fn random_values_reach_every_branch_and_leave_and_give_optional_members() {
    let schema = every_feature::schema();
    let ty = schema.command("union-add").and_then(|command| command.arguments).unwrap();
    let values: Vec<Value> = (0..300)
        .map(|seed| valid_value(&schema, ty, &mut Unstructured::new(&entropy(seed, 200))).unwrap())
        .collect();
    for kind in ["plain", "nested", "empty", "unlisted"] {
        let tagged = |value: &&Value| value.get("kind").and_then(Value::as_str) == Some(kind);
        assert!(values.iter().filter(tagged).count() > 20, "{kind}");
    }
    let given = values.iter().filter(|value| value.get("read-only").is_some()).count();
    assert!((100..200).contains(&given), "{given}");
}

#[test]
fn a_type_without_a_finite_value_is_refused() {
    let schema = every_feature::schema();
    let ty = schema.command("impossible").and_then(|command| command.arguments).unwrap();
    let drawn = valid_value(&schema, ty, &mut Unstructured::new(&entropy(1, 100)));
    assert!(matches!(drawn, Err(Error::IncorrectFormat)));
    assert_eq!(minimal_value(&schema, ty), None);
}

#[test]
fn a_draw_that_goes_the_endless_way_comes_back() {
    let mut writer = Writer::default();
    let text = writer.builtin(Builtin::Str);
    let endless = writer.object(&[]);
    writer.redefine(endless, object(&[("again", endless)], None));
    let either = writer.alternate(&[endless, text]);
    for seed in 0..20 {
        let value = valid_value(&writer.schema, either, &mut Unstructured::new(&entropy(seed, 50))).unwrap();
        assert!(value.as_str().is_some(), "{value}");
    }
}

#[test]
fn a_chain_of_structs_deeper_than_any_stack_is_not_finite() {
    let mut writer = Writer::default();
    let mut inner = writer.builtin(Builtin::Bool);
    for _ in 0..50_000 {
        inner = writer.object(&[("inner", inner)]);
    }
    assert_eq!(minimal_value(&writer.schema, inner), None);
    assert!(valid_value(&writer.schema, inner, &mut Unstructured::new(&[])).is_err());
}

#[test]
fn structs_that_double_are_not_finite_either() {
    let mut writer = Writer::default();
    let mut inner = writer.builtin(Builtin::Bool);
    for _ in 0..40 {
        inner = writer.object(&[("one", inner), ("two", inner)]);
    }
    assert_eq!(minimal_value(&writer.schema, inner), None);
    assert!(valid_value(&writer.schema, inner, &mut Unstructured::new(&[])).is_err());
}

#[test]
fn an_enum_and_an_alternate_of_nothing_have_no_value() {
    let mut writer = Writer::default();
    let none = writer.enumeration(&[]);
    let nothing = writer.alternate(&[]);
    let list = writer.ty(TypeKind::Array(none));
    for ty in [none, nothing] {
        assert_eq!(minimal_value(&writer.schema, ty), None);
        assert!(valid_value(&writer.schema, ty, &mut Unstructured::new(&entropy(3, 40))).is_err());
    }
    let drawn = valid_value(&writer.schema, list, &mut Unstructured::new(&entropy(3, 40))).unwrap();
    assert_eq!(drawn, Value::Array(Vec::new()));
}
