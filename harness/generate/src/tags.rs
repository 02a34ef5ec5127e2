//! The values a union's tag may take, whatever the tag's type is.

use qmprobe_schema::{Branch, EnumValue, Object, Schema, TypeId, TypeKind};

/// The values of one union's tag, by position.
#[derive(Clone, Copy)]
pub(crate) enum Tags<'s> {
    Enum(&'s [EnumValue]),
    /// A tag of type `str` (BlockdevOptions up to QEMU 2.x): only the listed branches are known.
    Branches(&'s [Branch]),
}

impl<'s> Tags<'s> {
    /// The tag values of `object`, with the tag's name; `None` when it is no union.
    pub fn of(schema: &'s Schema, object: &'s Object) -> Option<(&'s str, Tags<'s>)> {
        let variants = object.variants.as_ref()?;
        let tags = match object.member(&variants.tag).map(|member| &schema.ty(member.ty).kind) {
            Some(TypeKind::Enum(values)) => Tags::Enum(&values.values),
            _ => Tags::Branches(&variants.branches),
        };
        Some((&variants.tag, tags))
    }

    pub fn len(self) -> usize {
        match self {
            Tags::Enum(values) => values.len(),
            Tags::Branches(branches) => branches.len(),
        }
    }

    pub fn get(self, at: usize) -> Option<&'s str> {
        match self {
            Tags::Enum(values) => values.get(at).map(|value| value.name.as_str()),
            Tags::Branches(branches) => branches.get(at).map(|branch| branch.value.as_str()),
        }
    }

    pub fn iter(self) -> impl Iterator<Item = &'s str> {
        (0..self.len()).filter_map(move |at| self.get(at))
    }
}

/// The type whose members `value` adds to `object`, if it adds any.
pub(crate) fn branch(object: &Object, value: &str) -> Option<TypeId> {
    object.variants.as_ref()?.branch(value)
}
