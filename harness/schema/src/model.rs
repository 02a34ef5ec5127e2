//! The model: types, commands and events of one schema, flat and by index.
//!
//! Bases are already flattened into members. Variants are not: each branch names an object type, which may
//! itself have variants. Source: QEMU `docs/devel/qapi-code-gen.rst`, `qapi/introspect.json`.

use crate::outline::Outline;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// How deep lists of lists may be. The schema language has none at all; loaders see to the limit.
pub const LIST_DEPTH_MAX: usize = 8;

/// An index into [`Schema::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// A whole schema. Build one through a loader.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Schema {
    /// Every type; [`TypeId`] is the position.
    pub types: Vec<TypeDef>,
    /// The commands, sorted by name.
    pub commands: Vec<Command>,
    /// The events, sorted by name.
    pub events: Vec<Event>,
    /// True for a document known to be cut: then absence proves nothing.
    pub partial: bool,
    /// Where this is a peer's schema joined with its source: the source, with which it may disagree. Where commands
    /// are left out that the peer says are blocked: what declares them too.
    pub source: Option<Arc<Schema>>,
    /// What its documents say besides.
    pub outline: Outline,
    /// Where a live peer told it: the text.
    pub told: Told,
}

/// The text that a peer told its schema in: the same text again says nothing new. It makes no schema another one.
/// Kept whole, some 200 kB once: to compare two such texts takes a fraction of what hashing one does.
#[derive(Clone, Default)]
pub struct Told(Option<Arc<[u8]>>);

impl Told {
    /// This text.
    pub fn of(text: &[u8]) -> Told {
        Told(Some(text.into()))
    }

    /// Whether it is this text.
    pub fn is(&self, text: &[u8]) -> bool {
        self.0.as_deref() == Some(text)
    }
}

impl Debug for Told {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Told({:?} bytes)", self.0.as_deref().map(<[u8]>::len))
    }
}

impl PartialEq for Told {
    fn eq(&self, _: &Told) -> bool {
        true
    }
}

/// A type with what every type has.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDef {
    /// The name in QAPI source. `None` where introspection masked it: then members' paths name things.
    pub name: Option<String>,
    /// What kind it is.
    pub kind: TypeKind,
    /// Its features.
    pub features: Features,
    /// The condition under which it exists; `None` is always.
    pub condition: Option<Condition>,
}

/// The kinds of type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// A scalar, or anything.
    Builtin(Builtin),
    /// A set of strings.
    Enum(EnumType),
    /// A list of one type.
    Array(TypeId),
    /// A struct or a union.
    Object(Object),
    /// One of several types, told apart by the JSON type.
    Alternate(Alternate),
}

