//! Arguments from a place and what is to stand there; everything beside the way is the smallest.

use crate::minimal::Smallest;
use crate::site::Step;
use crate::tags::branch;
use qmprobe_schema::{Object, TypeId, TypeKind};
use qmprobe_wire::Value;
use std::borrow::Cow;

/// What is to stand at a place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form<'s> {
    /// No `arguments` at all. At the root only.
    Absent,
    /// The smallest value.
    Smallest,
    /// This value.
    Exactly(Value),
    /// A number whose text matters: no [`Value`] prints it so.
    Token(&'static str),
    /// So many smallest elements.
    Repeat(usize),
    /// The object with all its optional members, those of unions around it and of its branches included.
    All,
    /// The same without this one.
    AllBut(&'s str),
    /// The object without this member of its own.
    Without(&'s str),
    /// The object with this member in addition.
    With(Cow<'s, str>, Value),
}

/// Stands for a [`Form::Token`] until the request is bytes. Nothing else here makes this number.
const TOKEN_STAND_IN: i64 = -7_046_029_254_386_353_131;

/// Puts `token` where the arguments have its stand-in.
pub(crate) fn put_token(request: &mut Vec<u8>, token: &str) {
    let mark = TOKEN_STAND_IN.to_string();
    if let Some(at) = request.windows(mark.len()).position(|window| window == mark.as_bytes()) {
        request.splice(at..at + mark.len(), token.bytes());
    }
}

/// Builds arguments.
#[derive(Clone, Copy)]
pub(crate) struct Build<'b, 's> {
    pub smallest: &'b Smallest<'s>,
    /// Stands for any `str`.
    pub word: &'b str,
    /// Give all optional members to every object on the way.
    pub full: bool,
}

impl<'s> Build<'_, 's> {
    /// The value of type `ty` in which `form` stands at the end of `steps`.
    /// `None` when something on the way has no finite value.
    pub fn value(&self, ty: TypeId, steps: &[Step<'s>], form: &Form<'s>) -> Option<Value> {
        if steps.is_empty() {
            match form {
                Form::Exactly(value) => return Some(value.clone()),
                Form::Token(_) => return Some(Value::int(TOKEN_STAND_IN)),
                _ => {}
            }
        }
        match &self.smallest.schema().ty(ty).kind {
            TypeKind::Object(object) => {
                let mut members = Vec::with_capacity(object.members.len() + 1);
                self.part(ty, object, steps, form, &mut members)?;
                Some(Value::Object(members))
            }
            TypeKind::Array(element) => match (steps.split_first(), form) {
                (Some((Step::Element, rest)), _) => {
                    Some(Value::Array(vec![self.value(*element, rest, form)?]))
                }
                (None, Form::Repeat(count)) => Some(Value::Array(vec![self.leaf(*element)?; *count])),
                _ => self.leaf(ty),
            },
            TypeKind::Alternate(_) => match steps.split_first() {
                Some((Step::Choice(choice), rest)) => self.value(*choice, rest, form),
                _ => self.leaf(ty),
            },
            _ => self.leaf(ty),
        }
    }

    fn leaf(&self, ty: TypeId) -> Option<Value> {
        self.smallest.value_with(ty, self.word)
    }

    /// Appends the members of `object` and of the branch that it takes.
    fn part(
        &self,
        ty: TypeId,
        object: &'s Object,
        steps: &[Step<'s>],
        form: &Form<'s>,
        out: &mut Vec<(String, Value)>,
    ) -> Option<()> {
        let here = steps.is_empty();
        let (chosen, inside) = match steps.split_first() {
            Some((Step::Branch { tag, value }, rest)) => (Some((*tag, *value)), Some(rest)),
            _ => (self.smallest.tag(ty), None),
        };
        for member in &object.members {
            let name = member.name.as_str();
            if here && matches!(form, Form::Without(left_out) if *left_out == name) {
                continue;
            }
            let value = match (steps.split_first(), chosen) {
                (Some((Step::Member(on_path), rest)), _) if *on_path == name => {
                    self.value(member.ty, rest, form)?
                }
                (_, Some((tag, value))) if tag == name => Value::string(value),
                _ if member.optional && !self.fills(name, steps, form) => continue,
                _ => match self.leaf(member.ty) {
                    Some(value) => value,
                    None if member.optional => continue,
                    None => return None,
                },
            };
            out.push((name.to_owned(), value));
        }
        let schema = self.smallest.schema();
        match (chosen.and_then(|(_, value)| branch(object, value)), inside) {
            (Some(branch), Some(rest)) => self.part(branch, schema.object(branch)?, rest, form, out)?,
            (Some(branch), None) => {
                let beside =
                    if here && matches!(form, Form::All | Form::AllBut(_)) { form } else { &Form::Smallest };
                self.part(branch, schema.object(branch)?, &[], beside, out)?;
            }
            _ => {}
        }
        let at_empty_branch = inside.is_some_and(<[_]>::is_empty)
            && chosen.is_some_and(|(_, value)| branch(object, value).is_none());
        if let Form::With(name, value) = form
            && (here || at_empty_branch)
        {
            out.push((name.clone().into_owned(), value.clone()));
        }
        Some(())
    }

    /// Whether an optional member beside the way is given.
    fn fills(&self, name: &str, steps: &[Step<'s>], form: &Form<'s>) -> bool {
        let last_object = steps.iter().all(|step| matches!(step, Step::Branch { .. }));
        match form {
            Form::All if last_object => true,
            Form::AllBut(left_out) if last_object => name != *left_out,
            _ => self.full,
        }
    }
}
