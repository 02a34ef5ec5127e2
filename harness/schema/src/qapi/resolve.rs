//! From definitions to the schema: names are looked up, bases and inline members flattened, and what names
//! may refer to is checked.

mod union;

use super::clash;
use super::define::{Body, CommandDef, Data, Definition, MemberDef, Named, TypeRef, ValueDef};
use super::era::Era;
use super::fault::{Faults, did_you_mean};
use super::pragma::Pragmas;
use crate::model::{
    Alternate, Builtin, Command, EnumType, EnumValue, Event, Features, Member, Object, Schema, TypeDef,
    TypeId, TypeKind,
};
use std::collections::{BTreeMap, HashMap};

/// The types that need no definition.
const BUILTINS: &[(&str, Builtin)] = &[
    ("str", Builtin::Str),
    ("int", Builtin::Int64),
    ("number", Builtin::Number),
    ("bool", Builtin::Bool),
    ("int8", Builtin::Int8),
    ("int16", Builtin::Int16),
    ("int32", Builtin::Int32),
    ("int64", Builtin::Int64),
    ("uint8", Builtin::Uint8),
    ("uint16", Builtin::Uint16),
    ("uint32", Builtin::Uint32),
    ("uint64", Builtin::Uint64),
    ("size", Builtin::Size),
    ("null", Builtin::Null),
    ("any", Builtin::Any),
];
/// Names that once stood for any value, in commands whose arguments nobody checked.
const PSEUDO: &[&str] = &["visitor", "**", "dict"];
/// The values of `QType`.
const QTYPE: &[&str] = &["none", "qnull", "qnum", "qstring", "qdict", "qlist", "qbool"];

/// What a definition is known as while names are looked up.
pub(super) struct Resolver<'a> {
    pub era: Era,
    pub pragmas: &'a Pragmas,
    pub faults: &'a mut Faults,
    pub definitions: &'a [Definition],
    pub by_name: HashMap<&'a str, usize>,
    pub types: Vec<TypeDef>,
    /// The type of each definition that is one.
    own: Vec<Option<TypeId>>,
    builtins: HashMap<&'static str, TypeId>,
    arrays: HashMap<TypeId, TypeId>,
    /// Unknown names make the schema partial instead of faulty.
    lenient: bool,
    partial: bool,
    /// Types that are not there, by name.
    undefined: BTreeMap<String, TypeId>,
    /// The names that stand for any value may be used here.
    wild: bool,
    /// Which definitions have no end, by way of bases and branches: told once, and followed by nobody.
    cyclic: Vec<bool>,
}

/// The schema that the definitions come to; with faults it is incomplete.
pub(super) fn resolve(
    definitions: &[Definition],
    pragmas: &Pragmas,
    era: Era,
    lenient: bool,
    faults: &mut Faults,
) -> Schema {
    let mut resolver = Resolver {
        era,
        pragmas,
        faults,
        definitions,
        by_name: HashMap::new(),
        types: Vec::new(),
        own: vec![None; definitions.len()],
        builtins: HashMap::new(),
        arrays: HashMap::new(),
        lenient,
        partial: false,
        undefined: BTreeMap::new(),
        wild: !era.pseudo_types_are_bound(),
        cyclic: Vec::new(),
    };
    resolver.declare();
    resolver.cyclic = clash::reject_cycles(&mut resolver);
    let mut schema = Schema::default();
    for (index, definition) in definitions.iter().enumerate() {
        resolver.faults.within = format!("{} '{}'", definition.kind, definition.name.name);
        if resolver.by_name.get(definition.name.name.as_str()) != Some(&index) || resolver.cyclic[index] {
            continue;
        }
        resolver.define(index, definition, &mut schema);
        clash::check_doc(&mut resolver, definition);
    }
    resolver.faults.within.clear();
    clash::check_features(&mut resolver);
    schema.partial = resolver.partial;
    schema.outline.undefined = resolver.undefined.into_keys().collect();
    schema.types = resolver.types;
    schema.commands.sort_by(|a, b| a.name.cmp(&b.name));
    schema.events.sort_by(|a, b| a.name.cmp(&b.name));
    schema
}

