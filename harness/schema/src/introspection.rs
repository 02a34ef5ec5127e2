//! Loads the reply of `query-qmp-schema`. Source: QEMU `qapi/introspect.json`.
//!
//! Names of types are masked there (`"0"`, `"17"`) and differ from build to build: they serve to resolve
//! references and are then forgotten.

use crate::error::LoadError;
use crate::model::{
    Alternate, Branch, Builtin, Command, EnumType, EnumValue, Event, Features, Member, Object, Schema,
    TypeDef, TypeId, TypeKind, Variants,
};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// Commands whose arguments are checked by hand in every version (`'gen': false`), which introspection does
/// not tell: `device_add` takes a device's properties, `query-qmp-schema` is answered before marshalling.
const HAND_WRITTEN: &[&str] = &["device_add", "query-qmp-schema"];
/// Commands that were hand-written before 6.0. Told by their free-form argument.
const HAND_WRITTEN_ONCE: &[&str] = &["object-add", "netdev_add"];

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "meta-type", borrow)]
    meta_type: Cow<'a, str>,
    #[serde(rename = "json-type", borrow, default)]
    json_type: Option<Cow<'a, str>>,
    #[serde(rename = "element-type", borrow, default)]
    element_type: Option<Cow<'a, str>>,
    #[serde(rename = "arg-type", borrow, default)]
    arg_type: Option<Cow<'a, str>>,
    #[serde(rename = "ret-type", borrow, default)]
    ret_type: Option<Cow<'a, str>>,
    #[serde(rename = "allow-oob", default)]
    allow_oob: bool,
    #[serde(borrow, default)]
    values: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default)]
    members: Option<Vec<RawMember<'a>>>,
    #[serde(borrow, default)]
    tag: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    variants: Vec<RawVariant<'a>>,
    #[serde(borrow, default)]
    features: Vec<Cow<'a, str>>,
}

/// A member of an object (name, type), of an enumeration (name) or of an alternate (type).
#[derive(Deserialize)]
struct RawMember<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(rename = "type", borrow, default)]
    ty: Option<Cow<'a, str>>,
    /// Optional members have the key `default`; its value is null. The key counts, not the value.
    #[serde(default, deserialize_with = "present")]
    default: bool,
    #[serde(borrow, default)]
    features: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct RawVariant<'a> {
    #[serde(borrow)]
    case: Cow<'a, str>,
    #[serde(rename = "type", borrow)]
    ty: Cow<'a, str>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(rename = "return", borrow)]
    entities: Vec<Entity<'a>>,
}

/// Loads the reply of `query-qmp-schema`: the bare array, or the whole reply object.
///
/// # Errors
/// When the text is no JSON or of another shape, when a reference dangles, or when a name repeats.
pub fn from_introspection(text: &str, file: &str) -> Result<Schema, LoadError> {
    let json = |error: serde_json::Error| LoadError::json(file, text, &error);
    let entities = if text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<Entity<'_>>>(text).map_err(json)?
    } else {
        serde_json::from_str::<Reply<'_>>(text).map_err(json)?.entities
    };
    Loader::new(&entities, file)?.load()
}

struct Loader<'a> {
    entities: &'a [Entity<'a>],
    file: &'a str,
    ids: HashMap<&'a str, TypeId>,
}

impl<'a> Loader<'a> {
    fn new(entities: &'a [Entity<'a>], file: &'a str) -> Result<Loader<'a>, LoadError> {
        let types = entities.iter().filter(|entity| is_type(entity));
        let mut ids = HashMap::with_capacity(entities.len());
        for (entity, id) in types.zip(0..) {
            if ids.insert(&*entity.name, TypeId(id)).is_some() {
                return Err(LoadError::duplicate(file, &entity.name));
            }
        }
        Ok(Loader { entities, file, ids })
    }

    fn load(&self) -> Result<Schema, LoadError> {
        let mut schema = Schema::default();
        for entity in self.entities.iter().filter(|entity| is_type(entity)) {
            schema.types.push(self.type_def(entity)?);
        }
        for entity in self.entities {
            match &*entity.meta_type {
                "command" => schema.commands.push(self.command(entity, &schema)?),
                "event" => {
                    let data = self.object_reference(entity.arg_type.as_deref(), entity, &schema)?;
                    schema.events.push(Event {
                        name: entity.name.clone().into_owned(),
                        data,
                        features: features(&entity.features),
                        condition: None,
                    });
                }
                "builtin" | "enum" | "array" | "object" | "alternate" => {}
                other => return Err(LoadError::meta_type(self.file, &entity.name, other)),
            }
        }
        schema.commands.sort_by(|a, b| a.name.cmp(&b.name));
        schema.events.sort_by(|a, b| a.name.cmp(&b.name));
        let repeated = schema.commands.windows(2).find(|two| two[0].name == two[1].name);
        if let Some(two) = repeated {
            return Err(LoadError::duplicate(self.file, &two[0].name));
        }
        Ok(schema)
    }