/// The builtin types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `str`
    Str,
    /// An integer of unknown width, as introspection gives it: anything in -2^63 … 2^64-1.
    Integer,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`, and `int` of QAPI source
    Int64,
    /// `uint8`
    Uint8,
    /// `uint16`
    Uint16,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// `size`: as `uint64` on the wire
    Size,
    /// `number`: a double
    Number,
    /// `bool`
    Bool,
    /// `null`
    Null,
    /// `any`: every JSON value
    Any,
}

impl Builtin {
    /// The name that QAPI source uses (`int` for an integer of unknown width).
    pub const fn name(self) -> &'static str {
        match self {
            Builtin::Str => "str",
            Builtin::Integer => "int",
            Builtin::Int8 => "int8",
            Builtin::Int16 => "int16",
            Builtin::Int32 => "int32",
            Builtin::Int64 => "int64",
            Builtin::Uint8 => "uint8",
            Builtin::Uint16 => "uint16",
            Builtin::Uint32 => "uint32",
            Builtin::Uint64 => "uint64",
            Builtin::Size => "size",
            Builtin::Number => "number",
            Builtin::Bool => "bool",
            Builtin::Null => "null",
            Builtin::Any => "any",
        }
    }

    /// The smallest and largest value of an integer type; `None` for the others.
    pub const fn range(self) -> Option<(i128, i128)> {
        Some(match self {
            Builtin::Integer => (i64::MIN as i128, u64::MAX as i128),
            Builtin::Int8 => (i8::MIN as i128, i8::MAX as i128),
            Builtin::Int16 => (i16::MIN as i128, i16::MAX as i128),
            Builtin::Int32 => (i32::MIN as i128, i32::MAX as i128),
            Builtin::Int64 => (i64::MIN as i128, i64::MAX as i128),
            Builtin::Uint8 => (0, u8::MAX as i128),
            Builtin::Uint16 => (0, u16::MAX as i128),
            Builtin::Uint32 => (0, u32::MAX as i128),
            Builtin::Uint64 | Builtin::Size => (0, u64::MAX as i128),
            Builtin::Str | Builtin::Number | Builtin::Bool | Builtin::Null | Builtin::Any => return None,
        })
    }
}

/// Feature names, sorted; `deprecated` and `unstable` have a meaning of their own.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Features(pub Vec<String>);

impl Features {
    /// Whether the feature is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|feature| feature == name)
    }
}

/// When a part of a schema exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A symbol such as `CONFIG_LINUX`, or a whole C expression of 3.0 to 6.1.
    Symbol(String),
    /// All of these.
    All(Vec<Condition>),
    /// Any of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
}

/// An enumeration.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EnumType {
    /// The values in the order of the schema.
    pub values: Vec<EnumValue>,
}

impl EnumType {
    /// Whether `value` is one of the values. It may be of bytes that nobody has taken for text yet.
    pub fn has(&self, value: impl AsRef<[u8]>) -> bool {
        let value = value.as_ref();
        self.values.iter().any(|known| known.name.as_bytes() == value)
    }
}

/// One value of an enumeration.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EnumValue {
    /// The string on the wire.
    pub name: String,
    /// Its features.
    pub features: Features,
    /// The condition under which it exists.
    pub condition: Option<Condition>,
}

/// A struct, or a union when it has variants.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Object {
    /// The members, base included, in the order of the schema.
    pub members: Vec<Member>,
    /// The variants of a union.
    pub variants: Option<Variants>,
}

impl Object {
    /// The member called `name` (variants not looked at).
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The name on the wire, without the `*` of QAPI source.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Whether it may be absent.
    pub optional: bool,
    /// Its features.
    pub features: Features,
    /// The condition under which it exists.
    pub condition: Option<Condition>,
}

/// The branches of a union.
#[derive(Clone, Debug, PartialEq)]
pub struct Variants {
    /// The name of the member that chooses the branch. It is one of the object's members.
    pub tag: String,
    /// The branches. A tag value without one has the empty branch.
    pub branches: Vec<Branch>,
}

impl Variants {
    /// The type whose members a tag value adds; `None` is the empty branch. The value as in [`EnumType::has`].
    pub fn branch(&self, value: impl AsRef<[u8]>) -> Option<TypeId> {
        let value = value.as_ref();
        self.branches.iter().find(|branch| branch.value.as_bytes() == value).map(|branch| branch.ty)
    }
}

/// One branch of a union.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// The tag value that chooses it.
    pub value: String,
    /// The object type whose members it adds.
    pub ty: TypeId,
    /// The condition under which it exists.
    pub condition: Option<Condition>,
}

/// An alternate: exactly one of these by JSON type.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Alternate {
    /// The possible types.
    pub choices: Vec<TypeId>,
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The name on the wire.
    pub name: String,
    /// The object type of its arguments; `None` when it takes none.
    pub arguments: Option<TypeId>,
    /// The type of `return`; `None` when it returns the empty object.
    pub returns: Option<TypeId>,
    /// May be run with `exec-oob`.
    pub allow_oob: bool,
    /// May be run before machine initialisation; `None` where the loader cannot know (introspection).
    pub allow_preconfig: Option<bool>,
    /// False: no reply on success.
    pub success_response: bool,
    /// False: the arguments are not checked by generated code, so the schema does not bind the wire.
    pub marshalled: bool,
    /// Its features.
    pub features: Features,
    /// The condition under which it exists.
    pub condition: Option<Condition>,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The name on the wire.
    pub name: String,
    /// The object type of `data`; `None` when it has no data.
    pub data: Option<TypeId>,
    /// Its features.
    pub features: Features,
    /// The condition under which it exists.
    pub condition: Option<Condition>,
}

impl Schema {
    /// The type at `id`.
    ///
    /// # Panics
    /// If `id` is not from this schema: loaders guarantee that every id in a schema is.
    pub fn ty(&self, id: TypeId) -> &TypeDef {
        &self.types[id.0 as usize]
    }

    /// The object at `id`, if it is one.
    pub fn object(&self, id: TypeId) -> Option<&Object> {
        if let TypeKind::Object(object) = &self.ty(id).kind { Some(object) } else { None }
    }

    /// The enumeration at `id`, if it is one.
    pub fn enumeration(&self, id: TypeId) -> Option<&EnumType> {
        if let TypeKind::Enum(values) = &self.ty(id).kind { Some(values) } else { None }
    }

    /// The command called `name`.
    pub fn command(&self, name: &str) -> Option<&Command> {
        let at = self.commands.binary_search_by(|command| command.name.as_str().cmp(name)).ok()?;
        Some(&self.commands[at])
    }

    /// The event called `name`.
    pub fn event(&self, name: &str) -> Option<&Event> {
        let at = self.events.binary_search_by(|event| event.name.as_str().cmp(name)).ok()?;
        Some(&self.events[at])
    }
}
