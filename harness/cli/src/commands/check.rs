//! `qmprobe check`: one campaign per peer, one after another, and one exit code for all.

use super::runtime;
use crate::args::CheckArgs;
use crate::exit::{Failure, complain, of_run};
use crate::kept;
use crate::names::known_rule;
use crate::peers::{self, Chosen};
use crate::reports::Reports;
use crate::signals::Signals;
use anyhow::Context;
use qmprobe_engine::campaign::{self, Options};
use qmprobe_engine::waivers::{self, Waiver};
use qmprobe_engine::{Event, Finding};
use qmprobe_report::{Outcome, Outcomes};
use qmprobe_wire::Limits;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs the command.
pub fn run(args: &CheckArgs) -> Result<Outcome, Failure> {
    let rules = args.rules.iter().map(|name| known_rule(name).map(|rule| rule.slug.to_owned()));
    let rules: Vec<String> = rules.collect::<Result<_, _>>()?;
    let waivers = waivers_in(args.waivers.as_deref())?;
    let choice = peers::choose(&args.peers, args.allow)?;
    let mut reports = Reports::open(&args.output, args.strict)?;
    if let Some(text) = &choice.announcement {
        reports.announce(text)?;
    }
    kept::clear(&args.out)?;
    let outcomes = runtime()?.block_on(async {
        let signals = Signals::listen()?;
        let mut outcomes = Outcomes { whole: Outcome::Conforming, runs: Vec::new() };
        for (index, peer) in choice.peers.iter().enumerate() {
            if signals.outcome().is_some() {
                break;
            }
            let out = kept::place(&args.out, index, choice.peers.len(), peer.spec.kind());
            let options = options(args, peer, &rules, &waivers, out);
            let outcome = one(options, peer, &signals, &mut reports, args.strict).await;
            outcomes.whole = outcomes.whole.worse(outcome);
            if reports.runs.all.len() > outcomes.runs.len() {
                outcomes.runs.push(outcome);
            }
        }
        Ok::<_, Failure>(outcomes)
    })?;
    reports.finish(&outcomes)?;
    Ok(outcomes.whole)
}

/// One campaign, to its outcome. A peer that cannot be tested does not keep the next from being tested.
async fn one(
    options: Options,
    peer: &Chosen,
    signals: &Signals,
    reports: &mut Reports,
    strict: bool,
) -> Outcome {
    let rules = options.rules.clone();
    let out = options.out.clone();
    let before = reports.runs.all.len();
    let mut sink = |event: &Event| reports.event(&with_usable_path(event, &out));
    let ended = campaign::run(options, signals.stop.clone(), &mut sink).await;
    told(ended.map(drop), peer, signals, reports, (before, &rules, strict))
}

/// What a run came to; trouble with it is told. `before` is how many runs there were before it.
pub(super) fn told(
    ended: Result<(), qmprobe_engine::Error>,
    peer: &Chosen,
    signals: &Signals,
    reports: &mut Reports,
    (before, rules, strict): (usize, &[String], bool),
) -> Outcome {
    if let Err(error) = ended {
        let text = format!("{} could not be tested: {:#}", peer.label(), anyhow::Error::from(error));
        reports.event(&Event::Noted { text: text.clone() });
        // The console shows notes of a run only; a run may never have begun.
        if reports.runs.all.len() == before {
            complain(&text);
        }
        return signals.outcome().unwrap_or(Outcome::Trouble);
    }
    match reports.runs.all.last() {
        Some(run) if !run.summary.complete => signals.outcome().unwrap_or_else(|| of_run(run, rules, strict)),
        Some(run) => of_run(run, rules, strict),
        None => Outcome::NothingRan,
    }
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
        strict: args.strict,
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
