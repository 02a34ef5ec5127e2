//! Small well-formed schemas of any shape.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use qmprobe_schema::{
    Alternate, Branch, Builtin, Command, Condition, EnumType, EnumValue, Event, Features, Member, Object,
    Schema, TypeDef, TypeId, TypeKind, Variants,
};
use std::collections::HashSet;

/// The builtins come first, so that everything has something to refer to.
const BUILTINS: [Builtin; 5] = [Builtin::Str, Builtin::Integer, Builtin::Uint8, Builtin::Bool, Builtin::Any];

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-d]", "[a-z][a-z0-9.=_-]{0,6}", "[\"\\\\\u{e9}'|~ ]{1,3}"]
}

fn features() -> impl Strategy<Value = Features> {
    prop_oneof![
        3 => Just(Features::default()),
        1 => btree_set("deprecated|unstable|[a-z]{1,3}", 1..3).prop_map(|names| Features(names.into_iter().collect())),
    ]
}

fn conditions() -> impl Strategy<Value = Option<Condition>> {
    let symbol = "[A-Z_]{1,4}".prop_map(Condition::Symbol);
    let any = symbol.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Condition::All),
            vec(inner.clone(), 0..3).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    });
    option::weighted(0.2, any)
}

/// A type still without its references: `u32` stand for them, whatever they are.
fn members() -> impl Strategy<Value = Vec<Member>> {
    let facts = (any::<u32>(), any::<bool>(), features(), conditions());
    btree_map("[a-d]|[a-z][a-z0-9.=_-]{0,6}", facts, 0..4).prop_map(|members| {
        let member = |(name, (ty, optional, features, condition))| Member {
            name,
            ty: TypeId(ty),
            optional,
            features,
            condition,
        };
        members.into_iter().map(member).collect()
    })
}

fn kinds() -> impl Strategy<Value = TypeKind> {
    let value = (features(), conditions());
    let values = btree_map(names(), value, 0..4).prop_map(|values| {
        let value = |(name, (features, condition))| EnumValue { name, features, condition };
        TypeKind::Enum(EnumType { values: values.into_iter().map(value).collect() })
    });
    let branches = btree_map(names(), (any::<u32>(), conditions()), 0..3);
    let object =
        (members(), option::of((any::<prop::sample::Index>(), branches))).prop_map(|(members, variants)| {
            let variants = variants.filter(|_| !members.is_empty()).map(|(tag, branches)| Variants {
                tag: members[tag.index(members.len())].name.clone(),
                branches: branches
                    .into_iter()
                    .map(|(value, (ty, condition))| Branch { value, ty: TypeId(ty), condition })
                    .collect(),
            });
            TypeKind::Object(Object { members, variants })
        });
    let alternate = vec(any::<u32>().prop_map(TypeId), 1..3)
        .prop_map(|choices| TypeKind::Alternate(Alternate { choices }));
    // A list of a builtin: lists of lists have tests of their own.
    let list = (0..BUILTINS.len() as u32).prop_map(|element| TypeKind::Array(TypeId(element)));
    prop_oneof![2 => values, 4 => object, 1 => alternate, 1 => list]
}

fn definitions() -> impl Strategy<Value = Vec<TypeDef>> {
    vec((option::of("[A-Z][a-z]{0,5}"), kinds(), features(), conditions()), 1..8).prop_map(|definitions| {
        let mut taken = HashSet::new();
        let definition =
            |(name, kind, features, condition): (Option<String>, TypeKind, Features, Option<Condition>)| {
                let is_list = matches!(kind, TypeKind::Array(_));
                let name = name.filter(|name| !is_list && taken.insert(name.clone()));
                let (features, condition) = if is_list { Default::default() } else { (features, condition) };
                TypeDef { name, kind, features, condition }
            };
        definitions.into_iter().map(definition).collect()
    })
}