    fn reference(&self, name: Option<&str>, from: &Entity<'_>) -> Result<TypeId, LoadError> {
        let Some(name) = name else { return Err(LoadError::incomplete(self.file, &from.name)) };
        self.ids.get(name).copied().ok_or_else(|| LoadError::dangling(self.file, &from.name, name))
    }

    /// A reference to an object type; `None` where that is the empty object.
    fn object_reference(
        &self,
        name: Option<&str>,
        from: &Entity<'_>,
        schema: &Schema,
    ) -> Result<Option<TypeId>, LoadError> {
        let id = self.reference(name, from)?;
        let empty =
            schema.object(id).is_some_and(|object| object.members.is_empty() && object.variants.is_none());
        Ok((!empty).then_some(id))
    }

    fn type_def(&self, entity: &Entity<'a>) -> Result<TypeDef, LoadError> {
        let kind = match &*entity.meta_type {
            "builtin" => TypeKind::Builtin(self.builtin(entity)?),
            "enum" => TypeKind::Enum(enumeration(entity)),
            "array" => TypeKind::Array(self.reference(entity.element_type.as_deref(), entity)?),
            "object" => TypeKind::Object(self.object(entity)?),
            _ => {
                let members = entity.members.as_deref().unwrap_or_default();
                let choices = members.iter().map(|member| self.reference(member.ty.as_deref(), entity));
                TypeKind::Alternate(Alternate { choices: choices.collect::<Result<_, _>>()? })
            }
        };
        let masked = entity.name.bytes().all(|byte| byte.is_ascii_digit()) || entity.name.starts_with('[');
        let name = (!masked).then(|| entity.name.clone().into_owned());
        Ok(TypeDef { name, kind, features: features(&entity.features), condition: None })
    }

    fn builtin(&self, entity: &Entity<'_>) -> Result<Builtin, LoadError> {
        Ok(match entity.json_type.as_deref() {
            Some("string") => Builtin::Str,
            Some("int") => Builtin::Integer,
            Some("number") => Builtin::Number,
            Some("boolean") => Builtin::Bool,
            Some("null") => Builtin::Null,
            Some("value") => Builtin::Any,
            _ => return Err(LoadError::incomplete(self.file, &entity.name)),
        })
    }

    fn object(&self, entity: &Entity<'a>) -> Result<Object, LoadError> {
        let mut members = Vec::new();
        for raw in entity.members.as_deref().unwrap_or_default() {
            let Some(name) = &raw.name else { return Err(LoadError::incomplete(self.file, &entity.name)) };
            members.push(Member {
                name: name.clone().into_owned(),
                ty: self.reference(raw.ty.as_deref(), entity)?,
                optional: raw.default,
                features: features(&raw.features),
                condition: None,
            });
        }
        let Some(tag) = &entity.tag else { return Ok(Object { members, variants: None }) };
        if !members.iter().any(|member| member.name == **tag) {
            return Err(LoadError::dangling(self.file, &entity.name, tag));
        }
        let mut branches = Vec::new();
        for raw in &entity.variants {
            let ty = self.reference(Some(&raw.ty), entity)?;
            branches.push(Branch { value: raw.case.clone().into_owned(), ty, condition: None });
        }
        Ok(Object { members, variants: Some(Variants { tag: tag.clone().into_owned(), branches }) })
    }

    fn command(&self, entity: &Entity<'a>, schema: &Schema) -> Result<Command, LoadError> {
        let arguments = self.object_reference(entity.arg_type.as_deref(), entity, schema)?;
        let name = entity.name.clone().into_owned();
        let free_form = arguments.and_then(|id| schema.object(id)).is_some_and(|object| {
            let any = |member: &Member| schema.ty(member.ty).kind == TypeKind::Builtin(Builtin::Any);
            object.members.iter().any(any)
        });
        let hand_written =
            HAND_WRITTEN.contains(&&*name) || (free_form && HAND_WRITTEN_ONCE.contains(&&*name));
        Ok(Command {
            name,
            arguments,
            returns: self.object_reference(entity.ret_type.as_deref(), entity, schema)?,
            allow_oob: entity.allow_oob,
            allow_preconfig: None,
            success_response: true,
            marshalled: !hand_written,
            features: features(&entity.features),
            condition: None,
        })
    }
}

fn is_type(entity: &Entity<'_>) -> bool {
    matches!(&*entity.meta_type, "builtin" | "enum" | "array" | "object" | "alternate")
}

/// `members` (6.2 and later) has features; `values` is always there.
fn enumeration(entity: &Entity<'_>) -> EnumType {
    let value = |name: &str, from: &[Cow<'_, str>]| EnumValue {
        name: name.to_owned(),
        features: features(from),
        condition: None,
    };
    let values = match &entity.members {
        Some(members) => members
            .iter()
            .filter_map(|member| Some(value(member.name.as_deref()?, &member.features)))
            .collect(),
        None => entity.values.iter().flatten().map(|name| value(name, &[])).collect(),
    };
    EnumType { values }
}

fn features(names: &[Cow<'_, str>]) -> Features {
    let mut names: Vec<String> = names.iter().map(|name| name.clone().into_owned()).collect();
    names.sort();
    Features(names)
}
