//! Reads our own format.

use super::{BUILTINS, FORMAT, NAMELESS, Provenance};
use crate::error::LoadError;
use crate::model::{
    Alternate, Branch, Builtin, Command, Condition, EnumType, EnumValue, Event, Features, LIST_DEPTH_MAX,
    Member, Object, Schema, TypeDef, TypeId, TypeKind, Variants,
};
use crate::outline::Outline;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

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
    outline: Outline,
    #[serde(default)]
    commands: Pairs<RawCommand>,
    #[serde(default)]
    events: Pairs<RawEvent>,
    #[serde(default)]
    types: Pairs<RawType>,
}

/// A JSON object as it stands: in order, and never two members of one name.
struct Pairs<T>(Vec<(String, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Pairs<T> {
        Pairs(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<T>, D::Error> {
        struct Collect<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Pairs<T>;

            fn expecting(&self, out: &mut Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut seen = HashSet::new();
                let mut pairs = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if !seen.insert(name.clone()) {
                        return Err(A::Error::custom(format!("'{name}' is there twice")));
                    }
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Collect(PhantomData))
    }
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
    #[serde(rename = "if")]
    condition: Option<RawCondition>,
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
    #[serde(rename = "if")]
    condition: Option<RawCondition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawType {
    #[serde(rename = "enum")]
    values: Option<Vec<Featured>>,
    object: Option<Pairs<Featured>>,
    tag: Option<String>,
    #[serde(default)]
    branches: Pairs<Featured>,
    alternate: Option<Vec<String>>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(rename = "if")]
    condition: Option<RawCondition>,
}

/// A name of a value or type, with features and a condition where it has them.
#[derive(Deserialize)]
#[serde(from = "Written")]
struct Featured {
    name: String,
    features: Vec<String>,
    condition: Option<RawCondition>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Bare(String),
    Full {
        #[serde(alias = "type")]
        name: String,
        #[serde(default)]
        features: Vec<String>,
        #[serde(rename = "if")]
        condition: Option<RawCondition>,
    },
}

impl From<Written> for Featured {
    fn from(written: Written) -> Featured {
        match written {
            Written::Bare(name) => Featured { name, features: Vec::new(), condition: None },
            Written::Full { name, features, condition } => Featured { name, features, condition },
        }
    }
}

/// Its depth is bounded by serde_json's own limit.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawCondition {
    Symbol(String),
    All { all: Vec<RawCondition> },
    Any { any: Vec<RawCondition> },
    Not { not: Box<RawCondition> },
}

impl From<RawCondition> for Condition {
    fn from(raw: RawCondition) -> Condition {
        let list = |parts: Vec<RawCondition>| parts.into_iter().map(Condition::from).collect();
        match raw {
            RawCondition::Symbol(symbol) => Condition::Symbol(symbol),
            RawCondition::All { all } => Condition::All(list(all)),
            RawCondition::Any { any } => Condition::Any(list(any)),
            RawCondition::Not { not } => Condition::Not(Box::new(Condition::from(*not))),
        }
    }
}

/// Loads a schema in our own format.
///
/// # Errors
/// When the text is not of the format, a name repeats, or a reference dangles.
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
        schema: Schema { partial: document.partial, outline: document.outline, ..Schema::default() },
        ids: HashMap::new(),
    };
    for builtin in BUILTINS {
        loader.add(builtin.name().to_owned(), TypeKind::Builtin(*builtin));
    }
    for (name, _) in &document.types.0 {
        if loader.ids.contains_key(name) {
            return Err(LoadError::duplicate(file, name));
        }
        // The place is kept first, so that types may refer to each other in any order.
        loader.add(name.clone(), TypeKind::Object(Object::default()));
    }
    for ((name, raw), index) in document.types.0.into_iter().zip(BUILTINS.len()..) {
        loader.schema.types[index] = loader.definition(name, raw)?;
    }
    for (name, raw) in document.commands.0 {
        let command = loader.command(name, raw)?;
        loader.schema.commands.push(command);
    }
    for (name, raw) in document.events.0 {
        let event = loader.event(name, raw)?;
        loader.schema.events.push(event);
    }
    loader.branches_are_objects()?;
    loader.schema.commands.sort_by(|a, b| a.name.cmp(&b.name));
    loader.schema.events.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(loader.schema)
}

struct Loader<'a> {
    file: &'a str,
    schema: Schema,
    ids: HashMap<String, TypeId>,
}

