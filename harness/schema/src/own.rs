//! Our own format: the facts of a schema as JSON, one line per entity, in a fixed order, without any prose.
//! `schemas/README.md` describes it. Types without a name of their own are named after the first place that
//! uses them, in the order of the commands, so that two recordings compare line by line.

use crate::error::LoadError;
use crate::model::{
    Alternate, Branch, Builtin, Command, EnumType, EnumValue, Event, Features, Member, Object, Schema,
    TypeDef, TypeId, TypeKind, Variants,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The version of the format that is written.
pub const FORMAT: u32 = 1;
/// Begins the names of types that have none of their own.
const NAMELESS: char = '~';

/// Where a schema came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// How it was got: `query-qmp-schema`, `qga/qapi-schema.json`.
    pub source: String,
    /// Of which program.
    pub binary: String,
    /// Of which version.
    pub version: String,
}

const BUILTINS: &[Builtin] = &[
    Builtin::Str,
    Builtin::Integer,
    Builtin::Int8,
    Builtin::Int16,
    Builtin::Int32,
    Builtin::Int64,
    Builtin::Uint8,
    Builtin::Uint16,
    Builtin::Uint32,
    Builtin::Uint64,
    Builtin::Size,
    Builtin::Number,
    Builtin::Bool,
    Builtin::Null,
    Builtin::Any,
];

