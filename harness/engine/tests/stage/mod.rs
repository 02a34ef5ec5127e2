//! Runs a campaign against a peer, in a directory of its own, and keeps everything that was said.
#![allow(
    dead_code,
    clippy::expect_used,
    reason = "no test uses all of it; a stage that breaks is a test that fails"
)]

use qmprobe_engine::campaign::{self, Options};
use qmprobe_engine::event::{Event, Finding, Summary};
use qmprobe_engine::safety::Class;
use qmprobe_target::PeerSpec;
use qmprobe_wire::Limits;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::watch;

/// A campaign that is over.
pub struct Over {
    pub events: Vec<Event>,
    pub summary: Summary,
    pub out: TempDir,
}

impl Over {
    pub fn findings(&self) -> Vec<&Finding> {
        let made = self.events.iter().filter_map(|event| match event {
            Event::FindingMade(finding) => Some(&**finding),
            _ => None,
        });
        made.collect()
    }

    /// Slugs of the rules with findings, each once.
    pub fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = self.findings().iter().map(|finding| finding.rule.as_str()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}

/// All cases and rules, no waivers.
pub fn options(peer: &PeerSpec, out: &Path) -> Options {
    Options {
        peer: peer.clone(),
        peer_name: None,
        schema: None,
        allow: Class::Destroying,
        rules: Vec::new(),
        seed: 0,
        time: None,
        out: out.to_owned(),
        waivers: Vec::new(),
        strict: true,
        limits: Limits::default(),
        max_cases: None,
    }
}

/// Runs it to its end.
pub fn run(peer: &PeerSpec, change: impl FnOnce(&mut Options)) -> Over {
    run_until(peer, change, |_| false)
}

/// Runs it, and asks it to stop when an event says so.
pub fn run_until(peer: &PeerSpec, change: impl FnOnce(&mut Options), stops: impl Fn(&Event) -> bool) -> Over {
    let out = tempfile::tempdir().expect("a directory");
    let mut options = options(peer, out.path());
    change(&mut options);
    let (stopper, stop) = watch::channel(false);
    let mut events = Vec::new();
    let mut sink = |event: &Event| {
        if stops(event) {
            stopper.send_replace(true);
        }
        events.push(event.clone());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let summary = runtime.block_on(campaign::run(options, stop, &mut sink)).expect("a campaign");
    Over { events, summary, out }
}

/// What a peer declares.
pub fn schema_of(peer: &PeerSpec) -> std::sync::Arc<qmprobe_schema::Schema> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(qmprobe_engine::ask_schema(peer)).expect("a schema").schema.into()
}
