//! A schema as `query-qmp-schema` tells it, with masked type names.
//! Source: QEMU `qapi/introspect.json`, `scripts/qapi/introspect.py`.

use crate::visit::visit;
use qmprobe_schema::{Builtin, EnumType, Features, Member, Object, Schema, TypeDef, TypeId, TypeKind};
use qmprobe_wire::Value;
use std::collections::HashSet;

/// What `query-qmp-schema` returns. Members that the schema's own `SchemaInfo` does not declare are left out.
pub(crate) fn of(schema: &Schema) -> Value {
    let mut told = entities(schema);
    if let Some(ty) = schema.command("query-qmp-schema").and_then(|command| command.returns) {
        visit(schema, ty, &mut told, 0, &mut |part| {
            if let (TypeKind::Object(_), Value::Object(present)) = (part.kind, part.value) {
                present.retain(|(name, _)| part.members.iter().any(|member| member.name == *name));
            }
            false
        });
    }
    told
}

fn entities(schema: &Schema) -> Value {
    let mut told = Vec::with_capacity(schema.types.len() + schema.commands.len() + schema.events.len() + 1);
    for command in &schema.commands {
        let mut members = vec![
            ("arg-type", reference(schema, command.arguments)),
            ("ret-type", reference(schema, command.returns)),
        ];
        if command.allow_oob {
            members.push(("allow-oob", Value::Bool(true)));
        }
        told.push(entity(&command.name, "command", members, &command.features));
    }
    for event in &schema.events {
        let members = vec![("arg-type", reference(schema, event.data))];
        told.push(entity(&event.name, "event", members, &event.features));
    }
    if empty_object(schema).is_none() {
        let members = vec![("members", Value::Array(Vec::new()))];
        told.push(entity(&reference_text(schema, None), "object", members, &Features::default()));
    }
    let mut named = HashSet::new();
    for (def, index) in schema.types.iter().zip(0..) {
        let name = name_of(schema, TypeId(index));
        // Integers of all widths are one type here, and so are all lists of one type.
        if !named.contains(&name) {
            told.push(type_entity(schema, &name, def));
            named.insert(name);
        }
    }
    Value::Array(told)
}

fn entity(name: &str, meta: &str, members: Vec<(&str, Value)>, features: &Features) -> Value {
    let mut all =
        vec![("name".to_owned(), Value::string(name)), ("meta-type".to_owned(), Value::string(meta))];
    all.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    push_features(&mut all, features);
    Value::Object(all)
}

fn push_features(members: &mut Vec<(String, Value)>, features: &Features) {
    if !features.0.is_empty() {
        let names = features.0.iter().map(|name| Value::string(name.as_str())).collect();
        members.push(("features".to_owned(), Value::Array(names)));
    }
}

fn reference(schema: &Schema, ty: Option<TypeId>) -> Value {
    Value::string(reference_text(schema, ty))
}

/// The name of a type; that of the empty object, which QEMU refers to where there is no data, for none.
fn reference_text(schema: &Schema, ty: Option<TypeId>) -> String {
    match ty.or_else(|| empty_object(schema)) {
        Some(ty) => name_of(schema, ty),
        None => schema.types.len().to_string(),
    }
}

fn empty_object(schema: &Schema) -> Option<TypeId> {
    let mut objects = (0..).map(TypeId).take(schema.types.len());
    objects.find(|ty| {
        schema.object(*ty).is_some_and(|object| object.members.is_empty() && object.variants.is_none())
    })
}

fn name_of(schema: &Schema, ty: TypeId) -> String {
    match &schema.ty(ty).kind {
        TypeKind::Builtin(builtin) => told_as(*builtin).0.to_owned(),
        TypeKind::Array(element) => match &schema.ty(*element).kind {
            TypeKind::Builtin(builtin) => format!("[{}]", told_as(*builtin).0),
            _ => format!("[{}]", element.0),
        },
        TypeKind::Enum(_) | TypeKind::Object(_) | TypeKind::Alternate(_) => ty.0.to_string(),
    }
}

/// Name and JSON type of a builtin.
fn told_as(builtin: Builtin) -> (&'static str, &'static str) {
    match builtin {
        Builtin::Str => ("str", "string"),
        Builtin::Number => ("number", "number"),
        Builtin::Bool => ("bool", "boolean"),
        Builtin::Null => ("null", "null"),
        Builtin::Any => ("any", "value"),
        _ => ("int", "int"),
    }
}

fn type_entity(schema: &Schema, name: &str, def: &TypeDef) -> Value {
    let (meta, members) = match &def.kind {
        TypeKind::Builtin(builtin) => ("builtin", vec![("json-type", Value::string(told_as(*builtin).1))]),
        TypeKind::Array(element) => {
            ("array", vec![("element-type", Value::string(name_of(schema, *element)))])
        }
        TypeKind::Enum(values) => ("enum", enumeration(values)),
        TypeKind::Object(object) => ("object", object_members(schema, object)),
        TypeKind::Alternate(alternate) => {
            let choice = |ty: &TypeId| named(vec![("type", Value::string(name_of(schema, *ty)))]);
            ("alternate", vec![("members", Value::Array(alternate.choices.iter().map(choice).collect()))])
        }
    };
    entity(name, meta, members, &def.features)
}

fn enumeration(values: &EnumType) -> Vec<(&'static str, Value)> {
    let members = values.values.iter().map(|value| {
        let mut member = vec![("name".to_owned(), Value::string(value.name.as_str()))];
        push_features(&mut member, &value.features);
        Value::Object(member)
    });
    let names = values.values.iter().map(|value| Value::string(value.name.as_str()));
    vec![("members", Value::Array(members.collect())), ("values", Value::Array(names.collect()))]
}

fn object_members(schema: &Schema, object: &Object) -> Vec<(&'static str, Value)> {
    let member = |member: &Member| {
        let mut told = vec![
            ("name".to_owned(), Value::string(member.name.as_str())),
            ("type".to_owned(), Value::string(name_of(schema, member.ty))),
        ];
        if member.optional {
            told.push(("default".to_owned(), Value::Null));
        }
        push_features(&mut told, &member.features);
        Value::Object(told)
    };
    let mut told = vec![("members", Value::Array(object.members.iter().map(member).collect()))];
    if let Some(variants) = &object.variants {
        let branch = |value: &str, ty: Option<TypeId>| {
            named(vec![("case", Value::string(value)), ("type", reference(schema, ty))])
        };
        let branches = variants.branches.iter().map(|one| branch(&one.value, Some(one.ty)));
        told.push(("tag", Value::string(variants.tag.as_str())));
        told.push(("variants", Value::Array(branches.collect())));
    }
    told
}

fn named(members: Vec<(&str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
