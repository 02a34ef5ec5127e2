//! What is left of a schema where it is known which symbols a build defines.

use crate::model::{Condition, Object, Schema, TypeKind};

impl Condition {
    /// Whether it is met where `defined` says which symbols are defined.
    pub fn holds(&self, defined: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Condition::Symbol(symbol) => defined(symbol),
            Condition::All(all) => all.iter().all(|one| one.holds(defined)),
            Condition::Any(any) => any.iter().any(|one| one.holds(defined)),
            Condition::Not(one) => !one.holds(defined),
        }
    }
}

/// The schema as a build has it that defines these symbols: what is conditional is there without condition,
/// or gone. Types that nothing refers to any more stay.
pub fn resolved(mut schema: Schema, defined: &dyn Fn(&str) -> bool) -> Schema {
    let meets = |condition: &mut Option<Condition>| condition.take().is_none_or(|one| one.holds(defined));
    schema.commands.retain_mut(|command| meets(&mut command.condition));
    schema.events.retain_mut(|event| meets(&mut event.condition));
    let exists: Vec<bool> = schema.types.iter_mut().map(|ty| meets(&mut ty.condition)).collect();
    for ty in &mut schema.types {
        match &mut ty.kind {
            TypeKind::Enum(values) => values.values.retain_mut(|value| meets(&mut value.condition)),
            TypeKind::Object(object) => {
                object.members.retain_mut(|member| meets(&mut member.condition));
                if let Some(variants) = &mut object.variants {
                    variants.branches.retain_mut(|branch| meets(&mut branch.condition));
                }
            }
            TypeKind::Alternate(alternate) => alternate.choices.retain(|choice| exists[choice.0 as usize]),
            TypeKind::Builtin(_) | TypeKind::Array(_) => {}
        }
    }
    drop_valueless_branches(&mut schema);
    schema
}

/// A branch goes with the tag value that chooses it.
fn drop_valueless_branches(schema: &mut Schema) {
    for at in 0..schema.types.len() {
        let TypeKind::Object(object) = &schema.types[at].kind else { continue };
        let Some(variants) = &object.variants else { continue };
        let tag = object.member(&variants.tag).map(|member| member.ty);
        let Some(values) = tag.and_then(|tag| schema.enumeration(tag)) else { continue };
        let gone: Vec<bool> = variants.branches.iter().map(|branch| !values.has(&branch.value)).collect();
        if let TypeKind::Object(Object { variants: Some(variants), .. }) = &mut schema.types[at].kind {
            let mut gone = gone.into_iter();
            variants.branches.retain(|_| !gone.next().unwrap_or_default());
        }
    }
}
