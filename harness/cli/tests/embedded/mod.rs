//! A campaign against the reference peer in this process, to its findings.

use qmprobe_engine::campaign::{Options, run};
use qmprobe_engine::{Event, Finding, safety::Class};
use qmprobe_reference::{Bug, Config, Server};
use qmprobe_schema::Schema;
use qmprobe_target::{Embedded, PeerSpec};
use qmprobe_wire::{Dialect, Limits, Version};
use std::sync::Arc;

/// The findings of a campaign without waivers, which `change` may bound.
pub fn findings(
    dialect: Dialect,
    schema: Arc<Schema>,
    bugs: Vec<&'static Bug>,
    change: impl FnOnce(&mut Options),
) -> Vec<Finding> {
    let version = Version::new(10, 0);
    let server = Server::new(Config { schema: Arc::clone(&schema), dialect, bugs, version, seed: 0 });
    let scales = server.clone();
    let (dial, weigh) = (Arc::new(move || server.dial()), Arc::new(move || scales.weigh()));
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let mut options = Options {
        peer: PeerSpec::Embedded(Embedded {
            name: "reference".to_owned(),
            dialect,
            dial,
            weigh: Some(weigh),
            anew: None,
        }),
        peer_name: None,
        schema: Some(schema),
        allow: Class::Destroying,
        rules: Vec::new(),
        seed: 0,
        time: None,
        out: scratch.path().to_owned(),
        waivers: Vec::new(),
        strict: true,
        limits: Limits::default(),
        max_cases: None,
    };
    change(&mut options);
    let mut found = Vec::new();
    let mut sink = |event: &Event| {
        if let Event::FindingMade(finding) = event {
            found.push((**finding).clone());
        }
    };
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(options, stop, &mut sink)).expect("the reference peer can be tested");
    found
}
