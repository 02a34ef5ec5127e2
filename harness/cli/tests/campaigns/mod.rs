//! Fuzz campaigns against the reference peer in this process.

use qmprobe_engine::event::{Event, Finding, Round, Summary};
use qmprobe_engine::fuzz::shard::Shard;
use qmprobe_engine::fuzz::{OUT_BYTES_MAX, Options, run};
use qmprobe_engine::{campaign, safety::Class};
use qmprobe_reference::{Bug, Config, Server};
use qmprobe_target::{Embedded, PeerSpec};
use qmprobe_wire::{Dialect, Limits, Version};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A campaign that is over.
pub struct Over {
    pub events: Vec<Event>,
    pub summary: Summary,
}

impl Over {
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.events.iter().filter_map(|event| match event {
            Event::FindingMade(finding) => Some(&**finding),
            _ => None,
        })
    }

    pub fn rules(&self) -> BTreeSet<&str> {
        self.findings().map(|finding| finding.rule.as_str()).collect()
    }

    pub fn rounds(&self) -> impl Iterator<Item = &Round> {
        self.events.iter().filter_map(|event| match event {
            Event::RoundEnded(round) => Some(round),
            _ => None,
        })
    }
}

/// The bug of this rule.
pub fn bug_of(rule: &str) -> &'static Bug {
    qmprobe_reference::bugs().iter().find(|bug| bug.rule == rule).expect("a bug")
}

fn embedded(config: Config) -> Embedded {
    let dialect = config.dialect;
    let server = Server::new(config);
    let scales = server.clone();
    let (dial, weigh) = (Arc::new(move || server.dial()), Arc::new(move || scales.weigh()));
    Embedded { name: "reference".to_owned(), dialect, dial, weigh: Some(weigh), anew: None }
}

/// What a campaign of so many cases asks for.
pub fn options((dialect, bug): (Dialect, Option<&'static Bug>), cases: u64, out: &Path) -> Options {
    let name = if dialect == Dialect::Qmp { "qemu-7.2" } else { "qga-10.0" };
    let schema = Arc::new(qmprobe_schema::shipped(name).expect("shipped").expect("well-formed"));
    let bugs = bug.into_iter().collect();
    let config = Config { schema: Arc::clone(&schema), dialect, bugs, version: Version::new(10, 0), seed: 0 };
    let anew = config.clone();
    let peer = Embedded { anew: Some(Arc::new(move || embedded(anew.clone()))), ..embedded(config) };
    Options {
        run: campaign::Options {
            peer: PeerSpec::Embedded(peer),
            peer_name: None,
            schema: Some(schema),
            allow: Class::Destroying,
            rules: Vec::new(),
            seed: 1,
            time: None,
            out: out.to_owned(),
            waivers: Vec::new(),
            strict: true,
            limits: Limits {
                step_ms_max: 1_500,
                greeting_ms_max: 1_500,
                message_bytes_max: 1 << 20,
                ..Limits::default()
            },
            max_cases: Some(cases),
        },
        resume: false,
        out_bytes_max: OUT_BYTES_MAX,
        shard: Shard::WHOLE,
        only_systematic: false,
        corpus: None,
        jobs: 1,
        coverage: None,
    }
}

/// Runs a campaign, which is asked to stop when an event says so.
pub fn fuzz(options: Options, stops: &dyn Fn(&Event) -> bool) -> Over {
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let mut events = Vec::new();
    let mut sink = |event: &Event| {
        if stops(event) {
            stopper.send_replace(true);
        }
        events.push(event.clone());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let summary = runtime.block_on(run(options, stop, &mut sink)).expect("the reference can be tested");
    Over { events, summary }
}

/// Stops nothing.
pub fn never(_: &Event) -> bool {
    false
}
