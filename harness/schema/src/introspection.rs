//! Loads the reply of `query-qmp-schema`. Source: QEMU `qapi/introspect.json`.
//!
//! Names of types are masked there (`"0"`, `"17"`) and differ from build to build: they serve to resolve
//! references and are then forgotten.

use crate::error::LoadError;
use crate::model::{
    Alternate, Branch, Builtin, Command, EnumType, EnumValue, Event, Features, LIST_DEPTH_MAX, Member,
    Object, Schema, TypeDef, TypeId, TypeKind, Variants,
};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;

/// Commands whose arguments are checked by hand in every version (`'gen': false`), which introspection does
/// not tell: `device_add` takes a device's properties, `query-qmp-schema` is answered before marshalling.
const HAND_WRITTEN: &[&str] = &["device_add", "query-qmp-schema"];
/// Commands that were hand-written before 6.0. Told by their free-form argument.
const HAND_WRITTEN_ONCE: &[&str] = &["object-add", "netdev_add"];

/// A string that borrows from the text unless it has escapes. Serde borrows into a bare `Cow`, but not into
/// one inside an `Option` or a `Vec`.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(rename = "meta-type", borrow)]
    meta_type: Text<'a>,
    #[serde(rename = "json-type", borrow)]
    json_type: Option<Text<'a>>,
    #[serde(rename = "element-type", borrow)]
    element_type: Option<Text<'a>>,
    #[serde(rename = "arg-type", borrow)]
    arg_type: Option<Text<'a>>,
    #[serde(rename = "ret-type", borrow)]
    ret_type: Option<Text<'a>>,
    #[serde(rename = "allow-oob", default)]
    allow_oob: bool,
    #[serde(borrow)]
    values: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    members: Option<Vec<RawMember<'a>>>,
    #[serde(borrow)]
    tag: Option<Text<'a>>,
    #[serde(borrow, default)]
    variants: Vec<RawVariant<'a>>,
    #[serde(borrow, default)]
    features: Vec<Text<'a>>,
}

/// A member of an object (name, type), of an enumeration (name) or of an alternate (type).
#[derive(Deserialize)]
struct RawMember<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(rename = "type", borrow)]
    ty: Option<Text<'a>>,
    /// Optional members have the key `default`; its value is null. The key counts, not the value.
    #[serde(default, deserialize_with = "present")]
    default: bool,
    #[serde(borrow, default)]
    features: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct RawVariant<'a> {
    #[serde(borrow)]
    case: Text<'a>,
    #[serde(rename = "type", borrow)]
    ty: Text<'a>,
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

/// Whether JSON text is a list that begins as the reply of `query-qmp-schema` does.
pub(crate) fn begins_as_schema(text: &str) -> bool {
    /// Takes the first element and leaves the rest unread: what follows is somebody else's error.
    struct First(bool);

    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "meta-type", borrow)]
        meta_type: Option<Text<'a>>,
    }

    impl<'de> Deserialize<'de> for First {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<First, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = First;
                fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    out.write_str("a list")
                }
                fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<First, A::Error> {
                    let first = list.next_element::<Kind<'de>>()?;
                    while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                    Ok(First(first.is_some_and(|first| first.meta_type.is_some())))
                }
            }
            deserializer.deserialize_seq(Visitor)
        }
    }
    serde_json::from_str::<First>(text).is_ok_and(|first| first.0)
}

struct Loader<'a> {
    entities: &'a [Entity<'a>],
    file: &'a str,
    ids: HashMap<&'a str, TypeId>,
}

