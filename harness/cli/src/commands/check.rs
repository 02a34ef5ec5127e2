//! `qmprobe check`: one campaign per peer, one after another, and one exit code for all.

use crate::args::CheckArgs;
use crate::each_peer::each_peer;
use crate::exit::{Failure, of_run};
use crate::kept;
use crate::names::known_rule;
use crate::peers::{self, Chosen};
use crate::reports::Reports;
use crate::signals::Signals;
use anyhow::Context;
use qmprobe_engine::campaign::{self, Options};
use qmprobe_engine::waivers::{self, Waiver};
use qmprobe_engine::{Event, Finding};
use qmprobe_report::Outcome;
use qmprobe_wire::Limits;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs the command.
pub fn run(args: &CheckArgs) -> Result<Outcome, Failure> {
    let rules = args.rules.iter().map(|name| known_rule(name).map(|rule| rule.slug.to_owned()));
    let rules: Vec<String> = rules.collect::<Result<_, _>>()?;
    let waivers = waivers_in(args.strictness.waivers.as_deref())?;
    let choice = peers::choose(&args.peers, args.strictness.allow)?;
    let reports = Reports::open(&args.output, args.strictness.strict)?;
    kept::clear(&args.out)?;
    let campaign = async |index: usize, peer: &Chosen, signals: &Signals, reports: &mut Reports| {
        let out = kept::place(&args.out, index, choice.peers.len(), peer.spec.kind());
        let options = options(args, peer, &rules, &waivers, out.clone());
        let mut sink = |event: &Event| reports.event(&with_usable_path(event, &out));
        campaign::run(options, signals.stop.clone(), &mut sink).await.map(|_| ())
    };
    each_peer(&choice, reports, campaign, |run, signals| {
        let told = of_run(run, &rules, args.strictness.strict);
        if run.summary.complete { told } else { signals.outcome().unwrap_or(told) }
    })
}

fn options(args: &CheckArgs, peer: &Chosen, rules: &[String], waivers: &[Waiver], out: PathBuf) -> Options {
    Options {
        peer: peer.spec.clone(),
        peer_name: None,
        schema: peer.schema.clone(),
        allow: peer.allow,
        rules: rules.to_vec(),
        seed: args.seed,
        time: args.time.map(Duration::from_secs),
        out,
        waivers: waivers.to_vec(),
        strict: args.strictness.strict,
        limits: Limits::default(),
        max_cases: args.cases,
    }
}

/// The waivers in a file of the user's; none without one.
pub(super) fn waivers_in(path: Option<&Path>) -> Result<Vec<Waiver>, Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the waivers in {}", path.display()))
        .map_err(Failure::Usage)?;
    waivers::parse(&text, &path.display().to_string()).map_err(|error| Failure::Usage(error.into()))
}

/// The event with a finding's file as a path that can be opened from here, not from the output directory.
pub fn with_usable_path<'a>(event: &'a Event, out: &Path) -> Cow<'a, Event> {
    match event {
        Event::FindingMade(finding) if finding.file.is_some() => {
            let file = finding.file.as_ref().map(|file| out.join(file).display().to_string());
            Cow::Owned(Event::FindingMade(Box::new(Finding { file, ..(**finding).clone() })))
        }
        event => Cow::Borrowed(event),
    }
}
