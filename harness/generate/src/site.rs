//! The places in a command's arguments that cases are about, found breadth first to a bounded depth.

use crate::minimal::Smallest;
use crate::tags::{Tags, branch};
use qmprobe_schema::{Object, Schema, TypeId, TypeKind};
use std::collections::HashMap;
use std::sync::Arc;

/// Steps from the top of the arguments to a place.
const STEPS_MAX: usize = 12;
/// Places of one command.
const SITES_MAX: usize = 1024;
/// How often one command's search goes into the same type: more than once, so that a recursive type is met
/// inside itself.
const VISITS_MAX: u32 = 3;

/// One step into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'s> {
    /// To the value of this member.
    Member(&'s str),
    /// Into the branch that this tag value chooses. Stays in the same JSON object.
    Branch { tag: &'s str, value: &'s str },
    /// Into an array of one element.
    Element,
    /// To the alternate's choice.
    Choice(TypeId),
}

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The arguments themselves.
    Root,
    /// The value of a member.
    Member,
    /// The value of a union's tag.
    Tag,
    /// An element of an array.
    Element,
    /// An alternate's choice: the JSON type of what stands here selects it.
    Choice,
    /// The members that a union's branch adds.
    Branch,
}

/// A place in the arguments.
#[derive(Clone, Debug)]
pub(crate) struct Site<'s> {
    pub steps: Arc<[Step<'s>]>,
    pub role: Role,
    /// The type; `None` for a branch without members.
    pub ty: Option<TypeId>,
    /// The smallest arguments do not come here by themselves, although they come to the place before.
    pub fresh: bool,
    /// Some optional member lies on the way.
    pub optional: bool,
    /// Some optional member lies beside the way.
    pub spare: bool,
    /// For a branch: the unions around it in the same JSON object, outermost first.
    pub around: Arc<[TypeId]>,
}

impl<'s> Site<'s> {
    fn root(ty: TypeId) -> Site<'s> {
        Site {
            steps: Arc::default(),
            role: Role::Root,
            ty: Some(ty),
            fresh: true,
            optional: false,
            spare: false,
            around: Arc::default(),
        }
    }

    fn after(&self, step: Step<'s>, role: Role, ty: Option<TypeId>) -> Site<'s> {
        let steps = self.steps.iter().copied().chain([step]).collect();
        Site { steps, role, ty, fresh: true, around: Arc::default(), ..self.clone() }
    }

    /// Whether another value may be put here and be judged by this type alone.
    pub fn is_value(&self) -> bool {
        matches!(self.role, Role::Member | Role::Tag | Role::Element)
    }

    /// Whether `name` is declared by the object here, under whatever tag, or by the unions around it.
    pub fn declares(&self, schema: &Schema, name: &str) -> bool {
        let mut around = self.around.iter().filter_map(|ty| schema.object(*ty));
        self.ty.is_some_and(|ty| declares(schema, ty, name))
            || around.any(|object| object.member(name).is_some())
    }
}

/// Whether the object or any branch of it, however deep, declares `name`.
fn declares(schema: &Schema, ty: TypeId, name: &str) -> bool {
    let mut parts = vec![ty];
    let mut at = 0;
    while let Some(object) = parts.get(at).map(|ty| schema.object(*ty)) {
        at += 1;
        let Some(object) = object else { continue };
        if object.member(name).is_some() {
            return true;
        }
        for branch in object.variants.iter().flat_map(|variants| &variants.branches) {
            if !parts.contains(&branch.ty) {
                parts.push(branch.ty);
            }
        }
    }
    false
}

/// The optional members of an object that can be given a value; those of the branches it goes into by itself
/// included.
pub(crate) fn optionals<'s>(smallest: &Smallest<'s>, ty: TypeId) -> Vec<&'s str> {
    let mut found = Vec::new();
    let mut next = Some(ty);
    while let Some((ty, object)) = next.and_then(|ty| Some((ty, smallest.schema().object(ty)?))) {
        found.extend(own_optionals(smallest, object));
        next = smallest.tag(ty).and_then(|(_, value)| branch(object, value));
    }
    found
}

