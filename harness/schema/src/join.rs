//! One schema from two: what the source declares, and what a running peer says of itself.
//!
//! What exists and of which shape comes from the peer, which knows how it was built; integer ranges, names, and
//! what introspection does not tell of commands come from the source. Types are compared by structure, a pair
//! at a time, so that recursive ones end; masked names mean nothing.

use crate::model::{
    Alternate, Branch, Builtin, Command, Condition, EnumType, EnumValue, Event, Features, Member, Object,
    Schema, TypeDef, TypeId, TypeKind, Variants,
};
use crate::outline::Outline;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::{self, Display, Formatter};

/// How many pairs of types there may be for each type: schemas that belong together have about one. Beyond,
/// the peer's types are taken as they are.
const PAIRS_PER_TYPE: usize = 8;

/// Where source and peer differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The place, as our own format names places: `block-commit.arguments.on-error`.
    pub path: String,
    /// What differs there.
    pub what: Difference,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The source has it under no condition; the peer lacks it.
    Missing,
    /// The peer has it; the source lacks it.
    Undeclared,
    /// They are of different kinds.
    Kind {
        /// The kind in the source.
        declared: &'static str,
        /// The peer's.
        live: &'static str,
    },
    /// One says optional and the other mandatory.
    Optional {
        /// Whether it is optional in the source.
        declared: bool,
    },
    /// One says that a command may run out of band and the other that it may not.
    OutOfBand {
        /// Whether it may in the source.
        declared: bool,
    },
}

impl Display for Disagreement {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let optional = |optional: bool| if optional { "optional" } else { "mandatory" };
        let may = |may: bool| if may { "may" } else { "may not" };
        write!(out, "{}: ", self.path)?;
        match &self.what {
            Difference::Missing => out.write_str("declared, and the peer lacks it"),
            Difference::Undeclared => out.write_str("the peer has it, and it is not declared"),
            Difference::Kind { declared, live } => write!(out, "declared {declared}; the peer says {live}"),
            Difference::Optional { declared } => {
                write!(out, "declared {}; the peer says {}", optional(*declared), optional(!declared))
            }
            Difference::OutOfBand { declared } => write!(
                out,
                "declared as what {} run out of band; the peer says it {}",
                may(*declared),
                may(!declared)
            ),
        }
    }
}

/// Whether a schema tells what introspection does not: names of types, widths of integers, conditions. One that
/// does not is a peer's own, whole or cut down, and there is nothing to join.
pub fn is_of_source(schema: &Schema) -> bool {
    let is_wide = |id: &TypeId| match schema.ty(*id).kind {
        TypeKind::Builtin(builtin) => builtin.range().is_some() && builtin != Builtin::Integer,
        _ => false,
    };
    let tells = |def: &TypeDef| {
        def.name.is_some()
            || match &def.kind {
                TypeKind::Object(object) => {
                    object.members.iter().any(|one| one.condition.is_some() || is_wide(&one.ty))
                }
                TypeKind::Array(of) => is_wide(of),
                TypeKind::Alternate(alternate) => alternate.choices.iter().any(is_wide),
                TypeKind::Enum(_) | TypeKind::Builtin(_) => false,
            }
    };
    schema.types.iter().any(tells)
        || schema
            .commands
            .iter()
            .any(|one| one.condition.is_some() || one.returns.as_ref().is_some_and(is_wide))
}

/// Joins the schema of the source with the peer's own. Features are those that either has: introspection tells
/// of fewer places the older it is.
pub fn join(declared: Schema, live: &Schema) -> (Schema, Vec<Disagreement>) {
    let limit = (declared.types.len() + live.types.len()) * PAIRS_PER_TYPE;
    let outline = Outline { since: declared.outline.since.clone(), ..Outline::default() };
    let mut join = Join {
        declared: &declared,
        live,
        joined: Schema { partial: live.partial, outline, ..Schema::default() },
        ids: HashMap::new(),
        todo: Vec::new(),
        limit,
        found: Vec::new(),
    };
    for command in &live.commands {
        let command = join.command(command);
        join.joined.commands.push(command);
    }
    for event in &live.events {
        let event = join.event(event);
        join.joined.events.push(event);
    }
    join.absent();
    while let Some(pair) = join.todo.pop() {
        join.joined.types[pair.id.0 as usize] = join.definition(&pair);
    }
    join.found.sort_by(|a, b| a.path.cmp(&b.path));
    (join.joined, join.found)
}

