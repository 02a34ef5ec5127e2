//! A member that the schema does not declare: made up, or a declared one in another spelling.

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::{Role, Site};
use qmprobe_wire::Value;

pub(super) const VIOLATION: Violation =
    Violation { title: "the member is not declared", rule: "arguments-unknown", forms };

/// A name that no schema has.
pub(crate) const MADE_UP: &str = "no-such-member";

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let object = site.ty.and_then(|ty| smallest.schema().object(ty));
    if object.is_none() && site.around.is_empty() {
        return;
    }
    // In the branch that the union takes by itself it would be the same request as at the union.
    let repeats = site.role == Role::Branch && !site.fresh;
    if !repeats && !site.declares(smallest.schema(), MADE_UP) {
        out.push(Form::With(MADE_UP.into(), Value::int(1)));
        // Where null counts as absent, it may for what is not declared, too.
        out.push(Form::With(MADE_UP.into(), Value::Null));
    }
    let Some(member) = object.and_then(|object| object.members.first()) else { return };
    let Some(value) = smallest.value(member.ty) else { return };
    let swapped = if member.name.contains('-') {
        member.name.replace('-', "_")
    } else {
        member.name.to_ascii_uppercase()
    };
    if !site.declares(smallest.schema(), &swapped) {
        out.push(Form::With(swapped.into(), value));
    }
}
