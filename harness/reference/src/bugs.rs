//! The bugs.
use crate::bug::Bug;
/// Every bug.
pub(crate) static ALL: &[&Bug] = &[];