struct Join<'a> {
    declared: &'a Schema,
    live: &'a Schema,
    joined: Schema,
    ids: HashMap<(Option<TypeId>, TypeId), TypeId>,
    todo: Vec<Pair>,
    limit: usize,
    found: Vec<Disagreement>,
}

/// A type of the peer, the source's for the same place, and what comes of them.
struct Pair {
    id: TypeId,
    declared: Option<TypeId>,
    live: TypeId,
    path: String,
}

impl<'a> Join<'a> {
    fn report(&mut self, path: String, what: Difference) {
        self.found.push(Disagreement { path, what });
    }

    /// The joined type of a pair; it is made later, if it is new.
    fn pair(&mut self, declared: Option<TypeId>, live: TypeId, path: String) -> TypeId {
        let declared = declared.filter(|_| self.ids.len() < self.limit);
        let (next, todo) = (TypeId(self.joined.types.len() as u32), &mut self.todo);
        let id = *self.ids.entry((declared, live)).or_insert_with(|| {
            todo.push(Pair { id: next, declared, live, path });
            next
        });
        if id == next {
            let kind = TypeKind::Builtin(Builtin::Any);
            self.joined.types.push(TypeDef {
                name: None,
                kind,
                features: Features::default(),
                condition: None,
            });
        }
        id
    }

    fn command(&mut self, live: &Command) -> Command {
        let Some(declared) = self.declared.command(&live.name) else {
            self.undeclared_unless_partial(live.name.clone());
            return Command {
                arguments: live.arguments.map(|id| self.pair(None, id, String::new())),
                returns: live.returns.map(|id| self.pair(None, id, String::new())),
                condition: None,
                ..live.clone()
            };
        };
        if declared.allow_oob != live.allow_oob {
            self.report(live.name.clone(), Difference::OutOfBand { declared: declared.allow_oob });
        }
        Command {
            name: live.name.clone(),
            arguments: self.part(declared.arguments, live.arguments, format!("{}.arguments", live.name)),
            returns: self.part(declared.returns, live.returns, format!("{}.returns", live.name)),
            allow_oob: live.allow_oob,
            allow_preconfig: declared.allow_preconfig.or(live.allow_preconfig),
            success_response: declared.success_response,
            marshalled: declared.marshalled,
            features: either(&declared.features, &live.features),
            condition: None,
        }
    }

    fn event(&mut self, live: &Event) -> Event {
        let Some(declared) = self.declared.event(&live.name) else {
            self.undeclared_unless_partial(live.name.clone());
            let data = live.data.map(|id| self.pair(None, id, String::new()));
            return Event { data, condition: None, ..live.clone() };
        };
        Event {
            name: live.name.clone(),
            data: self.part(declared.data, live.data, format!("{}.data", live.name)),
            features: either(&declared.features, &live.features),
            condition: None,
        }
    }

    /// Of a document known to be cut nothing is missing.
    fn undeclared_unless_partial(&mut self, path: String) {
        if !self.declared.partial {
            self.report(path, Difference::Undeclared);
        }
    }

    /// Arguments, return or data: absent is the empty object.
    fn part(&mut self, declared: Option<TypeId>, live: Option<TypeId>, path: String) -> Option<TypeId> {
        match (declared, live) {
            (None, None) => None,
            (Some(declared), Some(live)) => Some(self.pair(Some(declared), live, path)),
            (None, Some(live)) => {
                self.report(path, Difference::Undeclared);
                Some(self.pair(None, live, String::new()))
            }
            (Some(declared), None) => {
                if !may_be_empty(self.declared, declared) {
                    self.report(path, Difference::Missing);
                }
                None
            }
        }
    }

    /// Commands and events that the peer lacks.
    fn absent(&mut self) {
        if self.live.partial {
            return;
        }
        let commands = self
            .declared
            .commands
            .iter()
            .map(|one| (&one.name, &one.condition, self.live.command(&one.name).is_some()));
        let events = self
            .declared
            .events
            .iter()
            .map(|one| (&one.name, &one.condition, self.live.event(&one.name).is_some()));
        let absent: Vec<String> = commands
            .chain(events)
            .filter(|(_, condition, there)| condition.is_none() && !there)
            .map(|(name, ..)| name.clone())
            .collect();
        for name in absent {
            self.report(name, Difference::Missing);
        }
    }