impl<'a> Resolver<'a> {
    /// Gives every type its place, and refuses names that are taken.
    fn declare(&mut self) {
        for (index, definition) in self.definitions.iter().enumerate() {
            let name = definition.name.name.as_str();
            let is_type = !matches!(definition.body, Body::Command(_) | Body::Event { .. });
            let built_in = self.is_built_in(name) && (is_type || self.era.checks_references());
            let first = self.by_name.get(name).map(|first| self.definitions[*first].kind);
            if first.is_some() || built_in {
                self.faults.within = format!("{} '{name}'", definition.kind);
                let message = match first {
                    Some(kind) => format!("'{name}' is defined already, as {kind}"),
                    None => format!("'{name}' is a built-in type"),
                };
                self.faults.push(definition.name.span, message);
                continue;
            }
            self.by_name.insert(name, index);
            if is_type {
                let features = features(&definition.features);
                let kind = TypeKind::Object(Object::default());
                let condition = definition.condition.clone();
                self.own[index] =
                    Some(self.add(TypeDef { name: Some(name.to_owned()), kind, features, condition }));
            }
        }
        self.faults.within.clear();
    }

    fn is_built_in(&self, name: &str) -> bool {
        BUILTINS.iter().any(|(known, _)| *known == name) || name == "QType" && self.era.has_qtype()
    }

    /// Whether a type that is not defined may have been so where the document is cut.
    fn may_be_cut_off(&self, name: &str) -> bool {
        self.lenient && !self.is_built_in(name)
    }

    fn add(&mut self, ty: TypeDef) -> TypeId {
        let id = TypeId(self.types.len() as u32);
        self.types.push(ty);
        id
    }

    fn unnamed(&mut self, kind: TypeKind) -> TypeId {
        self.add(TypeDef { name: None, kind, features: Features::default(), condition: None })
    }

    fn built_in(&mut self, name: &str) -> Option<TypeId> {
        let era = self.era;
        let pseudo = self.wild && era.has_pseudo_types() && PSEUDO.contains(&name);
        let wanted = if pseudo { "any" } else { name };
        let (key, kind) = if wanted == "QType" && era.has_qtype() {
            let values =
                QTYPE.iter().map(|name| EnumValue { name: (*name).to_owned(), ..EnumValue::default() });
            ("QType", TypeKind::Enum(EnumType { values: values.collect() }))
        } else {
            let (key, builtin) = BUILTINS.iter().find(|(known, _)| *known == wanted)?;
            let known = match *key {
                "any" => pseudo || era.has_any(),
                "null" => era.has_null_type(),
                _ => true,
            };
            known.then_some(())?;
            (*key, TypeKind::Builtin(*builtin))
        };
        if let Some(id) = self.builtins.get(key) {
            return Some(*id);
        }
        let id = self.add(TypeDef {
            name: Some(key.to_owned()),
            kind,
            features: Features::default(),
            condition: None,
        });
        self.builtins.insert(key, id);
        Some(id)
    }

    /// The type called so; `None`, and a fault, when there is none.
    pub fn named(&mut self, named: &Named) -> Option<TypeId> {
        let own = self.by_name.get(named.name.as_str()).and_then(|index| self.own[*index]);
        if let Some(id) = own.or_else(|| self.built_in(&named.name)) {
            return Some(id);
        }
        if self.lenient {
            self.partial = true;
            return Some(self.undefined(&named.name));
        }
        let types =
            self.by_name.iter().filter(|(_, index)| self.own[**index].is_some()).map(|(name, _)| *name);
        let help = did_you_mean(&named.name, types.chain(BUILTINS.iter().map(|(name, _)| *name)));
        self.faults.push_with_help(named.span, format!("there is no type '{}'", named.name), help);
        None
    }

    /// What stands for a type that is not there: anything, under its name.
    fn undefined(&mut self, name: &str) -> TypeId {
        if let Some(id) = self.undefined.get(name) {
            return *id;
        }
        let kind = TypeKind::Builtin(Builtin::Any);
        let id = self.add(TypeDef {
            name: Some(name.to_owned()),
            kind,
            features: Features::default(),
            condition: None,
        });
        self.undefined.insert(name.to_owned(), id);
        id
    }

    /// The type that a reference means.
    pub fn reference(&mut self, reference: &TypeRef) -> Option<TypeId> {
        match reference {
            TypeRef::Broken => None,
            TypeRef::Name(named) => self.named(named),
            TypeRef::Array(named) => {
                let element = self.named(named)?;
                if let Some(id) = self.arrays.get(&element) {
                    return Some(*id);
                }
                let id = self.unnamed(TypeKind::Array(element));
                self.arrays.insert(element, id);
                Some(id)
            }
            TypeRef::Inline(members) => {
                clash::check_members(self, None, members);
                let members = self.members(members);
                Some(self.unnamed(TypeKind::Object(Object { members, variants: None })))
            }
        }
    }

    pub fn members(&mut self, definitions: &[MemberDef]) -> Vec<Member> {
        let mut members = Vec::with_capacity(definitions.len());
        for one in definitions {
            let Some(ty) = self.reference(&one.ty) else { continue };
            members.push(Member {
                name: one.name.name.clone(),
                ty,
                optional: one.optional,
                features: features(&one.features),
                condition: one.condition.clone(),
            });
        }
        members
    }

