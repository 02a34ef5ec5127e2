//! A mandatory member is left out, a union's tag included.

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::{Role, Site};

pub(super) const VIOLATION: Violation =
    Violation { title: "a mandatory member is missing", rule: "arguments-required", forms };

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let Some(object) = site.ty.and_then(|ty| smallest.schema().object(ty)) else { return };
    let mandatory = object.members.iter().filter(|member| !member.optional);
    let before = out.len();
    out.extend(mandatory.map(|member| Form::Without(&member.name)));
    if site.role == Role::Root && out.len() > before {
        out.push(Form::Absent);
    }
}
