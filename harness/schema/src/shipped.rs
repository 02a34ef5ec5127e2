//! The schemas that come with the tool, by short name.

use crate::error::LoadError;
use crate::model::Schema;
use crate::own::from_own;

/// Short name and text of each.
const SHIPPED: &[(&str, &str)] = &[
    ("qemu-5.2", include_str!("../../../schemas/qmp/qemu-system-x86_64-5.2.json")),
    ("qemu-7.2", include_str!("../../../schemas/qmp/qemu-system-x86_64-7.2.json")),
    ("qemu-10.0", include_str!("../../../schemas/qmp/qemu-system-x86_64-10.0.json")),
    ("qemu-11.1", include_str!("../../../schemas/qmp/qemu-system-x86_64-11.1.json")),
    ("storage-daemon-5.2", include_str!("../../../schemas/qmp/qemu-storage-daemon-5.2.json")),
    ("storage-daemon-7.2", include_str!("../../../schemas/qmp/qemu-storage-daemon-7.2.json")),
    ("storage-daemon-10.0", include_str!("../../../schemas/qmp/qemu-storage-daemon-10.0.json")),
    ("storage-daemon-11.1", include_str!("../../../schemas/qmp/qemu-storage-daemon-11.1.json")),
    ("qga-5.2", include_str!("../../../schemas/qga/qemu-ga-5.2.json")),
    ("qga-7.2", include_str!("../../../schemas/qga/qemu-ga-7.2.json")),
    ("qga-10.0", include_str!("../../../schemas/qga/qemu-ga-10.0.json")),
    ("qga-11.1", include_str!("../../../schemas/qga/qemu-ga-11.1.json")),
    ("era/qemu-1.0", include_str!("../../../schemas/era/qemu-1.0.json")),
    ("era/qemu-1.7", include_str!("../../../schemas/era/qemu-1.7.json")),
    ("era/qemu-2.11", include_str!("../../../schemas/era/qemu-2.11.json")),
    ("era/qemu-9.1-misc", include_str!("../../../schemas/era/qemu-9.1-misc.json")),
    ("era/qga-1.2", include_str!("../../../schemas/era/qga-1.2.json")),
];

/// The names of the shipped schemas.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The shipped schema of this name.
///
/// # Errors
/// When its text is damaged, which a test rules out.
pub fn shipped(name: &str) -> Option<Result<Schema, LoadError>> {
    let (name, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
    Some(from_own(text, name))
}
