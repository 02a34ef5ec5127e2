//! From a path to the thing it names.

use crate::model::{Command, Event, Object, Schema, TypeId, TypeKind};

/// What a path names.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// A command.
    Command(&'a Command),
    /// An event.
    Event(&'a Event),
    /// A type.
    Type(TypeId),
}

/// What `path` names. Names may contain dots (`__com.vendor_x`), so the longest name that fits is taken.
pub fn find<'a>(schema: &'a Schema, path: &str) -> Option<Place<'a>> {
    if let Some(command) = schema.command(path) {
        return Some(Place::Command(command));
    }
    if let Some(event) = schema.event(path) {
        return Some(Place::Event(event));
    }
    let (start, mut rest) = root(schema, path)?;
    let mut at = start;
    while !rest.is_empty() {
        at = elements(schema, at);
        (at, rest) = match rest.split_at_checked(1)? {
            (".", name) => member(schema.object(at)?, name)?,
            ("=", value) => branch(schema.object(at)?, value)?,
            ("|", index) => choice(schema, at, index)?,
            _ => return None,
        };
    }
    Some(Place::Type(at))
}

/// The type with which a path begins, and the rest of the path.
fn root<'p>(schema: &Schema, path: &'p str) -> Option<(TypeId, &'p str)> {
    let commands = schema.commands.iter().flat_map(|command| {
        [(&command.name, ".arguments", command.arguments), (&command.name, ".returns", command.returns)]
    });
    let events = schema.events.iter().map(|event| (&event.name, ".data", event.data));
    let of_messages = commands.chain(events).filter_map(|(name, part, id)| {
        let rest = path.strip_prefix(name.as_str())?.strip_prefix(part)?;
        Some((id?, rest))
    });
    let types = schema.types.iter().zip(0..).filter_map(|(def, index)| {
        let rest = path.strip_prefix(def.name.as_deref()?)?;
        Some((TypeId(index), rest))
    });
    of_messages.chain(types).filter(|(_, rest)| ends_a_name(rest)).min_by_key(|(_, rest)| rest.len())
}

fn ends_a_name(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '=', '|'])
}

/// What a list of any depth is of: paths pass through lists.
fn elements(schema: &Schema, mut id: TypeId) -> TypeId {
    for _ in 0..crate::model::LIST_DEPTH_MAX {
        let TypeKind::Array(element) = schema.ty(id).kind else { break };
        id = element;
    }
    id
}

fn member<'p>(object: &Object, path: &'p str) -> Option<(TypeId, &'p str)> {
    let fitting =
        object.members.iter().filter_map(|member| Some((member.ty, path.strip_prefix(&*member.name)?)));
    fitting.filter(|(_, rest)| ends_a_name(rest)).min_by_key(|(_, rest)| rest.len())
}

fn branch<'p>(object: &Object, path: &'p str) -> Option<(TypeId, &'p str)> {
    let branches = object.variants.as_ref()?.branches.iter();
    let fitting = branches.filter_map(|branch| Some((branch.ty, path.strip_prefix(&*branch.value)?)));
    fitting.filter(|(_, rest)| ends_a_name(rest)).min_by_key(|(_, rest)| rest.len())
}

fn choice<'p>(schema: &Schema, id: TypeId, path: &'p str) -> Option<(TypeId, &'p str)> {
    let TypeKind::Alternate(alternate) = &schema.ty(id).kind else { return None };
    let end = path.find(|character: char| !character.is_ascii_digit()).unwrap_or(path.len());
    Some((*alternate.choices.get(path[..end].parse::<usize>().ok()?)?, &path[end..]))
}