impl<'a> Loader<'a> {
    fn new(entities: &'a [Entity<'a>], file: &'a str) -> Result<Loader<'a>, LoadError> {
        let mut ids = HashMap::with_capacity(entities.len());
        let mut named = HashSet::with_capacity(entities.len());
        for entity in entities {
            let new = if is_type(entity) {
                let id = TypeId(ids.len() as u32);
                ids.insert(&*entity.name, id).is_none()
            } else {
                named.insert(&*entity.name)
            };
            if !new {
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
                "event" => schema.events.push(Event {
                    name: entity.name.to_owned(),
                    data: self.arguments(entity, &schema)?,
                    features: features(&entity.features),
                    condition: None,
                }),
                "array" => self.bounded(entity, &schema)?,
                "object" => self.branches_are_objects(entity, &schema)?,
                "builtin" | "enum" | "alternate" => {}
                other => return Err(LoadError::meta_type(self.file, &entity.name, other)),
            }
        }
        schema.commands.sort_by(|a, b| a.name.cmp(&b.name));
        schema.events.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(schema)
    }

    fn reference(&self, name: Option<&Text<'_>>, from: &Entity<'_>) -> Result<TypeId, LoadError> {
        let name = name.ok_or_else(|| self.incomplete(from))?;
        self.ids.get(&**name).copied().ok_or_else(|| LoadError::dangling(self.file, &from.name, name))
    }

    fn incomplete(&self, entity: &Entity<'_>) -> LoadError {
        LoadError::incomplete(self.file, &entity.name)
    }

    /// The object type of arguments or data; `None` where that is the empty object.
    fn arguments(&self, entity: &Entity<'_>, schema: &Schema) -> Result<Option<TypeId>, LoadError> {
        let id = self.reference(entity.arg_type.as_ref(), entity)?;
        if schema.object(id).is_none() {
            let name = entity.arg_type.as_deref().unwrap_or_default();
            return Err(LoadError::no_object(self.file, &entity.name, name));
        }
        Ok(unless_empty(id, schema))
    }

    /// Whoever walks lists of lists may rely on an end.
    fn bounded(&self, entity: &Entity<'_>, schema: &Schema) -> Result<(), LoadError> {
        let mut at = self.reference(entity.element_type.as_ref(), entity)?;
        for _ in 0..LIST_DEPTH_MAX {
            let TypeKind::Array(element) = schema.ty(at).kind else { return Ok(()) };
            at = element;
        }
        Err(LoadError::deep(self.file, &entity.name, LIST_DEPTH_MAX))
    }

    fn branches_are_objects(&self, entity: &Entity<'_>, schema: &Schema) -> Result<(), LoadError> {
        let is_none =
            |raw: &&RawVariant<'_>| self.ids.get(&*raw.ty).is_none_or(|id| schema.object(*id).is_none());
        match entity.variants.iter().find(is_none) {
            Some(raw) => Err(LoadError::no_object(self.file, &entity.name, &raw.ty)),
            None => Ok(()),
        }
    }

