//! What a peer declares: the model of a QAPI schema as inert data, and the loaders that make one.
//!
//! Nothing here walks a type to make or to judge a value: `generate` walks to make, `check` walks to judge,
//! and the two share only this model.

pub mod model;

pub use model::{
    Alternate, Branch, Builtin, Command, Condition, EnumType, EnumValue, Event, Features, Member, Object, Schema,
    TypeDef, TypeId, TypeKind, Variants,
};
