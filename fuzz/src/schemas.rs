//! The schemas that targets are about, loaded once.

use qmprobe_schema::{Schema, shipped};
use qmprobe_wire::Dialect;
use std::sync::{Arc, OnceLock};

/// The recorded schema of QEMU 7.2's monitor or agent.
pub fn recorded(dialect: Dialect) -> Result<&'static Arc<Schema>, String> {
    static MONITOR: OnceLock<Result<Arc<Schema>, String>> = OnceLock::new();
    static AGENT: OnceLock<Result<Arc<Schema>, String>> = OnceLock::new();
    let (cell, name) = match dialect {
        Dialect::Qmp => (&MONITOR, "qemu-7.2"),
        Dialect::Qga => (&AGENT, "qga-7.2"),
    };
    cell.get_or_init(|| named(name).map(Arc::new)).as_ref().map_err(Clone::clone)
}

/// A shipped schema.
pub fn named(name: &str) -> Result<Schema, String> {
    let loaded = shipped(name).ok_or_else(|| format!("{name} does not come along"))?;
    loaded.map_err(|error| error.to_string())
}
