//! Starts peers, locks them in, connects to them and watches over them.
//!
//! This is the only crate (besides the reference peer's server) that opens sockets or starts processes. It
//! moves bytes and reports fates; it knows no JSON, repeats nothing by itself and judges nothing.
//!
//! Everything runs on a tokio current-thread runtime but for the start of processes, which has a thread of its own:
//! Linux sends the parent-death signal when the *thread* that started a process ends.

mod connection;
mod core_file;
mod coverage;
mod error;
mod exit;
mod launch;
mod output;
mod pace;
mod peer;
mod process;
mod processor;
mod props;
mod provenance;
mod sandbox;
mod spec;
mod starter;
mod transport;

pub use connection::{Connection, Direct, Read, Wait, Wrote};
pub use core_file::{Core, cores_are_wanted, move_core};
pub use coverage::CoverageMap;
pub use error::{BadAddress, Error};
pub use exit::Exit;
pub use pace::pace_ns;
pub use peer::Peer;
pub use process::Watch;
pub use processor::thread_cpu_ns;
pub use props::Prop;
pub use provenance::version_of;
pub use spec::{Channel, Embedded, PeerSpec};
pub use transport::{ALL as TRANSPORTS, Address, Transport};
