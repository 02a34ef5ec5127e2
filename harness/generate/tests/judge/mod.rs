//! A second opinion on whether JSON conforms to a type, on another JSON reader and written for these tests
//! only: what the generator makes is not judged by the generator.

use qmprobe_schema::{Builtin, Object, Schema, TypeId, TypeKind};
use serde_json::{Map, Value};

/// Every defect as (place, slug of the rule that it breaks).
pub fn defects(
    schema: &Schema,
    ty: Option<TypeId>,
    arguments: Option<&Value>,
) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let empty = Value::Object(Map::new());
    let arguments = arguments.unwrap_or(&empty);
    match ty {
        Some(ty) => value(schema, ty, arguments, "", &mut found),
        None => found.extend(keys(arguments).map(|name| (name.clone(), "arguments-unknown"))),
    }
    found
}

type Found = Vec<(String, &'static str)>;

fn keys(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(Map::keys)
}

fn value(schema: &Schema, ty: TypeId, json: &Value, at: &str, found: &mut Found) {
    match (&schema.ty(ty).kind, json) {
        (TypeKind::Alternate(alternate), _) => {
            match alternate.choices.iter().find(|choice| same_json_type(schema, **choice, json)) {
                Some(choice) => value(schema, *choice, json, at, found),
                None => found
                    .push((at.to_owned(), if json.is_null() { "arguments-null" } else { "arguments-type" })),
            }
        }
        (TypeKind::Builtin(builtin), _) => {
            found.extend(builtin_defect(*builtin, json).map(|rule| (at.to_owned(), rule)))
        }
        (TypeKind::Enum(values), Value::String(text)) => {
            if !values.has(text) {
                found.push((at.to_owned(), "arguments-enum"));
            }
        }
        (TypeKind::Array(element), Value::Array(elements)) => {
            for (nth, json) in elements.iter().enumerate() {
                value(schema, *element, json, &format!("{at}[{nth}]"), found);
            }
        }
        (TypeKind::Object(object), Value::Object(members)) => {
            whole_object(schema, object, members, at, found)
        }
        (_, Value::Null) => found.push((at.to_owned(), "arguments-null")),
        _ => found.push((at.to_owned(), "arguments-type")),
    }
}

fn whole_object(schema: &Schema, object: &Object, json: &Map<String, Value>, at: &str, found: &mut Found) {
    let mut declared = Vec::new();
    let mut tag_is_clear = true;
    let mut part = Some(object);
    while let Some(object) = part {
        declared.extend(&object.members);
        part = None;
        let Some(variants) = &object.variants else { continue };
        let tag_type = object.member(&variants.tag).and_then(|tag| schema.enumeration(tag.ty));
        match json.get(&variants.tag).and_then(Value::as_str) {
            Some(tag) if tag_type.is_none_or(|values| values.has(tag)) => {
                part = variants.branch(tag).and_then(|branch| schema.object(branch));
            }
            _ => tag_is_clear = false,
        }
    }
    for member in &declared {
        let place = format!("{at}.{}", member.name);
        match json.get(&member.name) {
            Some(json) => value(schema, member.ty, json, &place, found),
            None if member.optional => {}
            None => found.push((place, "arguments-required")),
        }
    }
    for name in json.keys().filter(|name| !declared.iter().any(|member| member.name == **name)) {
        if tag_is_clear {
            found.push((format!("{at}.{name}"), "arguments-unknown"));
        }
    }
}

fn same_json_type(schema: &Schema, choice: TypeId, json: &Value) -> bool {
    match &schema.ty(choice).kind {
        TypeKind::Enum(_) => json.is_string(),
        TypeKind::Array(_) => json.is_array(),
        TypeKind::Object(_) => json.is_object(),
        TypeKind::Alternate(_) => false,
        TypeKind::Builtin(builtin) => match builtin {
            Builtin::Any => true,
            Builtin::Str => json.is_string(),
            Builtin::Bool => json.is_boolean(),
            Builtin::Null => json.is_null(),
            Builtin::Number => json.is_number(),
            _ => json.is_i64() || json.is_u64(),
        },
    }
}

fn builtin_defect(builtin: Builtin, json: &Value) -> Option<&'static str> {
    let is_integer_type = builtin.range().is_some();
    match (builtin, json) {
        (Builtin::Any, _)
        | (Builtin::Null, Value::Null)
        | (Builtin::Bool, Value::Bool(_))
        | (Builtin::Str, Value::String(_))
        | (Builtin::Number, Value::Number(_)) => None,
        (_, Value::Null) => Some("arguments-null"),
        (Builtin::Null, _) => Some("arguments-type"),
        (_, Value::Number(number)) if is_integer_type => {
            let (min, max) = builtin.range()?;
            match number.as_i128() {
                Some(integer) if (min..=max).contains(&integer) => None,
                Some(_) => Some("arguments-range"),
                // This reader keeps wider integers as doubles, too.
                None if number.as_f64().is_some_and(|double| double.abs() > 9e18) => Some("arguments-range"),
                None => Some("arguments-coercion"),
            }
        }
        (_, Value::String(text)) if is_integer_type || builtin == Builtin::Number => {
            let is_number = text.trim_end_matches('M').parse::<f64>().is_ok();
            Some(if is_number { "arguments-coercion" } else { "arguments-type" })
        }
        (Builtin::Bool, Value::String(text)) if ["on", "true"].contains(&text.as_str()) => {
            Some("arguments-coercion")
        }
        (Builtin::Bool, Value::Number(_)) => Some("arguments-coercion"),
        (Builtin::Str, Value::Number(_) | Value::Bool(_)) => Some("arguments-coercion"),
        _ => Some("arguments-type"),
    }
}