    fn definition(&mut self, pair: &Pair) -> TypeDef {
        let live = self.live.ty(pair.live);
        let Some(declared) = pair.declared.map(|id| self.declared.ty(id)) else {
            let kind = self.copied(&live.kind);
            return TypeDef { kind, condition: None, ..live.clone() };
        };
        let path = &pair.path;
        let kind = match (&declared.kind, &live.kind) {
            (TypeKind::Builtin(declared), TypeKind::Builtin(live)) if *live == introspected(*declared) => {
                TypeKind::Builtin(*declared)
            }
            (TypeKind::Enum(declared), TypeKind::Enum(live)) => {
                TypeKind::Enum(self.enumeration(declared, live, path))
            }
            (TypeKind::Array(declared), TypeKind::Array(live)) => {
                TypeKind::Array(self.pair(Some(*declared), *live, path.clone()))
            }
            (TypeKind::Object(declared), TypeKind::Object(live)) => {
                TypeKind::Object(self.object(declared, live, path))
            }
            (TypeKind::Alternate(declared), TypeKind::Alternate(live)) => {
                TypeKind::Alternate(self.alternate(declared, live, path))
            }
            (declared, live) if declared == live => live.clone(),
            (declared, live) => {
                let (declared, said) = (kind_name(declared), kind_name(live));
                self.report(path.clone(), Difference::Kind { declared, live: said });
                return TypeDef {
                    kind: self.copied(live),
                    condition: None,
                    ..self.live.ty(pair.live).clone()
                };
            }
        };
        let name = declared.name.clone().or_else(|| live.name.clone());
        TypeDef { name, kind, features: either(&declared.features, &live.features), condition: None }
    }

    /// The peer's type as it is.
    fn copied(&mut self, kind: &TypeKind) -> TypeKind {
        let mut kind = kind.clone();
        let mut copy = |id: &mut TypeId| *id = self.pair(None, *id, String::new());
        match &mut kind {
            TypeKind::Array(element) => copy(element),
            TypeKind::Object(object) => {
                object.members.iter_mut().for_each(|member| copy(&mut member.ty));
                let branches = object.variants.iter_mut().flat_map(|variants| &mut variants.branches);
                branches.for_each(|branch| copy(&mut branch.ty));
            }
            TypeKind::Alternate(alternate) => alternate.choices.iter_mut().for_each(copy),
            TypeKind::Builtin(_) | TypeKind::Enum(_) => {}
        }
        kind
    }

    fn enumeration(&mut self, declared: &EnumType, live: &EnumType, path: &str) -> EnumType {
        let known: HashMap<&str, &EnumValue> =
            declared.values.iter().map(|value| (&*value.name, value)).collect();
        let mut values = Vec::with_capacity(live.values.len());
        for value in &live.values {
            let features = match known.get(&*value.name) {
                Some(declared) => either(&declared.features, &value.features),
                None => {
                    self.report(format!("{path}={}", value.name), Difference::Undeclared);
                    value.features.clone()
                }
            };
            values.push(EnumValue { name: value.name.clone(), features, condition: None });
        }
        let there: HashSet<&str> = live.values.iter().map(|value| &*value.name).collect();
        let declared = declared.values.iter().map(|value| (&*value.name, &value.condition));
        self.missing(declared, &there, |name| format!("{path}={name}"));
        EnumType { values }
    }