/// Schemas in which everything refers to something.
pub fn schemas() -> impl Strategy<Value = Schema> {
    let facts =
        (option::of(any::<u32>()), option::of(any::<u32>()), any::<[bool; 3]>(), option::of(any::<bool>()));
    let commands = btree_map(names(), (facts, features(), conditions()), 0..4);
    let events = btree_map(names(), (option::of(any::<u32>()), features(), conditions()), 0..3);
    (definitions(), commands, events, any::<bool>()).prop_map(|(definitions, commands, events, partial)| {
        let builtin = |builtin: Builtin| TypeDef {
            name: None,
            kind: TypeKind::Builtin(builtin),
            features: Features::default(),
            condition: None,
        };
        let types: Vec<TypeDef> = BUILTINS.into_iter().map(builtin).chain(definitions).collect();
        let all: Vec<TypeId> = (0..types.len() as u32).map(TypeId).collect();
        let objects: Vec<TypeId> = all
            .iter()
            .copied()
            .filter(|id| matches!(types[id.0 as usize].kind, TypeKind::Object(_)))
            .collect();
        let of = |from: &[TypeId], any: u32| from.get(any as usize % from.len().max(1)).copied();
        let mut schema = Schema { types, partial, ..Schema::default() };
        for def in &mut schema.types {
            resolve(def, &|any| of(&all, any), &|any| of(&objects, any));
        }
        let kinds: Vec<&'static str> = schema.types.iter().map(|def| json_type(&def.kind)).collect();
        for def in &mut schema.types {
            if let TypeKind::Alternate(alternate) = &mut def.kind {
                let mut seen = HashSet::new();
                alternate.choices.retain(|choice| seen.insert(kinds[choice.0 as usize]));
            }
        }
        for (name, ((arguments, returns, flags, allow_preconfig), features, condition)) in commands {
            schema.commands.push(Command {
                name,
                arguments: arguments.and_then(|any| of(&objects, any)),
                returns: returns.and_then(|any| of(&all, any)),
                allow_oob: flags[0],
                allow_preconfig,
                success_response: flags[1],
                marshalled: flags[2],
                features,
                condition,
            });
        }
        for (name, (data, features, condition)) in events {
            schema.events.push(Event {
                name,
                data: data.and_then(|any| of(&objects, any)),
                features,
                condition,
            });
        }
        schema
    })
}

/// By which an alternate tells its choices apart.
fn json_type(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Builtin(Builtin::Str) | TypeKind::Enum(_) => "string",
        TypeKind::Builtin(Builtin::Bool) => "boolean",
        TypeKind::Builtin(Builtin::Any) | TypeKind::Alternate(_) => "value",
        TypeKind::Builtin(_) => "number",
        TypeKind::Array(_) => "array",
        TypeKind::Object(_) => "object",
    }
}

fn resolve(def: &mut TypeDef, any: &dyn Fn(u32) -> Option<TypeId>, object: &dyn Fn(u32) -> Option<TypeId>) {
    match &mut def.kind {
        TypeKind::Object(it) => {
            for member in &mut it.members {
                member.ty = any(member.ty.0).expect("there are types");
            }
            if let Some(variants) = &mut it.variants {
                for branch in &mut variants.branches {
                    branch.ty = object(branch.ty.0).expect("this is an object");
                }
            }
        }
        TypeKind::Alternate(it) => {
            for choice in &mut it.choices {
                *choice = any(choice.0).expect("there are types");
            }
        }
        TypeKind::Builtin(_) | TypeKind::Enum(_) | TypeKind::Array(_) => {}
    }
}

/// The same schema with its types in another order.
pub fn rotated(schema: &Schema, by: u32) -> Schema {
    let count = schema.types.len() as u32;
    let by = by % count;
    let moved = |id: TypeId| TypeId((id.0 + by) % count);
    let mut out = schema.clone();
    out.types.rotate_right(by as usize);
    for def in &mut out.types {
        match &mut def.kind {
            TypeKind::Array(element) => *element = moved(*element),
            TypeKind::Object(object) => {
                object.members.iter_mut().for_each(|member| member.ty = moved(member.ty));
                let branches = object.variants.iter_mut().flat_map(|variants| &mut variants.branches);
                branches.for_each(|branch| branch.ty = moved(branch.ty));
            }
            TypeKind::Alternate(alternate) => {
                alternate.choices.iter_mut().for_each(|choice| *choice = moved(*choice))
            }
            TypeKind::Builtin(_) | TypeKind::Enum(_) => {}
        }
    }
    for command in &mut out.commands {
        command.arguments = command.arguments.map(moved);
        command.returns = command.returns.map(moved);
    }
    for event in &mut out.events {
        event.data = event.data.map(moved);
    }
    out
}