/// The schema as text. Equal schemas give equal texts, whatever the order of their types.
pub fn to_own(schema: &Schema, provenance: &Provenance) -> String {
    let names = Names::of(schema);
    let mut out = format!("{{\"format\":{FORMAT},\n");
    if *provenance != Provenance::default() {
        out.push_str(&format!("\"provenance\":{},\n", json!(provenance)));
    }
    if schema.partial {
        out.push_str("\"partial\":true,\n");
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
struct Names<'a> {
    schema: &'a Schema,
    of: HashMap<TypeId, String>,
    taken: HashSet<String>,
}

impl<'a> Names<'a> {
    fn of(schema: &'a Schema) -> Names<'a> {
        let mut names = Names { schema, of: HashMap::new(), taken: HashSet::new() };
        for command in &schema.commands {
            names.visit(command.arguments, &format!("{}.arguments", command.name));
            names.visit(command.returns, &format!("{}.returns", command.name));
        }
        for event in &schema.events {
            names.visit(event.data, &format!("{}.data", event.name));
        }
        for (def, index) in schema.types.iter().zip(0..) {
            names.visit(Some(TypeId(index)), &format!("unused.{}", def.name.as_deref().unwrap_or("type")));
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

    fn name(&self, id: TypeId) -> String {
        match &self.schema.ty(id).kind {
            TypeKind::Builtin(builtin) => builtin.name().to_owned(),
            TypeKind::Array(element) => format!("[{}]", self.name(*element)),
            _ => self.of.get(&id).cloned().unwrap_or_default(),
        }
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
        put_features(&mut entry, &command.features);
        Value::Object(entry)
    }

    fn event(&self, event: &Event) -> Value {
        let mut entry = Map::new();
        self.put(&mut entry, "data", event.data);
        put_features(&mut entry, &event.features);
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
                    let branch = |branch: &Branch| (branch.value.clone(), json!(self.name(branch.ty)));
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
        put_features(&mut entry, &def.features);
        Value::Object(entry)
    }

    fn member(&self, member: &Member) -> (String, Value) {
        let mark = if member.optional { "?" } else { "" };
        let ty = json!(self.name(member.ty));
        let value = match member.features.0.is_empty() {
            true => ty,
            false => json!({"type": ty, "features": member.features.0}),
        };
        (format!("{}{mark}", member.name), value)
    }
}

fn enum_value(value: &EnumValue) -> Value {
    match value.features.0.is_empty() {
        true => json!(value.name),
        false => json!({"name": value.name, "features": value.features.0}),
    }
}

fn put_features(entry: &mut Map<String, Value>, features: &Features) {
    if !features.0.is_empty() {
        entry.insert("features".to_owned(), json!(features.0));
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    #[serde(default)]
    #[serde(rename = "provenance")]
    _provenance: Provenance,
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    commands: BTreeMap<String, RawCommand>,
    #[serde(default)]
    events: BTreeMap<String, RawEvent>,
    #[serde(default)]
    types: BTreeMap<String, RawType>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCommand {
    arguments: Option<String>,
    returns: Option<String>,
    #[serde(default)]
    oob: bool,
    preconfig: Option<bool>,
    #[serde(default = "yes")]
    success_response: bool,
    #[serde(default = "yes")]
    marshalled: bool,
    #[serde(default)]
    features: Vec<String>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent {
    data: Option<String>,
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawType {
    #[serde(rename = "enum")]
    values: Option<Vec<Named>>,
    object: Option<Map<String, Value>>,
    tag: Option<String>,
    #[serde(default)]
    branches: Map<String, Value>,
    alternate: Option<Vec<String>>,
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Plain(String),
    Featured { name: String, features: Vec<String> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum MemberType {
    Plain(String),
    Featured {
        #[serde(rename = "type")]
        ty: String,
        features: Vec<String>,
    },
}

/// Loads a schema in our own format.
///
/// # Errors
/// When the text is not of the format, or a reference dangles.
pub fn from_own(text: &str, file: &str) -> Result<Schema, LoadError> {
    let document: Document =
        serde_json::from_str(text).map_err(|error| LoadError::json(file, text, &error))?;
    if document.format != FORMAT {
        return Err(LoadError::FormatVersion {
            file: file.to_owned(),
            found: document.format,
            known: FORMAT,
        });
    }
    let mut loader = Loader {
        file,
        schema: Schema { partial: document.partial, ..Schema::default() },
        ids: HashMap::new(),
    };
    for builtin in BUILTINS {
        loader.add(builtin.name().to_owned(), None, TypeKind::Builtin(*builtin), Features::default());
    }
    for (name, raw) in &document.types {
        let own = (!name.starts_with(NAMELESS)).then(|| name.clone());
        // The place is kept first, so that types may refer to each other in any order.
        loader.add(name.clone(), own, TypeKind::Object(Object::default()), Features(raw.features.clone()));
    }
    for (name, raw) in &document.types {
        let kind = loader.kind(name, raw)?;
        if let Some(id) = loader.ids.get(name) {
            loader.schema.types[id.0 as usize].kind = kind;
        }
    }
    for (name, raw) in document.commands {
        let command = loader.command(name, raw)?;
        loader.schema.commands.push(command);
    }
    for (name, raw) in document.events {
        let data = loader.optional(&name, raw.data.as_deref())?;
        loader.schema.events.push(Event { name, data, features: Features(raw.features), condition: None });
    }
    Ok(loader.schema)
}

struct Loader<'a> {
    file: &'a str,
    schema: Schema,
    ids: HashMap<String, TypeId>,
}

impl Loader<'_> {
    fn add(&mut self, key: String, name: Option<String>, kind: TypeKind, features: Features) -> TypeId {
        let id = TypeId(self.schema.types.len() as u32);
        self.schema.types.push(TypeDef { name, kind, features, condition: None });
        self.ids.insert(key, id);
        id
    }

    fn reference(&mut self, entity: &str, name: &str) -> Result<TypeId, LoadError> {
        if let Some(id) = self.ids.get(name) {
            return Ok(*id);
        }
        let element = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let Some(element) = element.filter(|element| !element.starts_with('[')) else {
            return Err(LoadError::dangling(self.file, entity, name));
        };
        let element = self.reference(entity, element)?;
        Ok(self.add(name.to_owned(), None, TypeKind::Array(element), Features::default()))
    }

    fn optional(&mut self, entity: &str, name: Option<&str>) -> Result<Option<TypeId>, LoadError> {
        name.map(|name| self.reference(entity, name)).transpose()
    }

    fn command(&mut self, name: String, raw: RawCommand) -> Result<Command, LoadError> {
        Ok(Command {
            arguments: self.optional(&name, raw.arguments.as_deref())?,
            returns: self.optional(&name, raw.returns.as_deref())?,
            name,
            allow_oob: raw.oob,
            allow_preconfig: raw.preconfig,
            success_response: raw.success_response,
            marshalled: raw.marshalled,
            features: Features(raw.features),
            condition: None,
        })
    }

    fn kind(&mut self, name: &str, raw: &RawType) -> Result<TypeKind, LoadError> {
        match (&raw.values, &raw.object, &raw.alternate) {
            (Some(values), None, None) => {
                let values = values.iter().map(|value| match value {
                    Named::Plain(name) => EnumValue { name: name.clone(), ..EnumValue::default() },
                    Named::Featured { name, features } => EnumValue {
                        name: name.clone(),
                        features: Features(features.clone()),
                        condition: None,
                    },
                });
                Ok(TypeKind::Enum(EnumType { values: values.collect() }))
            }
            (None, Some(members), None) => Ok(TypeKind::Object(self.object(name, members, raw)?)),
            (None, None, Some(choices)) => {
                let choices = choices.iter().map(|choice| self.reference(name, choice));
                Ok(TypeKind::Alternate(Alternate { choices: choices.collect::<Result<_, _>>()? }))
            }
            _ => Err(LoadError::incomplete(self.file, name)),
        }
    }

    fn object(&mut self, name: &str, raw: &Map<String, Value>, ty: &RawType) -> Result<Object, LoadError> {
        let mut members = Vec::new();
        for (key, value) in raw {
            let member =
                MemberType::deserialize(value).map_err(|_| LoadError::incomplete(self.file, name))?;
            let (member_type, features) = match member {
                MemberType::Plain(ty) => (ty, Vec::new()),
                MemberType::Featured { ty, features } => (ty, features),
            };
            let bare = key.strip_suffix('?');
            members.push(Member {
                name: bare.unwrap_or(key).to_owned(),
                ty: self.reference(name, &member_type)?,
                optional: bare.is_some(),
                features: Features(features),
                condition: None,
            });
        }
        let Some(tag) = &ty.tag else { return Ok(Object { members, variants: None }) };
        if !members.iter().any(|member| member.name == *tag) {
            return Err(LoadError::dangling(self.file, name, tag));
        }
        let mut branches = Vec::new();
        for (value, branch) in &ty.branches {
            let Some(branch) = branch.as_str() else { return Err(LoadError::incomplete(self.file, name)) };
            let ty = self.reference(name, branch)?;
            branches.push(Branch { value: value.clone(), ty, condition: None });
        }
        Ok(Object { members, variants: Some(Variants { tag: tag.clone(), branches }) })
    }
}
