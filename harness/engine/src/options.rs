//! What a run is asked for: the peer, what to hold it against, how far to go.

use crate::safety::Class;
use crate::waivers::Waiver;
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::Limits;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The peer.
    pub peer: PeerSpec,
    /// What to call it; `None` makes a name of its kind and version.
    pub peer_name: Option<String>,
    /// The schema to hold it against. `None` asks the peer, or for an agent takes the shipped one that is
    /// nearest to its version.
    pub schema: Option<Arc<Schema>>,
    /// The highest class of commands that it may be sent.
    pub allow: Class,
    /// Slugs of the rules of interest; empty is all.
    pub rules: Vec<String>,
    /// The seed of the cases.
    pub seed: u64,
    /// How long the run may take. It is looked at between cases.
    pub time: Option<Duration>,
    /// Where the journal and the findings go.
    pub out: PathBuf,
    /// The user's waivers.
    pub waivers: Vec<Waiver>,
    /// Leave out the waivers that are built in.
    pub strict: bool,
    /// Bounds on what the peer may cost.
    pub limits: Limits,
    /// How many cases may be run.
    pub max_cases: Option<u64>,
}
