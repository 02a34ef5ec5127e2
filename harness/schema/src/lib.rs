//! What a peer declares: the model of a QAPI schema as inert data, and the loaders that make one.
//!
//! Nothing here walks a type to make or to judge a value: `generate` walks to make, `check` walks to judge,
//! and the two share only this model. No files either: texts come in, and go out.

pub mod conditions;
pub mod error;
pub mod introspection;
pub mod inventory;
pub mod join;
pub mod model;
pub mod outline;
pub mod own;
pub mod qapi;
pub mod replies;
pub mod same;
pub mod scrape;
pub mod shipped;
pub mod show;

pub use conditions::resolved;
pub use error::LoadError;
pub use introspection::from_introspection;
pub use inventory::inventory;
pub use join::{Difference, Disagreement, is_of_source, join};
pub use model::{
    Alternate, Branch, Builtin, Command, Condition, EnumType, EnumValue, Event, Features, LIST_DEPTH_MAX,
    Member, Object, Schema, Told, TypeDef, TypeId, TypeKind, Variants,
};
pub use outline::Outline;
pub use own::{Provenance, from_own, to_own};
pub use qapi::{Counts, Era, Loaded, SourceErrors, SourceFiles, SourceOptions, from_source};
pub use replies::from_replies;
pub use same::same;
pub use scrape::{Scrape, is_scrape};
pub use shipped::{shipped, shipped_names};

/// Loads a schema from JSON text: our own format, or the reply of `query-qmp-schema`, which may stand among
/// other replies.
///
/// # Errors
/// When it is neither, or damaged.
pub fn load_text(text: &str, file: &str) -> Result<Schema, LoadError> {
    let own =
        text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with("\"format\""));
    if own { from_own(text, file) } else { from_replies(text, file) }
}

/// A short hash of what a schema declares: equal for equal schemas, whatever they were loaded from.
pub fn fingerprint(schema: &Schema) -> String {
    let declared = Schema { outline: Outline::default(), ..schema.clone() };
    let text = to_own(&declared, &Provenance::default());
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}
