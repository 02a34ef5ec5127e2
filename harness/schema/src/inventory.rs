//! What a schema declares as JSON for programs: commands, events, and types by kind, each with its members.
//!
//! A list is an array of one element, its type. The members of a base are among those of the object.

use crate::model::{Features, Member, Object, Schema, TypeDef, TypeId, TypeKind, Variants};
use crate::own::{NAMELESS, Names};
use serde_json::{Map, Value, json};

/// What QEMU's generator adds to every schema.
const ADDED: &str = "QType";

/// The inventory: one JSON object, with a newline at its end.
pub fn inventory(schema: &Schema) -> String {
    let page = Page { schema, names: Names::of(schema) };
    let commands = schema.commands.iter().map(|command| {
        let mut entry = page.data("args", command.arguments);
        put(&mut entry, "returns", command.returns.map(|ty| page.reference(ty)));
        put(&mut entry, "success_response", command.success_response);
        put(&mut entry, "oob", command.allow_oob);
        put(&mut entry, "preconfig", command.allow_preconfig);
        put(&mut entry, "gen", command.marshalled);
        put_features(&mut entry, &command.features);
        page.put_since(&mut entry, &command.name);
        (command.name.clone(), Value::Object(entry))
    });
    let events = schema.events.iter().map(|event| {
        let mut entry = page.data("data", event.data);
        put_features(&mut entry, &event.features);
        page.put_since(&mut entry, &event.name);
        (event.name.clone(), Value::Object(entry))
    });
    let outline = &schema.outline;
    let whole = json!({
        "commands": commands.collect::<Map<_, _>>(),
        "events": events.collect::<Map<_, _>>(),
        "structs": page.types(|kind| matches!(kind, TypeKind::Object(Object { variants: None, .. }))),
        "enums": page.types(|kind| matches!(kind, TypeKind::Enum(_))),
        "unions": page.types(|kind| matches!(kind, TypeKind::Object(Object { variants: Some(_), .. }))),
        "alternates": page.types(|kind| matches!(kind, TypeKind::Alternate(_))),
        "includes": outline.includes,
        "pragmas": outline.pragmas,
        "undefined": outline.undefined,
        "partial": schema.partial,
    });
    format!("{whole:#}\n")
}

struct Page<'s> {
    schema: &'s Schema,
    names: Names<'s>,
}

impl Page<'_> {
    /// The types of one kind by name. What has no name of its own is part of what it stands in; introspection gives
    /// no names, and there everything goes by its place.
    fn types(&self, is_wanted: fn(&TypeKind) -> bool) -> Map<String, Value> {
        let named = self.schema.types.iter().any(|def| def.name.is_some() && !is_builtin(def));
        let mut types = Map::new();
        for (name, id) in self.names.all() {
            let def = self.schema.ty(id);
            let in_place = name.starts_with(NAMELESS) && named;
            if is_wanted(&def.kind) && !in_place && name != ADDED {
                types.insert(name.to_owned(), Value::Object(self.definition(def)));
            }
        }
        types
    }

    fn definition(&self, def: &TypeDef) -> Map<String, Value> {
        let mut entry = Map::new();
        match &def.kind {
            TypeKind::Enum(values) => {
                let names: Vec<&str> = values.values.iter().map(|value| &*value.name).collect();
                put(&mut entry, "values", names);
            }
            TypeKind::Object(object) => self.object(&mut entry, "members", object),
            TypeKind::Alternate(alternate) => {
                let choices: Vec<Value> = alternate.choices.iter().map(|ty| self.reference(*ty)).collect();
                put(&mut entry, "choices", choices);
            }
            TypeKind::Builtin(_) | TypeKind::Array(_) => {}
        }
        put_features(&mut entry, &def.features);
        def.name.iter().for_each(|name| self.put_since(&mut entry, name));
        entry
    }

    fn put_since(&self, entry: &mut Map<String, Value>, name: &str) {
        if let Some(version) = self.schema.outline.since.get(name) {
            put(entry, "since", version.as_str());
        }
    }

    /// The members of arguments or data, under `key`; of a union also what chooses the branch, and the branches.
    fn data(&self, key: &str, ty: Option<TypeId>) -> Map<String, Value> {
        let mut entry = Map::new();
        match ty.and_then(|ty| self.schema.object(ty)) {
            Some(object) => self.object(&mut entry, key, object),
            None => put(&mut entry, key, Map::new()),
        }
        entry
    }

    fn object(&self, entry: &mut Map<String, Value>, key: &str, object: &Object) {
        let member = |member: &Member| {
            let mut one = Map::new();
            put(&mut one, "type", self.reference(member.ty));
            put(&mut one, "optional", member.optional);
            put_features(&mut one, &member.features);
            (member.name.clone(), Value::Object(one))
        };
        put(entry, key, object.members.iter().map(member).collect::<Map<_, _>>());
        if let Some(Variants { tag, branches }) = &object.variants {
            let branch = |value: &str, ty| (value.to_owned(), self.reference(ty));
            put(entry, "tag", tag.as_str());
            let branches = branches.iter().map(|one| branch(&one.value, one.ty));
            put(entry, "branches", branches.collect::<Map<_, _>>());
        }
    }

    /// A type where it is used: by name, or what it is made of where it was written in place.
    fn reference(&self, ty: TypeId) -> Value {
        let spelt = |ty| match (&self.schema.ty(ty).kind, &self.schema.ty(ty).name) {
            // Source has several names for some builtins.
            (TypeKind::Builtin(_), Some(name)) => json!(name),
            _ => json!(self.names.name(ty)),
        };
        match &self.schema.ty(ty).kind {
            TypeKind::Array(element) => json!([spelt(*element)]),
            _ => spelt(ty),
        }
    }
}

fn is_builtin(def: &TypeDef) -> bool {
    matches!(def.kind, TypeKind::Builtin(_))
}

fn put(entry: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    entry.insert(key.to_owned(), value.into());
}

fn put_features(entry: &mut Map<String, Value>, features: &Features) {
    if !features.0.is_empty() {
        put(entry, "features", features.0.clone());
    }
}
