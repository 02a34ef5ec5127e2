//! The smallest valid value of every type, found by one fixpoint over the schema.
//!
//! Recursive types get a finite value where one exists; a type without one is reported, never looped over.

use crate::tags::{Tags, branch};
use qmprobe_schema::{Builtin, Object, Schema, TypeId, TypeKind};
use qmprobe_wire::{Number, Value};

/// Levels of nesting that a smallest value may have. QEMU's own input goes down to six or so.
pub const NESTING_MAX: usize = 64;
/// Values within one smallest value: a schema of doubling structs would fill the memory otherwise.
pub const NODES_MAX: u32 = 4096;

/// The string that stands for any `str` without a reason to be another: one letter, since handlers refuse
/// the empty string before they do anything.
pub(crate) const WORD: &str = "x";

/// The smallest valid value of `ty`; `None` when it has no finite one within the limits.
///
/// Computes [`Smallest`] anew: keep one of those to ask about many types.
pub fn minimal_value(schema: &Schema, ty: TypeId) -> Option<Value> {
    Smallest::new(schema).value(ty)
}

/// What the smallest value of a type costs, and which way to go for it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    nodes: u32,
    /// The position among a union's tag values, or among an alternate's choices.
    pick: u32,
}

/// The smallest values of all types of one schema.
#[derive(Debug)]
pub struct Smallest<'s> {
    schema: &'s Schema,
    entries: Vec<Option<Entry>>,
}

impl<'s> Smallest<'s> {
    /// Finds them. Types of depth `n` are settled in round `n`, so the flattest way always wins.
    pub fn new(schema: &'s Schema) -> Smallest<'s> {
        let mut smallest = Smallest { schema, entries: vec![None; schema.types.len()] };
        for _ in 0..NESTING_MAX {
            let open = smallest.entries.iter().enumerate().filter(|(_, entry)| entry.is_none());
            let settled: Vec<(usize, Entry)> = open
                .filter_map(|(at, _)| Some((at, smallest.settle(&schema.types[at].kind)?)))
                .filter(|(_, entry)| entry.nodes <= NODES_MAX)
                .collect();
            if settled.is_empty() {
                break;
            }
            for (at, entry) in settled {
                smallest.entries[at] = Some(entry);
            }
        }
        smallest
    }

    /// The schema they belong to.
    pub fn schema(&self) -> &'s Schema {
        self.schema
    }

    /// Whether `ty` has a finite value within [`NESTING_MAX`] and [`NODES_MAX`].
    pub fn is_finite(&self, ty: TypeId) -> bool {
        self.entry(ty).is_some()
    }

    /// The smallest value of `ty`, or `None` when it is not finite.
    pub fn value(&self, ty: TypeId) -> Option<Value> {
        self.value_with(ty, WORD)
    }

    /// The same with `word` for every `str`.
    pub(crate) fn value_with(&self, ty: TypeId, word: &str) -> Option<Value> {
        let entry = self.entry(ty)?;
        Some(match &self.schema.ty(ty).kind {
            TypeKind::Builtin(builtin) => smallest_builtin(*builtin, word),
            TypeKind::Enum(values) => Value::string(values.values.first()?.name.as_str()),
            TypeKind::Array(_) => Value::Array(Vec::new()),
            TypeKind::Alternate(alternate) => {
                return self.value_with(*alternate.choices.get(entry.pick as usize)?, word);
            }
            TypeKind::Object(object) => {
                let mut members = Vec::with_capacity(object.members.len());
                self.members_into(ty, object, word, &mut members)?;
                Value::Object(members)
            }
        })
    }

    fn members_into(
        &self,
        ty: TypeId,
        object: &Object,
        word: &str,
        out: &mut Vec<(String, Value)>,
    ) -> Option<()> {
        let chosen = self.tag(ty);
        for member in &object.members {
            match chosen {
                Some((tag, value)) if tag == member.name => out.push((tag.to_owned(), Value::string(value))),
                _ if member.optional => {}
                _ => out.push((member.name.clone(), self.value_with(member.ty, word)?)),
            }
        }
        let Some(branch) = chosen.and_then(|(_, value)| branch(object, value)) else { return Some(()) };
        self.members_into(branch, self.schema.object(branch)?, word, out)
    }

    /// The tag of the union `ty` and the value that leads to its smallest branch.
    pub(crate) fn tag(&self, ty: TypeId) -> Option<(&'s str, &'s str)> {
        let entry = self.entry(ty)?;
        let (tag, values) = Tags::of(self.schema, self.schema.object(ty)?)?;
        Some((tag, values.get(entry.pick as usize)?))
    }

    /// The smallest choice of the alternate `ty`.
    pub(crate) fn choice(&self, ty: TypeId) -> Option<TypeId> {
        let entry = self.entry(ty)?;
        match &self.schema.ty(ty).kind {
            TypeKind::Alternate(alternate) => alternate.choices.get(entry.pick as usize).copied(),
            _ => None,
        }
    }

    fn entry(&self, ty: TypeId) -> Option<Entry> {
        self.entries.get(ty.0 as usize).copied().flatten()
    }

    /// The entry of a type whose parts are settled far enough.
    fn settle(&self, kind: &TypeKind) -> Option<Entry> {
        match kind {
            TypeKind::Builtin(_) | TypeKind::Array(_) => Some(Entry { nodes: 1, pick: 0 }),
            TypeKind::Enum(values) => (!values.values.is_empty()).then_some(Entry { nodes: 1, pick: 0 }),
            TypeKind::Alternate(alternate) => {
                cheapest(alternate.choices.iter().map(|choice| self.entry(*choice).map(|entry| entry.nodes)))
            }
            TypeKind::Object(object) => self.settle_object(object),
        }
    }

    fn settle_object(&self, object: &Object) -> Option<Entry> {
        let tag = object.variants.as_ref().map(|variants| variants.tag.as_str());
        let mut nodes: u32 = 1;
        for member in object.members.iter().filter(|member| !member.optional) {
            let cost = if tag == Some(&member.name) { 1 } else { self.entry(member.ty)?.nodes };
            nodes = nodes.saturating_add(cost);
        }
        let Some((_, values)) = Tags::of(self.schema, object) else { return Some(Entry { nodes, pick: 0 }) };
        let branches = values.iter().map(|value| match branch(object, value) {
            // Its members only: they stand in the same object.
            Some(ty) => self.entry(ty).map(|entry| entry.nodes.saturating_sub(1)),
            None => Some(0),
        });
        let best = cheapest(branches)?;
        Some(Entry { nodes: nodes.saturating_add(best.nodes), pick: best.pick })
    }
}

/// The first of the cheapest, among those that are settled.
fn cheapest(costs: impl Iterator<Item = Option<u32>>) -> Option<Entry> {
    let settled = costs.zip(0..).filter_map(|(nodes, pick)| Some(Entry { nodes: nodes?, pick }));
    settled.min_by_key(|entry| entry.nodes)
}

pub(crate) fn smallest_builtin(builtin: Builtin, word: &str) -> Value {
    match builtin {
        Builtin::Str => Value::string(word),
        Builtin::Bool => Value::Bool(false),
        Builtin::Null | Builtin::Any => Value::Null,
        _ => Value::Number(Number::Int(0)),
    }
}
