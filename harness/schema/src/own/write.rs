//! Writes our own format.

use super::{BUILTINS, FORMAT, NAMELESS, Provenance};
use crate::model::{
    Branch, Command, Condition, EnumValue, Event, Features, LIST_DEPTH_MAX, Member, Schema, TypeDef, TypeId,
    TypeKind,
};
use crate::outline::Outline;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Bytes of a place that a type is named after.
const PLACE_MAX: usize = 400;

/// The schema as text. Equal schemas give equal texts, whatever the order of their types. A type that
/// nothing uses and that has no name is left out.
pub fn to_own(schema: &Schema, provenance: &Provenance) -> String {
    let names = Names::of(schema);
    let mut out = format!("{{\"format\":{FORMAT},\n");
    if *provenance != Provenance::default() {
        out.push_str(&format!("\"provenance\":{},\n", json!(provenance)));
    }
    if schema.partial {
        out.push_str("\"partial\":true,\n");
    }
    if schema.outline != Outline::default() {
        out.push_str(&format!("\"outline\":{},\n", json!(schema.outline)));
    }
    let commands = schema.commands.iter().map(|one| (one.name.clone(), names.command(one))).collect();
    let events = schema.events.iter().map(|one| (one.name.clone(), names.event(one))).collect();
    section(&mut out, "commands", &commands, ",\n");
    section(&mut out, "events", &events, ",\n");
    section(&mut out, "types", &names.types(), "\n}\n");
    out
}

fn section(out: &mut String, title: &str, entries: &BTreeMap<String, Value>, end: &str) {
    out.push_str(&format!("\"{title}\":{{"));
    for (index, (name, entry)) in entries.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&format!("{}:{entry}", json!(name)));
    }
    out.push_str(&format!("\n}}{end}"));
}

/// The names under which types are written.
pub(crate) struct Names<'a> {
    schema: &'a Schema,
    of: HashMap<TypeId, String>,
    taken: HashSet<String>,
}

