//! A request that the schema accepts, as small as it can be and still show something.

use super::WIDTH;
use crate::model::{Builtin, Command, EnumType, EnumValue, Schema, TypeId, TypeKind};
use serde_json::{Map, Value, json};

/// The cost of what has no finite value, or none worth showing.
const ENDLESS: u32 = 200;
/// Passes over all types: a value that needs more is too deep to show.
const PASSES_MAX: usize = 64;
/// Lists get an element down to here.
const LISTS_FILLED: usize = 3;

/// The request as JSON text, in one line where it fits; `None` when no small value of its arguments exists.
pub fn request(schema: &Schema, command: &Command) -> Option<String> {
    let Some(id) = command.arguments else {
        return Some(json!({ "execute": command.name }).to_string());
    };
    let costs = Costs::of(schema);
    let arguments = costs.value(id, 0)?;
    if arguments.as_object().is_some_and(Map::is_empty) {
        return Some(json!({ "execute": command.name }).to_string());
    }
    let text = json!({ "execute": command.name, "arguments": arguments }).to_string();
    if text.chars().count() <= WIDTH {
        return Some(text);
    }
    Some(format!("{{\"execute\":{},\n \"arguments\":{arguments}}}", json!(command.name)))
}

/// How many values the smallest value of each type holds.
struct Costs<'a> {
    schema: &'a Schema,
    of: Vec<u32>,
}

impl<'a> Costs<'a> {
    fn of(schema: &'a Schema) -> Costs<'a> {
        let mut costs = Costs { schema, of: vec![ENDLESS; schema.types.len()] };
        for _ in 0..PASSES_MAX {
            let next: Vec<u32> =
                (0..schema.types.len()).map(|index| costs.cost(TypeId(index as u32))).collect();
            if next == costs.of {
                break;
            }
            costs.of = next;
        }
        costs
    }

    fn known(&self, id: TypeId) -> u32 {
        self.of[id.0 as usize]
    }

    fn cost(&self, id: TypeId) -> u32 {
        let cost = match &self.schema.ty(id).kind {
            TypeKind::Builtin(_) | TypeKind::Array(_) => 1,
            TypeKind::Enum(values) if values.values.is_empty() => ENDLESS,
            TypeKind::Enum(_) => 1,
            TypeKind::Alternate(alternate) => {
                let choices = alternate.choices.iter().map(|choice| self.known(*choice));
                choices.min().unwrap_or(ENDLESS).saturating_add(1)
            }
            TypeKind::Object(object) => {
                let mandatory = object.members.iter().filter(|member| !member.optional);
                let members = mandatory.fold(1, |sum: u32, member| sum.saturating_add(self.known(member.ty)));
                let branch = match self.branch(id) {
                    Some((_, branch)) => self.added(branch),
                    None => 0,
                };
                members.saturating_add(branch)
            }
        };
        cost.min(ENDLESS)
    }

    /// What a branch adds: its object is not a value of its own.
    fn added(&self, branch: Option<TypeId>) -> u32 {
        match branch.map_or(0, |branch| self.known(branch)) {
            ENDLESS => ENDLESS,
            cost => cost.saturating_sub(1),
        }
    }

    /// The tag value with the smallest branch, and that branch. `None` for what is no union, or has a tag
    /// without values.
    fn branch(&self, id: TypeId) -> Option<(&'a str, Option<TypeId>)> {
        let object = self.schema.object(id)?;
        let variants = object.variants.as_ref()?;
        let tag = object.member(&variants.tag)?;
        let Some(tag) = self.schema.enumeration(tag.ty) else {
            let cheapest = variants.branches.iter().min_by_key(|branch| self.known(branch.ty))?;
            return Some((&cheapest.value, Some(cheapest.ty)));
        };
        let values = tag.values.iter().map(|value| (value, variants.branch(&value.name)));
        let (value, branch) = values.min_by_key(|(value, branch)| (self.added(*branch), !is_plain(value)))?;
        Some((&value.name, branch))
    }

    /// A smallest value. Each step down costs less, so this ends.
    fn value(&self, id: TypeId, depth: usize) -> Option<Value> {
        if self.known(id) >= ENDLESS {
            return None;
        }
        Some(match &self.schema.ty(id).kind {
            TypeKind::Builtin(builtin) => scalar(*builtin),
            TypeKind::Enum(values) => json!(first_plain(values)?.name),
            TypeKind::Array(element) if depth < LISTS_FILLED => {
                self.value(*element, depth + 1).into_iter().collect()
            }
            TypeKind::Array(_) => json!([]),
            TypeKind::Alternate(alternate) => {
                let cheapest = alternate.choices.iter().min_by_key(|choice| {
                    let null = self.schema.ty(**choice).kind == TypeKind::Builtin(Builtin::Null);
                    (self.known(**choice), null)
                })?;
                self.value(*cheapest, depth + 1)?
            }
            TypeKind::Object(_) => {
                let mut members = Map::new();
                self.fill(&mut members, id, depth + 1)?;
                Value::Object(members)
            }
        })
    }

    /// The mandatory members of an object and of its smallest branch.
    fn fill(&self, into: &mut Map<String, Value>, id: TypeId, depth: usize) -> Option<()> {
        let object = self.schema.object(id)?;
        for member in object.members.iter().filter(|member| !member.optional) {
            into.insert(member.name.clone(), self.value(member.ty, depth)?);
        }
        if let (Some(variants), Some((value, branch))) = (&object.variants, self.branch(id)) {
            into.insert(variants.tag.clone(), json!(value));
            if let Some(branch) = branch {
                self.fill(into, branch, depth)?;
            }
        }
        Some(())
    }
}

fn scalar(builtin: Builtin) -> Value {
    match builtin {
        Builtin::Str => json!("text"),
        Builtin::Number => json!(0.5),
        Builtin::Bool => json!(true),
        Builtin::Null => Value::Null,
        Builtin::Any => json!({}),
        _ => json!(1),
    }
}

fn first_plain(values: &EnumType) -> Option<&EnumValue> {
    values.values.iter().find(|value| is_plain(value)).or(values.values.first())
}

/// Neither deprecated nor unstable nor conditional.
fn is_plain(value: &EnumValue) -> bool {
    value.condition.is_none() && value.features.0.is_empty()
}
