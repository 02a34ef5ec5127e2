//! Single violations of the argument rules: one file each, and one line in [`ALL`].
//!
//! A violation knows the forms by which exactly one rule is broken at a place; everything around the place
//! stays valid.

mod alternate_type;
mod coercion;
mod enum_value;
mod foreign_member;
mod missing_member;
mod null;
mod range;
mod unknown_member;
mod wrong_type;

use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::Site;
use qmprobe_wire::Value;

/// One way to break one rule.
#[derive(Debug)]
pub struct Violation {
    /// What it is, in words that end a case's name.
    pub title: &'static str,
    /// The slug of the rule that it breaks.
    pub rule: &'static str,
    /// Appends the forms that break the rule at a place.
    pub(crate) forms: for<'s> fn(&Smallest<'s>, &Site<'s>, &mut Vec<Form<'s>>),
}

/// Every violation.
pub const ALL: &[&Violation] = &[
    &missing_member::VIOLATION,
    &unknown_member::VIOLATION,
    &foreign_member::VIOLATION,
    &wrong_type::VIOLATION,
    &alternate_type::VIOLATION,
    &coercion::VIOLATION,
    &null::VIOLATION,
    &range::VIOLATION,
    &enum_value::VIOLATION,
];

/// The violations by a command that takes no arguments.
pub(crate) fn of_no_arguments<'s>() -> impl Iterator<Item = (Form<'s>, &'static Violation)> {
    let form = Form::With(unknown_member::MADE_UP.into(), Value::int(1));
    [(form, &unknown_member::VIOLATION)].into_iter()
}
