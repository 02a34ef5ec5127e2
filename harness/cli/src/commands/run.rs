//! `qmprobe run`: scenarios, one after another, each on a fresh peer.

use super::check::waivers_in;
use crate::args::RunArgs;
use crate::each_peer::each_peer;
use crate::exit::{Failure, of_run};
use crate::peers::{self, Chosen};
use crate::reports::Reports;
use crate::scenario_files;
use crate::signals::Signals;
use qmprobe_engine::Event;
use qmprobe_engine::scenarios::{self, Entry, Options};
use qmprobe_engine::waivers::Waiver;
use qmprobe_report::Outcome;
use qmprobe_wire::Limits;

/// Runs the command.
pub fn run(args: &RunArgs) -> Result<Outcome, Failure> {
    let entries = scenario_files::load(&args.paths)?;
    let waivers = waivers_in(args.strictness.waivers.as_deref())?;
    let choice = peers::choose(&args.peers, args.strictness.allow)?;
    let reports = Reports::open(&args.output, args.strictness.strict)?;
    let play = async |_: usize, peer: &Chosen, signals: &Signals, reports: &mut Reports| {
        let options = options(args, peer, &entries, &waivers);
        let mut sink = |event: &Event| reports.event(event);
        scenarios::run(&options, signals.stop.clone(), &mut sink).await.map(|_| ())
    };
    each_peer(&choice, reports, play, |run, signals| {
        signals.outcome().unwrap_or_else(|| of_run(run, &[], args.strictness.strict))
    })
}

fn options(args: &RunArgs, peer: &Chosen, entries: &[Entry], waivers: &[Waiver]) -> Options {
    Options {
        peer: peer.spec.clone(),
        schema: peer.schema.clone(),
        allow: peer.allow,
        waivers: waivers.to_vec(),
        strict: args.strictness.strict,
        tries: args.tries,
        limits: Limits::default(),
        entries: entries.to_vec(),
    }
}