    /// Reports what is declared under no condition and not there.
    fn missing<'n>(
        &mut self,
        declared: impl Iterator<Item = (&'n str, &'n Option<Condition>)>,
        there: &HashSet<&str>,
        path: impl Fn(&str) -> String,
    ) {
        for (name, condition) in declared {
            if condition.is_none() && !there.contains(name) {
                self.report(path(name), Difference::Missing);
            }
        }
    }

    fn object(&mut self, declared: &'a Object, live: &'a Object, path: &str) -> Object {
        let known: HashMap<&str, &Member> =
            declared.members.iter().map(|member| (&*member.name, member)).collect();
        let mut members = Vec::with_capacity(live.members.len());
        for member in &live.members {
            let place = format!("{path}.{}", member.name);
            let counterpart = known.get(&*member.name);
            match counterpart {
                None => self.report(place.clone(), Difference::Undeclared),
                Some(declared) if declared.optional != member.optional => {
                    self.report(place.clone(), Difference::Optional { declared: declared.optional });
                }
                Some(_) => {}
            }
            let features = counterpart.map_or_else(
                || member.features.clone(),
                |declared| either(&declared.features, &member.features),
            );
            let ty = self.pair(counterpart.map(|declared| declared.ty), member.ty, place);
            members.push(Member { ty, features, condition: None, ..member.clone() });
        }
        let there: HashSet<&str> = live.members.iter().map(|member| &*member.name).collect();
        let all = declared.members.iter().map(|member| (&*member.name, &member.condition));
        self.missing(all, &there, |name| format!("{path}.{name}"));
        Object { members, variants: self.variants(declared, live, path) }
    }

    fn variants(&mut self, declared: &'a Object, live: &'a Object, path: &str) -> Option<Variants> {
        let (from, to) = (declared.variants.as_ref(), live.variants.as_ref());
        let tags = [from, to].map(|variants| variants.map(|variants| &*variants.tag));
        if tags[0] != tags[1] {
            let union = |tag: Option<&str>| if tag.is_some() { "union" } else { "struct" };
            self.report(path.to_owned(), Difference::Kind { declared: union(tags[0]), live: union(tags[1]) });
        }
        let to = to?;
        let known: HashMap<&str, &Branch> = from
            .filter(|from| from.tag == to.tag)
            .into_iter()
            .flat_map(|from| &from.branches)
            .map(|branch| (&*branch.value, branch))
            .collect();
        let mut branches = Vec::with_capacity(to.branches.len());
        let tag = declared.member(&to.tag).and_then(|tag| self.declared.enumeration(tag.ty));
        for branch in &to.branches {
            let place = format!("{path}={}", branch.value);
            let counterpart = known.get(&*branch.value);
            // Introspection lists values without a branch, too: with the empty object. And a value that is not
            // declared is a difference of the tag.
            let undeclared = counterpart.is_none()
                && !may_be_empty(self.live, branch.ty)
                && tag.is_some_and(|tag| tag.has(&branch.value));
            if undeclared {
                self.report(place.clone(), Difference::Undeclared);
            }
            let ty = self.pair(counterpart.map(|declared| declared.ty), branch.ty, place);
            branches.push(Branch { value: branch.value.clone(), ty, condition: None });
        }
        let there: HashSet<&str> = to.branches.iter().map(|branch| &*branch.value).collect();
        let tag = live.member(&to.tag).and_then(|tag| self.live.enumeration(tag.ty));
        let wanted = |branch: &&Branch| {
            !may_be_empty(self.declared, branch.ty) && tag.is_some_and(|tag| tag.has(&branch.value))
        };
        let all: Vec<&Branch> = known.into_values().filter(wanted).collect();
        let all = all.into_iter().map(|branch| (&*branch.value, &branch.condition));
        self.missing(all, &there, |value| format!("{path}={value}"));
        Some(Variants { tag: to.tag.clone(), branches })
    }

    /// Choices correspond by their JSON type: an alternate has at most one of each.
    fn alternate(&mut self, declared: &Alternate, live: &Alternate, path: &str) -> Alternate {
        let known: HashMap<&str, TypeId> =
            declared.choices.iter().map(|id| (json_type(self.declared, *id), *id)).collect();
        let mut choices = Vec::with_capacity(live.choices.len());
        let mut there = HashSet::new();
        for choice in &live.choices {
            let ty = json_type(self.live, *choice);
            there.insert(ty);
            let place = format!("{path}|{ty}");
            if !known.contains_key(ty) {
                self.report(place.clone(), Difference::Undeclared);
            }
            choices.push(self.pair(known.get(ty).copied(), *choice, place));
        }
        let all = declared.choices.iter().map(|id| (json_type(self.declared, *id), &None));
        self.missing(all, &there, |ty| format!("{path}|{ty}"));
        Alternate { choices }
    }
}

/// Whether an object can be without members: it has none but conditional ones.
fn may_be_empty(schema: &Schema, id: TypeId) -> bool {
    schema.object(id).is_some_and(|object| {
        object.variants.is_none() && object.members.iter().all(|member| member.condition.is_some())
    })
}

/// What introspection makes of a builtin: all integers are one.
fn introspected(builtin: Builtin) -> Builtin {
    if builtin.range().is_some() { Builtin::Integer } else { builtin }
}

fn either(a: &Features, b: &Features) -> Features {
    let all: BTreeSet<&String> = a.0.iter().chain(&b.0).collect();
    Features(all.into_iter().cloned().collect())
}

fn kind_name(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Builtin(builtin) => introspected(*builtin).name(),
        TypeKind::Enum(_) => "enum",
        TypeKind::Array(_) => "list",
        TypeKind::Object(_) => "object",
        TypeKind::Alternate(_) => "alternate",
    }
}

fn json_type(schema: &Schema, id: TypeId) -> &'static str {
    match &schema.ty(id).kind {
        TypeKind::Enum(_) => "str",
        kind => kind_name(kind),
    }
}
