//! What stands between braces in a definition: members, branches and choices, and the types that they have.

use super::super::names::{self, Kind};
use super::super::syntax::{Entry, Node, Value};
use super::{Definer, MemberDef, Named, TypeRef, entry};

impl Definer<'_, '_> {
    pub(super) fn branches(&mut self, data: &Entry, simple: bool) -> Option<Vec<MemberDef>> {
        let Some(entries) = data.node.as_object() else {
            self.faults.push(
                data.node.span,
                format!("the branches are an object, and this is {}", data.node.kind()),
            );
            return None;
        };
        let needed = self.era.needs_a_branch() || simple && self.era.refuses_empty_unions();
        if entries.is_empty() && needed {
            self.faults.push(data.node.span, "a union without branches");
        }
        let mut branches = Vec::new();
        for one in entries {
            let name = Named { name: one.key.clone(), span: one.span };
            if simple {
                self.check(Kind::Value, &name);
            }
            branches.push(self.typed(name, false, one, &["if"], simple));
        }
        Some(branches)
    }

    pub(super) fn choices(&mut self, data: &Entry) -> Option<Vec<MemberDef>> {
        let Some(entries) = data.node.as_object() else {
            self.faults
                .push(data.node.span, format!("the choices are an object, and this is {}", data.node.kind()));
            return None;
        };
        if entries.is_empty() {
            self.faults.push(data.node.span, "an alternate without choices");
        } else if entries.len() == 1 && self.era.needs_a_choice_of_two() {
            self.faults.push(data.node.span, "an alternate has two choices at least");
        }
        let mut choices = Vec::new();
        for one in entries {
            let name = Named { name: one.key.clone(), span: one.span };
            self.check(Kind::Choice, &name);
            choices.push(self.typed(name, false, one, &["if"], self.era.alternates_have_arrays()));
        }
        Some(choices)
    }

    pub(super) fn members(&mut self, node: &Node) -> Vec<MemberDef> {
        let entries = node.as_object().unwrap_or_default();
        let longhand: &[&str] = if self.era.members_have_features() { &["if", "features"] } else { &["if"] };
        let mut members: Vec<MemberDef> = Vec::with_capacity(entries.len());
        for one in entries {
            let (name, optional) = match one.key.strip_prefix('*') {
                Some(name) => (name, true),
                None => (&*one.key, false),
            };
            let name = Named { name: name.to_owned(), span: one.span };
            self.check(Kind::Member, &name);
            if names::reserved_member(&name.name, self.era) {
                self.faults
                    .push(name.span, format!("generated code keeps the name '{}' for itself", name.name));
            }
            members.push(self.typed(name, optional, one, longhand, true));
        }
        members
    }

    /// What stands behind the name of a member, a branch or a choice.
    fn typed(
        &mut self,
        name: Named,
        optional: bool,
        one: &Entry,
        longhand: &[&str],
        arrays: bool,
    ) -> MemberDef {
        let node = &one.node;
        let (ty, condition, features) = match &node.value {
            Value::Object(entries) if self.era.has_longhand() => {
                self.exact_keys(entries, node.span, &["type"], longhand);
                let ty = entry(entries, "type").map_or(TypeRef::Broken, |ty| self.type_ref(&ty.node, arrays));
                (ty, self.condition(entries), self.features(entries, longhand.contains(&"features")))
            }
            Value::Object(_) if self.era.nests_structs() => {
                (TypeRef::Inline(self.members(node)), None, Vec::new())
            }
            _ => (self.type_ref(node, arrays), None, Vec::new()),
        };
        MemberDef { name, optional, ty, condition, features }
    }

    pub(super) fn type_ref(&mut self, node: &Node, arrays: bool) -> TypeRef {
        let named = |text: &str, span| Named { name: text.to_owned(), span };
        match &node.value {
            Value::Text(text) => TypeRef::Name(named(text, node.span)),
            Value::List(_) if !arrays => {
                self.faults.push(node.span, "this cannot be an array");
                TypeRef::Broken
            }
            Value::List(items) => match items.as_slice() {
                [Node { value: Value::Text(text), span }] => TypeRef::Array(named(text, *span)),
                _ => {
                    self.faults.push(node.span, "an array has the name of one type in it");
                    TypeRef::Broken
                }
            },
            _ => {
                self.faults
                    .push(node.span, format!("a type is a name or an array, and this is {}", node.kind()));
                TypeRef::Broken
            }
        }
    }
}
