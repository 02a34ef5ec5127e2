//! The valid forms of each place: present, ends of ranges, every enum value, all and all-but-one optionals.

use crate::boundary;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::{Role, Site, optionals, own_optionals};
use qmprobe_schema::TypeKind;
use qmprobe_wire::Value;

/// Elements of an array of several.
const SEVERAL: usize = 3;

/// The forms that conform at `site`, without those that only repeat a place nearer to the top.
pub(crate) fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>) -> Vec<Form<'s>> {
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
            let values = boundary::values(*builtin, site.steps.len() > 1 || site.optional);
            forms.extend(values.into_iter().map(Form::Exactly));
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
