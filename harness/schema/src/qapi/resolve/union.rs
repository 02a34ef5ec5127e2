//! Unions: the discriminator is a member of the base, and its values choose the branches.

use super::super::clash;
use super::super::define::{Body, Data, Named, TypeRef, UnionDef};
use super::super::fault::did_you_mean;
use super::{Resolver, type_name};
use crate::model::{Branch, Builtin, EnumType, EnumValue, Features, Member, Object, TypeKind, Variants};

impl Resolver<'_> {
    pub(super) fn union(&mut self, name: &Named, union: &UnionDef) -> Option<TypeKind> {
        let mut members = match &union.base {
            Data::None => Vec::new(),
            Data::Name(base) => self.base(base),
            Data::Inline(members) => {
                clash::check_members(self, None, members);
                self.members(members)
            }
        };
        let Some(tag) = &union.tag else {
            let tag = self.implicit_tag(union);
            members.push(tag);
            return Some(self.simple_union(members, union));
        };
        let found = members.iter().find(|member| member.name == tag.name).cloned();
        let Some(tag_member) = found else {
            if !self.partial || !self.lenient {
                self.faults
                    .push(tag.span, format!("the discriminator '{}' is no member of the base", tag.name));
            }
            return None;
        };
        if self.era.unions_reserve_constants() {
            self.check_tag_name(tag, &tag_member);
        }
        self.check_tag(tag, &tag_member, union);
        let branches = self.branches(name, union);
        clash::check_branches(self, union, &members);
        Some(TypeKind::Object(Object {
            members,
            variants: Some(Variants { tag: tag.name.clone(), branches }),
        }))
    }

    /// The discriminator cannot be called as one of its values is.
    fn check_tag_name(&mut self, tag: &Named, member: &Member) {
        let name = self.types[member.ty.0 as usize].name.clone().unwrap_or_default();
        let Some(Body::Enum(values)) = self.definition(&name).map(|known| &known.body) else { return };
        if values.iter().any(|value| value.name.name == tag.name) {
            self.faults.push(tag.span, format!("the discriminator '{}' is one of its values, too", tag.name));
        }
    }

    fn check_tag(&mut self, tag: &Named, member: &Member, union: &UnionDef) {
        if member.optional {
            self.faults.push(tag.span, format!("the discriminator '{}' cannot be optional", tag.name));
        }
        if member.condition.is_some() && self.era.discriminators_are_unconditional() {
            self.faults.push(tag.span, format!("the discriminator '{}' cannot be conditional", tag.name));
        }
        let is_string = matches!(self.types[member.ty.0 as usize].kind, TypeKind::Builtin(Builtin::Str));
        if is_string && self.era.discriminators_are_strings() {
            return;
        }
        let definition = self.types[member.ty.0 as usize].name.clone();
        let definition = definition.and_then(|name| self.definition(&name));
        let Some(Body::Enum(values)) = definition.map(|definition| &definition.body) else {
            self.faults.push(tag.span, format!("the discriminator '{}' must be of an enumeration", tag.name));
            return;
        };
        for branch in &union.branches {
            if !values.iter().any(|value| value.name.name == branch.name.name) {
                let help =
                    did_you_mean(&branch.name.name, values.iter().map(|value| value.name.name.as_str()));
                let message = format!("the branch '{}' is no value of the discriminator", branch.name.name);
                self.faults.push_with_help(branch.name.span, message, help);
            }
        }
        if self.era.needs_every_branch() {
            for value in
                values.iter().filter(|value| !union.branches.iter().any(|b| b.name.name == value.name.name))
            {
                self.faults.push(tag.span, format!("the value '{}' has no branch", value.name.name));
            }
        }
        if values.is_empty() && union.branches.is_empty() && self.era.refuses_empty_unions() {
            self.faults.push(tag.span, "a union without branches");
        }
    }

    fn branches(&mut self, name: &Named, union: &UnionDef) -> Vec<Branch> {
        let mut branches = Vec::with_capacity(union.branches.len());
        for branch in &union.branches {
            let Some(ty) = self.reference(&branch.ty) else { continue };
            let fits = match (&branch.ty, self.definition(type_name(&branch.ty)).map(|known| &known.body)) {
                (TypeRef::Inline(_), _) | (TypeRef::Name(_), Some(Body::Struct { .. })) => true,
                (TypeRef::Name(_), Some(Body::Union(_))) => self.era.nests_unions(),
                (TypeRef::Name(named), None) => self.may_be_cut_off(&named.name),
                _ => false,
            };
            if !fits {
                let message = format!(
                    "a branch of '{}' is a struct, and '{}' is none",
                    name.name,
                    type_name(&branch.ty)
                );
                self.faults.push(branch.name.span, message);
                continue;
            }
            branches.push(Branch {
                value: branch.name.name.clone(),
                ty,
                condition: branch.condition.clone(),
            });
        }
        branches
    }

    /// The member `type` of a simple union, whose values are the branches.
    fn implicit_tag(&mut self, union: &UnionDef) -> Member {
        let values = union.branches.iter().map(|branch| EnumValue {
            name: branch.name.name.clone(),
            features: Features::default(),
            condition: branch.condition.clone(),
        });
        let values = values.collect();
        let ty = self.unnamed(TypeKind::Enum(EnumType { values }));
        let (features, condition) = (Features::default(), None);
        Member { name: "type".to_owned(), ty, optional: false, features, condition }
    }

    /// Each branch of a simple union is an object whose member `data` has the branch's type.
    fn simple_union(&mut self, members: Vec<Member>, union: &UnionDef) -> TypeKind {
        clash::check_cases(self, union);
        let mut branches = Vec::with_capacity(union.branches.len());
        for branch in &union.branches {
            let Some(ty) = self.reference(&branch.ty) else { continue };
            let (features, condition) = (Features::default(), None);
            let data = Member { name: "data".to_owned(), ty, optional: false, features, condition };
            let wrapper = self.unnamed(TypeKind::Object(Object { members: vec![data], variants: None }));
            branches.push(Branch {
                value: branch.name.name.clone(),
                ty: wrapper,
                condition: branch.condition.clone(),
            });
        }
        TypeKind::Object(Object { members, variants: Some(Variants { tag: "type".to_owned(), branches }) })
    }
}