/// The same without branches.
pub(crate) fn own_optionals<'s>(
    smallest: &Smallest<'s>,
    object: &'s Object,
) -> impl Iterator<Item = &'s str> {
    let tag = object.variants.as_ref().map(|variants| variants.tag.as_str());
    let members = object.members.iter();
    members
        .filter(move |member| member.optional && tag != Some(&member.name) && smallest.is_finite(member.ty))
        .map(|member| member.name.as_str())
}

/// The places in arguments of type `root`, nearest first; none when the type has no finite value.
pub(crate) fn sites<'s>(smallest: &Smallest<'s>, root: TypeId) -> Vec<Site<'s>> {
    if !smallest.is_finite(root) {
        return Vec::new();
    }
    let mut sites = vec![Site::root(root)];
    let mut visits: HashMap<TypeId, u32> = HashMap::new();
    let mut at = 0;
    while at < sites.len() && sites.len() < SITES_MAX {
        let site = sites[at].clone();
        at += 1;
        let Some(ty) = site.ty else { continue };
        let visited = visits.entry(ty).or_default();
        *visited += 1;
        if site.steps.len() < STEPS_MAX && *visited <= VISITS_MAX {
            expand(smallest, &site, ty, &mut sites);
        }
    }
    sites.truncate(SITES_MAX);
    sites
}

fn expand<'s>(smallest: &Smallest<'s>, site: &Site<'s>, ty: TypeId, out: &mut Vec<Site<'s>>) {
    match &smallest.schema().ty(ty).kind {
        TypeKind::Array(element) if smallest.is_finite(*element) => {
            out.push(site.after(Step::Element, Role::Element, Some(*element)));
        }
        TypeKind::Alternate(alternate) => {
            let easiest = smallest.choice(ty);
            for choice in alternate.choices.iter().copied().filter(|choice| smallest.is_finite(*choice)) {
                let mut next = site.after(Step::Choice(choice), Role::Choice, Some(choice));
                next.fresh = easiest != Some(choice);
                out.push(next);
            }
        }
        TypeKind::Object(object) => {
            expand_branches(smallest, site, ty, object, out);
            expand_members(smallest, site, ty, object, out);
        }
        _ => {}
    }
}

fn expand_members<'s>(
    smallest: &Smallest<'s>,
    site: &Site<'s>,
    ty: TypeId,
    object: &'s Object,
    out: &mut Vec<Site<'s>>,
) {
    let chosen = smallest.tag(ty);
    let spare = optionals(smallest, ty).len();
    for member in object.members.iter().filter(|member| smallest.is_finite(member.ty)) {
        let is_tag = chosen.is_some_and(|(tag, _)| tag == member.name);
        let role = if is_tag { Role::Tag } else { Role::Member };
        let optional = member.optional && !is_tag;
        let mut next = site.after(Step::Member(&member.name), role, Some(member.ty));
        next.fresh = optional;
        next.optional |= optional;
        next.spare |= spare > usize::from(optional);
        out.push(next);
    }
}

fn expand_branches<'s>(
    smallest: &Smallest<'s>,
    site: &Site<'s>,
    ty: TypeId,
    object: &'s Object,
    out: &mut Vec<Site<'s>>,
) {
    let Some((tag, values)) = Tags::of(smallest.schema(), object) else { return };
    let easiest = smallest.tag(ty).map(|(_, value)| value);
    let spare = own_optionals(smallest, object).next().is_some();
    for value in values.iter() {
        let branch = branch(object, value);
        if branch.is_some_and(|branch| !smallest.is_finite(branch)) {
            continue;
        }
        let mut next = site.after(Step::Branch { tag, value }, Role::Branch, branch);
        next.fresh = easiest != Some(value);
        next.spare |= spare;
        next.around = site.around.iter().copied().chain([ty]).collect();
        out.push(next);
    }
}
