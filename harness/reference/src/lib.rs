//! A conforming QMP and guest-agent peer driven by any schema, with one switchable bug per rule.
//!
//! It is the peer where no QEMU is installed, and the proof that the oracles work. It checks requests by code
//! of its own, never by the oracles' prediction: two ways to the same answer are the point. What commands do
//! is not modelled: a request that conforms succeeds, with a made-up return value of the declared type.

mod answer;
mod bug;
mod bugs;
mod corruption;
mod dispatch;
mod encode;
mod entropy;
mod events;
mod host;
mod input;
mod introspection;
mod peer;
mod server;
mod visit;

pub use bug::Bug;
pub use corruption::Corruption;
pub use host::Config;
pub use peer::Peer;
pub use server::{Server, dial};

/// Every bug, family by family.
pub fn bugs() -> &'static [&'static Bug] {
    bugs::ALL
}

/// The bug of this name.
pub fn find_bug(name: &str) -> Option<&'static Bug> {
    bugs::ALL.iter().copied().find(|bug| bug.name == name)
}
