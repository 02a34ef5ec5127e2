//! The valid forms of each place: present, ends of ranges, every enum value, all and all-but-one optionals.

use crate::boundary;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::{Role, Site, Step, optionals, own_optionals};
use qmprobe_schema::{Builtin, TypeKind};
use qmprobe_wire::Value;
use std::collections::HashSet;

/// Elements of an array of several.
const SEVERAL: usize = 3;

/// Names of arguments that had the longest string already: what is called the same mostly goes the same way.
pub(crate) type Stretched<'s> = HashSet<&'s str>;

/// The forms that conform at `site`, without those that only repeat a place nearer to the top.
pub(crate) fn forms<'s>(
    smallest: &Smallest<'s>,
    site: &Site<'s>,
    stretched: &mut Stretched<'s>,
) -> Vec<Form<'s>> {
    let mut forms = Vec::new();
    if site.role == Role::Tag {
        // Each of its values is the branch that it chooses.
        return forms;
    }
    if site.fresh {
        forms.push(Form::Smallest);
    }
    let Some(ty) = site.ty else {
        all_members(smallest, site, &mut forms);
        return forms;
    };
    if site.role == Role::Root && smallest.value(ty).is_some_and(|value| value.as_object() == Some(&[])) {
        forms.push(Form::Absent);
    }
    match &smallest.schema().ty(ty).kind {
        TypeKind::Builtin(builtin) => {
            // Of other places than a command's own mandatory arguments there are many.
            let long = match *site.steps {
                [Step::Member(name)] => *builtin == Builtin::Str && !site.optional && stretched.insert(name),
                _ => false,
            };
            forms.extend(boundary::values(*builtin, long).into_iter().map(Form::Exactly));
        }
        TypeKind::Enum(values) => {
            let rest = values.values.iter().skip(1);
            forms.extend(rest.map(|value| Form::Exactly(Value::string(value.name.as_str()))));
        }
        TypeKind::Array(element) if smallest.is_finite(*element) => forms.push(Form::Repeat(SEVERAL)),
        TypeKind::Object(_) => all_members(smallest, site, &mut forms),
        _ => {}
    }
    forms
}

/// All optional members at once, and all but each, where that differs from one alone and from none.
fn all_members<'s>(smallest: &Smallest<'s>, site: &Site<'s>, forms: &mut Vec<Form<'s>>) {
    if site.role == Role::Branch && !site.fresh {
        return;
    }
    let around = site.around.iter().filter_map(|ty| smallest.schema().object(*ty));
    let mut names: Vec<&str> = around.flat_map(|object| own_optionals(smallest, object)).collect();
    names.extend(site.ty.into_iter().flat_map(|ty| optionals(smallest, ty)));
    if names.len() >= 2 {
        forms.push(Form::All);
    }
    if names.len() >= 3 {
        forms.extend(names.into_iter().map(Form::AllBut));
    }
}