    /// The definition that a name refers to.
    pub fn definition(&self, name: &str) -> Option<&'a Definition> {
        self.by_name.get(name).map(|index| &self.definitions[*index])
    }

    fn define(&mut self, index: usize, definition: &Definition, schema: &mut Schema) {
        let name = &definition.name;
        match &definition.body {
            Body::Command(command) => {
                let made = self.command(name, command, definition);
                schema.commands.push(made);
            }
            Body::Event { data, boxed } => {
                let data = self.data(name, data, *boxed);
                let data = data.filter(|ty| !is_empty(&self.types[ty.0 as usize]));
                schema.events.push(Event {
                    name: name.name.clone(),
                    data,
                    features: features(&definition.features),
                    condition: definition.condition.clone(),
                });
            }
            body => {
                self.reject_special_features(definition);
                let kind = match body {
                    Body::Enum(values) => Some(self.enumeration(values)),
                    Body::Struct { base, members } => Some(self.structure(base.as_ref(), members)),
                    Body::Union(union) => self.union(name, union),
                    Body::Alternate(choices) => Some(self.alternate(choices)),
                    Body::Command(_) | Body::Event { .. } => None,
                };
                if let (Some(kind), Some(id)) = (kind, self.own[index]) {
                    self.types[id.0 as usize].kind = kind;
                }
            }
        }
    }

    /// Types are neither deprecated nor unstable: what uses them is.
    fn reject_special_features(&mut self, definition: &Definition) {
        for feature in &definition.features {
            let special = match feature.name.as_str() {
                "deprecated" => self.era.deprecated_is_special(),
                "unstable" => self.era.features_are_special(),
                _ => false,
            };
            if special {
                self.faults.push(feature.span, format!("types have no feature '{}'", feature.name));
            }
        }
    }

    fn enumeration(&mut self, values: &[ValueDef]) -> TypeKind {
        clash::check_values(self, values);
        let values = values.iter().map(|value| EnumValue {
            name: value.name.name.clone(),
            features: features(&value.features),
            condition: value.condition.clone(),
        });
        TypeKind::Enum(EnumType { values: values.collect() })
    }

    fn structure(&mut self, base: Option<&Named>, members: &[MemberDef]) -> TypeKind {
        let mut all = base.map_or_else(Vec::new, |base| self.base(base));
        all.extend(self.members(members));
        clash::check_members(self, base, members);
        TypeKind::Object(Object { members: all, variants: None })
    }

    /// The members of a base and of its bases, outermost last.
    fn base(&mut self, base: &Named) -> Vec<Member> {
        let mut chain = Vec::new();
        let mut next = Some(base);
        while let Some(named) = next {
            let Some(definition) = self.definition(&named.name) else {
                if self.named(named).is_some() && !self.lenient {
                    self.faults.push(named.span, format!("a base is a struct, and '{}' is none", named.name));
                }
                break;
            };
            let Body::Struct { base, members } = &definition.body else {
                let message =
                    format!("a base is a struct, and '{}' is no struct but {}", named.name, definition.kind);
                self.faults.push(named.span, message);
                break;
            };
            chain.push(members);
            next = base.as_ref();
        }
        chain.iter().rev().flat_map(|members| self.members_quietly(members)).collect()
    }

    /// Members whose faults are told where they are defined.
    fn members_quietly(&mut self, members: &[MemberDef]) -> Vec<Member> {
        let told = self.faults.found.len();
        let members = self.members(members);
        self.faults.found.truncate(told);
        members
    }

    fn alternate(&mut self, choices: &[MemberDef]) -> TypeKind {
        clash::check_choices(self, choices);
        let choices = choices.iter().filter_map(|choice| self.reference(&choice.ty)).collect();
        TypeKind::Alternate(Alternate { choices })
    }

    fn command(&mut self, name: &Named, command: &CommandDef, definition: &Definition) -> Command {
        self.wild |= !command.marshalled;
        let arguments = self.data(name, &command.data, command.boxed);
        let arguments = arguments.filter(|ty| !is_empty(&self.types[ty.0 as usize]));
        let returns = command.returns.as_ref().and_then(|returns| {
            self.check_returns(name, returns);
            self.reference(returns)
        });
        self.wild = !self.era.pseudo_types_are_bound();
        let returned = command.returns.as_ref().map_or("", type_name);
        // The type of what is returned may be defined further down, where it is still empty here.
        let empty = match self.definition(returned).map(|known| &known.body) {
            Some(Body::Struct { base: None, members }) => members.is_empty(),
            _ => false,
        };
        let pseudo = match &command.data {
            Data::Inline(members) => members.iter().any(|one| PSEUDO.contains(&type_name(&one.ty))),
            _ => false,
        };
        let free = self.era.has_pseudo_types() && (pseudo || PSEUDO.contains(&returned));
        Command {
            name: name.name.clone(),
            arguments,
            returns: returns.filter(|_| !(empty && matches!(command.returns, Some(TypeRef::Name(_))))),
            allow_oob: command.allow_oob,
            allow_preconfig: Some(command.allow_preconfig),
            success_response: command.success_response,
            marshalled: command.marshalled && !free,
            features: features(&definition.features),
            condition: definition.condition.clone(),
        }
    }

    fn check_returns(&mut self, name: &Named, returns: &TypeRef) {
        if !self.era.returns_are_objects() || self.pragmas.excuses_returns(&name.name, self.era) {
            return;
        }
        let (TypeRef::Name(named) | TypeRef::Array(named)) = returns else { return };
        let known = self.definition(&named.name).map(|known| &known.body);
        let built_in = self.is_built_in(&named.name);
        if built_in || matches!(known, Some(Body::Enum(_) | Body::Alternate(_))) {
            self.faults.push(named.span, format!("commands return objects, and '{}' is none", named.name));
        }
    }

    /// The type of a command's or an event's data.
    fn data(&mut self, name: &Named, data: &Data, boxed: bool) -> Option<TypeId> {
        match data {
            Data::None => None,
            Data::Inline(members) => {
                let conditional = members.iter().find(|member| member.condition.is_some());
                if let Some(member) =
                    conditional.filter(|_| self.era.conditional_arguments_need_boxed() && !boxed)
                {
                    self.faults.push(member.name.span, "conditional arguments need 'boxed'");
                }
                let made = self.members(members);
                clash::check_members(self, None, members);
                (!made.is_empty())
                    .then(|| self.unnamed(TypeKind::Object(Object { members: made, variants: None })))
            }
            Data::Name(named) => {
                let ty = self.named(named)?;
                self.named_data(name, named, ty, boxed)
            }
        }
    }

    /// The type of data that is not written in place.
    fn named_data(&mut self, name: &Named, named: &Named, ty: TypeId, boxed: bool) -> Option<TypeId> {
        if self.by_name.get(named.name.as_str()).is_some_and(|index| self.cyclic[*index]) {
            return Some(ty);
        }
        match self.definition(&named.name).map(|known| &known.body) {
            Some(Body::Struct { base, members }) => {
                let inherited = base.as_ref().map_or_else(Vec::new, |base| self.base(base));
                let all = inherited.iter().map(|member| &member.condition);
                let conditional =
                    all.chain(members.iter().map(|member| &member.condition)).any(Option::is_some);
                if conditional && self.era.conditional_arguments_need_boxed() && !boxed {
                    self.faults.push(named.span, "conditional arguments need 'boxed'");
                }
                let empty = inherited.is_empty() && members.is_empty();
                if empty && boxed && self.era.boxed_data_is_full() {
                    self.faults.push(named.span, "'boxed' makes no sense without members");
                }
                (!empty).then_some(ty)
            }
            Some(Body::Union(_)) if boxed || self.era.unions_are_arguments() => Some(ty),
            Some(Body::Union(_)) => {
                let message = format!("'{}' takes a union only with 'boxed'", name.name);
                self.faults.push(named.span, message);
                None
            }
            // What is sent is an object in any case.
            Some(Body::Alternate(choices)) if boxed && self.era.boxed_data_is_full() => {
                let object = choices.iter().find(|choice| {
                    let known = self.definition(type_name(&choice.ty));
                    known.is_some_and(|known| matches!(known.body, Body::Struct { .. } | Body::Union(_)))
                });
                object.and_then(|choice| self.reference(&choice.ty))
            }
            None if self.may_be_cut_off(&named.name) => Some(ty),
            _ => {
                let message = format!("data is a struct or a union, and '{}' is neither", named.name);
                self.faults.push(named.span, message);
                None
            }
        }
    }
}

/// An unnamed object without members. Named ones may not be filled in yet.
fn is_empty(ty: &TypeDef) -> bool {
    ty.name.is_none() && matches!(&ty.kind, TypeKind::Object(object) if object.members.is_empty())
}

/// The name in a reference; empty for members in place.
pub(super) fn type_name(reference: &TypeRef) -> &str {
    match reference {
        TypeRef::Name(named) | TypeRef::Array(named) => &named.name,
        TypeRef::Inline(_) | TypeRef::Broken => "",
    }
}

fn features(named: &[Named]) -> Features {
    let mut names: Vec<String> = named.iter().map(|named| named.name.clone()).collect();
    names.sort();
    names.dedup();
    Features(names)
}