impl<'a> Names<'a> {
    pub fn of(schema: &'a Schema) -> Names<'a> {
        let taken = BUILTINS.iter().map(|builtin| builtin.name().to_owned()).collect();
        let mut names = Names { schema, of: HashMap::new(), taken };
        for command in &schema.commands {
            names.visit(command.arguments, &format!("{}.arguments", command.name));
            names.visit(command.returns, &format!("{}.returns", command.name));
        }
        for event in &schema.events {
            names.visit(event.data, &format!("{}.data", event.name));
        }
        let mut named: Vec<(&str, TypeId)> = (schema.types.iter().zip(0..))
            .filter_map(|(def, index)| Some((def.name.as_deref()?, TypeId(index))))
            .collect();
        named.sort_by_key(|(name, _)| *name);
        for (name, id) in named {
            names.visit(Some(id), name);
        }
        names
    }

    /// Names a type and what it refers to. Bounded by the number of types: each is entered once.
    fn visit(&mut self, id: Option<TypeId>, place: &str) {
        let mut todo: Vec<(TypeId, String)> = id.map(|id| (id, place.to_owned())).into_iter().collect();
        while let Some((id, place)) = todo.pop() {
            if self.of.contains_key(&id) {
                continue;
            }
            let def = self.schema.ty(id);
            // Or a long chain of types would have names that grow with the square of it.
            let place = if place.len() > PLACE_MAX { format!("deep.{}", self.of.len()) } else { place };
            match &def.kind {
                TypeKind::Builtin(_) => continue,
                TypeKind::Array(element) => {
                    todo.push((*element, place));
                    continue;
                }
                TypeKind::Enum(_) => {}
                TypeKind::Object(object) => {
                    let branches = object.variants.iter().flat_map(|variants| &variants.branches);
                    todo.extend(
                        branches.rev().map(|branch| (branch.ty, format!("{place}={}", branch.value))),
                    );
                    let members = object.members.iter().rev();
                    todo.extend(members.map(|member| (member.ty, format!("{place}.{}", member.name))));
                }
                TypeKind::Alternate(alternate) => {
                    let choices = alternate.choices.iter().enumerate().rev();
                    todo.extend(choices.map(|(index, choice)| (*choice, format!("{place}|{index}"))));
                }
            }
            let mut name = def.name.clone().unwrap_or_else(|| format!("{NAMELESS}{place}"));
            // A member of a branch may have the name of another branch's member.
            while !self.taken.insert(name.clone()) {
                name.push('\'');
            }
            self.of.insert(id, name);
        }
    }

    /// Every type that is written, by name.
    pub fn all(&self) -> BTreeMap<&str, TypeId> {
        self.of.iter().map(|(id, name)| (name.as_str(), *id)).collect()
    }

    /// What stands where the type is used.
    pub fn name(&self, id: TypeId) -> String {
        let (mut at, mut depth) = (id, 0);
        while let TypeKind::Array(element) = self.schema.ty(at).kind
            && depth <= LIST_DEPTH_MAX
        {
            (at, depth) = (element, depth + 1);
        }
        let name = match &self.schema.ty(at).kind {
            TypeKind::Builtin(builtin) => builtin.name(),
            _ => self.of.get(&at).map_or("", String::as_str),
        };
        format!("{}{name}{}", "[".repeat(depth), "]".repeat(depth))
    }

    fn command(&self, command: &Command) -> Value {
        let mut entry = Map::new();
        self.put(&mut entry, "arguments", command.arguments);
        self.put(&mut entry, "returns", command.returns);
        let flags = [
            ("oob", command.allow_oob.then_some(true)),
            ("preconfig", command.allow_preconfig),
            ("success-response", (!command.success_response).then_some(false)),
            ("marshalled", (!command.marshalled).then_some(false)),
        ];
        for (name, flag) in flags {
            if let Some(flag) = flag {
                entry.insert(name.to_owned(), json!(flag));
            }
        }
        put_facts(&mut entry, &command.features, command.condition.as_ref());
        Value::Object(entry)
    }

    fn event(&self, event: &Event) -> Value {
        let mut entry = Map::new();
        self.put(&mut entry, "data", event.data);
        put_facts(&mut entry, &event.features, event.condition.as_ref());
        Value::Object(entry)
    }

    fn put(&self, entry: &mut Map<String, Value>, key: &str, id: Option<TypeId>) {
        if let Some(id) = id {
            entry.insert(key.to_owned(), json!(self.name(id)));
        }
    }

    fn types(&self) -> BTreeMap<String, Value> {
        self.of.iter().map(|(id, name)| (name.clone(), self.definition(self.schema.ty(*id)))).collect()
    }

    fn definition(&self, def: &TypeDef) -> Value {
        let mut entry = Map::new();
        match &def.kind {
            TypeKind::Enum(values) => {
                entry.insert("enum".to_owned(), values.values.iter().map(enum_value).collect());
            }
            TypeKind::Object(object) => {
                let members = object.members.iter().map(|member| self.member(member)).collect();
                entry.insert("object".to_owned(), Value::Object(members));
                if let Some(variants) = &object.variants {
                    entry.insert("tag".to_owned(), json!(variants.tag));
                    let branch = |branch: &Branch| {
                        let ty = json!(self.name(branch.ty));
                        (branch.value.clone(), with_facts("type", ty, &NONE, branch.condition.as_ref()))
                    };
                    let branches = variants.branches.iter().map(branch).collect();
                    entry.insert("branches".to_owned(), Value::Object(branches));
                }
            }
            TypeKind::Alternate(alternate) => {
                let choices = alternate.choices.iter().map(|choice| json!(self.name(*choice))).collect();
                entry.insert("alternate".to_owned(), choices);
            }
            TypeKind::Builtin(_) | TypeKind::Array(_) => {}
        }
        put_facts(&mut entry, &def.features, def.condition.as_ref());
        Value::Object(entry)
    }

    fn member(&self, member: &Member) -> (String, Value) {
        let mark = if member.optional { "?" } else { "" };
        let ty = json!(self.name(member.ty));
        let value = with_facts("type", ty, &member.features, member.condition.as_ref());
        (format!("{}{mark}", member.name), value)
    }
}

const NONE: Features = Features(Vec::new());

fn enum_value(value: &EnumValue) -> Value {
    with_facts("name", json!(value.name), &value.features, value.condition.as_ref())
}

/// The bare thing, or where it has features or a condition an object with them.
fn with_facts(key: &str, thing: Value, features: &Features, condition: Option<&Condition>) -> Value {
    if features.0.is_empty() && condition.is_none() {
        return thing;
    }
    let mut entry = Map::from_iter([(key.to_owned(), thing)]);
    put_facts(&mut entry, features, condition);
    Value::Object(entry)
}

fn put_facts(entry: &mut Map<String, Value>, features: &Features, condition: Option<&Condition>) {
    if !features.0.is_empty() {
        entry.insert("features".to_owned(), json!(features.0));
    }
    if let Some(condition) = condition {
        entry.insert("if".to_owned(), condition_value(condition));
    }
}

/// As QAPI source of 6.2 and later writes it. Loaders bound the depth.
fn condition_value(condition: &Condition) -> Value {
    let list = |parts: &[Condition]| parts.iter().map(condition_value).collect::<Value>();
    match condition {
        Condition::Symbol(symbol) => json!(symbol),
        Condition::All(parts) => json!({ "all": list(parts) }),
        Condition::Any(parts) => json!({ "any": list(parts) }),
        Condition::Not(part) => json!({ "not": condition_value(part) }),
    }
}
