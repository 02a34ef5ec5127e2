//! A member of another branch than the one that the tag chooses.

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::{Role, Site};

pub(super) const VIOLATION: Violation =
    Violation { title: "the member belongs to another branch", rule: "arguments-unknown", forms };

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    if site.role != Role::Branch {
        return;
    }
    let schema = smallest.schema();
    let union = site.around.last().and_then(|ty| schema.object(*ty));
    let branches =
        union.and_then(|union| union.variants.as_ref()).map(|variants| variants.branches.as_slice());
    let others = branches.unwrap_or_default().iter().filter(|branch| Some(branch.ty) != site.ty);
    let members = others.filter_map(|branch| schema.object(branch.ty)).flat_map(|object| &object.members);
    let foreign = members
        .filter(|member| !site.declares(schema, &member.name))
        .find_map(|member| Some((member, smallest.value(member.ty)?)));
    if let Some((member, value)) = foreign {
        out.push(Form::With(member.name.as_str().into(), value));
    }
}