    fn type_def(&self, entity: &Entity<'a>) -> Result<TypeDef, LoadError> {
        let kind = match &*entity.meta_type {
            "builtin" => TypeKind::Builtin(self.builtin(entity)?),
            "enum" => TypeKind::Enum(self.enumeration(entity)?),
            "array" => TypeKind::Array(self.reference(entity.element_type.as_ref(), entity)?),
            "object" => TypeKind::Object(self.object(entity)?),
            _ => {
                let members = entity.members.as_deref().ok_or_else(|| self.incomplete(entity))?;
                let choices = members.iter().map(|member| self.reference(member.ty.as_ref(), entity));
                TypeKind::Alternate(Alternate { choices: choices.collect::<Result<_, _>>()? })
            }
        };
        let nameless = matches!(kind, TypeKind::Builtin(_) | TypeKind::Array(_)) || is_masked(&entity.name);
        let name = (!nameless).then(|| entity.name.to_owned());
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
            _ => return Err(self.incomplete(entity)),
        })
    }

    /// `members` (6.2 and later) has features; `values` is always there.
    fn enumeration(&self, entity: &Entity<'_>) -> Result<EnumType, LoadError> {
        let value = |name: &str, from: &[Text<'_>]| EnumValue {
            name: name.to_owned(),
            features: features(from),
            condition: None,
        };
        let values: Vec<EnumValue> = match (&entity.members, &entity.values) {
            (Some(members), _) => {
                let named = |member: &RawMember<'_>| Some(value(member.name.as_deref()?, &member.features));
                let values: Option<_> = members.iter().map(named).collect();
                values.ok_or_else(|| self.incomplete(entity))?
            }
            (None, Some(names)) => names.iter().map(|name| value(name, &[])).collect(),
            (None, None) => return Err(self.incomplete(entity)),
        };
        self.distinct(entity, values.iter().map(|value| &*value.name))?;
        Ok(EnumType { values })
    }

    fn object(&self, entity: &Entity<'a>) -> Result<Object, LoadError> {
        let raw = entity.members.as_deref().ok_or_else(|| self.incomplete(entity))?;
        let mut members = Vec::with_capacity(raw.len());
        for raw in raw {
            members.push(Member {
                name: raw.name.as_deref().ok_or_else(|| self.incomplete(entity))?.to_owned(),
                ty: self.reference(raw.ty.as_ref(), entity)?,
                optional: raw.default,
                features: features(&raw.features),
                condition: None,
            });
        }
        self.distinct(entity, members.iter().map(|member| &*member.name))?;
        let Some(tag) = &entity.tag else { return Ok(Object { members, variants: None }) };
        if !members.iter().any(|member| member.name == **tag) {
            return Err(LoadError::dangling(self.file, &entity.name, tag));
        }
        self.distinct(entity, entity.variants.iter().map(|raw| &*raw.case))?;
        let mut branches = Vec::with_capacity(entity.variants.len());
        for raw in &entity.variants {
            let ty = self.reference(Some(&raw.ty), entity)?;
            branches.push(Branch { value: raw.case.to_owned(), ty, condition: None });
        }
        Ok(Object { members, variants: Some(Variants { tag: tag.to_string(), branches }) })
    }

    fn distinct<'n>(
        &self,
        entity: &Entity<'_>,
        names: impl Iterator<Item = &'n str> + Clone,
    ) -> Result<(), LoadError> {
        /// Up to here comparing all with all is faster than a set.
        const FEW: usize = 12;
        let repeated = if names.clone().count() <= FEW {
            names.clone().enumerate().find(|(index, name)| names.clone().take(*index).any(|one| one == *name))
        } else {
            let mut seen = HashSet::new();
            names.enumerate().find(|(_, name)| !seen.insert(*name))
        };
        match repeated {
            Some((_, name)) => Err(LoadError::duplicate(self.file, &format!("{}.{name}", &*entity.name))),
            None => Ok(()),
        }
    }

    fn command(&self, entity: &Entity<'a>, schema: &Schema) -> Result<Command, LoadError> {
        let arguments = self.arguments(entity, schema)?;
        let name = entity.name.to_owned();
        let free_form = arguments.and_then(|id| schema.object(id)).is_some_and(|object| {
            let any = |member: &Member| schema.ty(member.ty).kind == TypeKind::Builtin(Builtin::Any);
            object.members.iter().any(any)
        });
        let hand_written =
            HAND_WRITTEN.contains(&&*name) || (free_form && HAND_WRITTEN_ONCE.contains(&&*name));
        Ok(Command {
            name,
            arguments,
            returns: unless_empty(self.reference(entity.ret_type.as_ref(), entity)?, schema),
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

/// Numbers, and where masking is off (`scripts/qapi-gen.py -u`) the names of types that have none in the source.
fn is_masked(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit()) || name.starts_with("q_")
}

/// Nothing, for the type without members that stands for "no arguments" and "returns nothing".
fn unless_empty(id: TypeId, schema: &Schema) -> Option<TypeId> {
    let empty =
        schema.object(id).is_some_and(|object| object.members.is_empty() && object.variants.is_none());
    (!empty).then_some(id)
}

fn features(names: &[Text<'_>]) -> Features {
    let mut names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    names.sort();
    Features(names)
}