impl Loader<'_> {
    fn add(&mut self, key: String, kind: TypeKind) -> TypeId {
        let id = TypeId(self.schema.types.len() as u32);
        self.schema.types.push(TypeDef { name: None, kind, features: Features::default(), condition: None });
        self.ids.insert(key, id);
        id
    }

    fn reference(&mut self, entity: &str, name: &str) -> Result<TypeId, LoadError> {
        if let Some(id) = self.ids.get(name) {
            return Ok(*id);
        }
        let depth = name.bytes().take_while(|byte| *byte == b'[').count();
        let element = name[depth..].strip_suffix(&"]".repeat(depth));
        if depth > LIST_DEPTH_MAX {
            return Err(LoadError::deep(self.file, entity, LIST_DEPTH_MAX));
        }
        let innermost = element.filter(|_| depth > 0).and_then(|element| self.ids.get(element).copied());
        let mut id = innermost.ok_or_else(|| LoadError::dangling(self.file, entity, name))?;
        for outer in 1..=depth {
            let list = &name[depth - outer..name.len() - (depth - outer)];
            id = match self.ids.get(list) {
                Some(known) => *known,
                None => self.add(list.to_owned(), TypeKind::Array(id)),
            };
        }
        Ok(id)
    }

    fn optional(&mut self, entity: &str, name: Option<&str>) -> Result<Option<TypeId>, LoadError> {
        name.map(|name| self.reference(entity, name)).transpose()
    }

    fn object_reference(&mut self, entity: &str, name: Option<&str>) -> Result<Option<TypeId>, LoadError> {
        let id = self.optional(entity, name)?;
        match (id, name) {
            (Some(id), Some(name)) if !self.has_members(id) => {
                Err(LoadError::no_object(self.file, entity, name))
            }
            _ => Ok(id),
        }
    }

    /// Whether it is an object; or, where the document was cut, what stands for any type that is not there.
    fn has_members(&self, id: TypeId) -> bool {
        let is_any = || self.schema.ty(id).kind == TypeKind::Builtin(Builtin::Any);
        self.schema.object(id).is_some() || self.schema.partial && is_any()
    }

    fn branches_are_objects(&self) -> Result<(), LoadError> {
        for def in &self.schema.types {
            let TypeKind::Object(Object { variants: Some(variants), .. }) = &def.kind else { continue };
            if let Some(branch) = variants.branches.iter().find(|branch| !self.has_members(branch.ty)) {
                let entity = def.name.as_deref().unwrap_or("a union without a name");
                return Err(LoadError::no_object(self.file, entity, &branch.value));
            }
        }
        Ok(())
    }

    fn command(&mut self, name: String, raw: RawCommand) -> Result<Command, LoadError> {
        Ok(Command {
            arguments: self.object_reference(&name, raw.arguments.as_deref())?,
            returns: self.optional(&name, raw.returns.as_deref())?,
            name,
            allow_oob: raw.oob,
            allow_preconfig: raw.preconfig,
            success_response: raw.success_response,
            marshalled: raw.marshalled,
            features: Features(raw.features),
            condition: raw.condition.map(Condition::from),
        })
    }

    fn event(&mut self, name: String, raw: RawEvent) -> Result<Event, LoadError> {
        let data = self.object_reference(&name, raw.data.as_deref())?;
        let condition = raw.condition.map(Condition::from);
        Ok(Event { name, data, features: Features(raw.features), condition })
    }

    fn definition(&mut self, name: String, raw: RawType) -> Result<TypeDef, LoadError> {
        let kind = match (raw.values, raw.object, raw.alternate) {
            (Some(values), None, None) => TypeKind::Enum(self.enumeration(&name, values)?),
            (None, Some(members), None) => {
                TypeKind::Object(self.object(&name, members, raw.tag, raw.branches)?)
            }
            (None, None, Some(choices)) => {
                let choices = choices.iter().map(|choice| self.reference(&name, choice));
                TypeKind::Alternate(Alternate { choices: choices.collect::<Result<_, _>>()? })
            }
            _ => return Err(LoadError::incomplete(self.file, &name)),
        };
        let features = Features(raw.features);
        let condition = raw.condition.map(Condition::from);
        let name = (!name.starts_with(NAMELESS)).then_some(name);
        Ok(TypeDef { name, kind, features, condition })
    }

    fn enumeration(&self, entity: &str, raw: Vec<Featured>) -> Result<EnumType, LoadError> {
        let mut seen = HashSet::new();
        if let Some(again) = raw.iter().find(|value| !seen.insert(&*value.name)) {
            return Err(LoadError::duplicate(self.file, &format!("{entity}.{}", again.name)));
        }
        let value = |raw: Featured| EnumValue {
            name: raw.name,
            features: Features(raw.features),
            condition: raw.condition.map(Condition::from),
        };
        Ok(EnumType { values: raw.into_iter().map(value).collect() })
    }

    fn object(
        &mut self,
        entity: &str,
        raw: Pairs<Featured>,
        tag: Option<String>,
        raw_branches: Pairs<Featured>,
    ) -> Result<Object, LoadError> {
        let mut members = Vec::with_capacity(raw.0.len());
        let mut seen = HashSet::new();
        for (key, raw) in raw.0 {
            let name = key.strip_suffix('?').unwrap_or(&key).to_owned();
            if !seen.insert(name.clone()) {
                return Err(LoadError::duplicate(self.file, &format!("{entity}.{name}")));
            }
            members.push(Member {
                optional: name.len() < key.len(),
                name,
                ty: self.reference(entity, &raw.name)?,
                features: Features(raw.features),
                condition: raw.condition.map(Condition::from),
            });
        }
        let Some(tag) = tag else { return Ok(Object { members, variants: None }) };
        if !seen.contains(&tag) {
            return Err(LoadError::dangling(self.file, entity, &tag));
        }
        let mut branches = Vec::with_capacity(raw_branches.0.len());
        for (value, raw) in raw_branches.0 {
            let ty = self.reference(entity, &raw.name)?;
            branches.push(Branch { value, ty, condition: raw.condition.map(Condition::from) });
        }
        Ok(Object { members, variants: Some(Variants { tag, branches }) })
    }
}
