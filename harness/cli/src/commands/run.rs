//! `qmprobe run`: scenarios, one after another, each on a fresh peer.

use super::check::waivers_in;
use super::runtime;
use crate::args::RunArgs;
use crate::exit::{Failure, complain, of_run};
use crate::peers::{self, Chosen};
use crate::reports::Reports;
use crate::scenario_files;
use crate::signals::Signals;
use qmprobe_engine::Event;
use qmprobe_engine::scenarios::{self, Entry, Options};
use qmprobe_engine::waivers::Waiver;
use qmprobe_report::{Outcome, Outcomes};
use qmprobe_wire::Limits;

/// Runs the command.
pub fn run(args: &RunArgs) -> Result<Outcome, Failure> {
    let entries = scenario_files::load(&args.paths)?;
    let waivers = waivers_in(args.waivers.as_deref())?;
    let choice = peers::choose(&args.peers, args.allow)?;
    let mut reports = Reports::open(&args.output, args.strict)?;
    if let Some(text) = &choice.announcement {
        reports.announce(text)?;
    }
    let outcomes = runtime()?.block_on(async {
        let signals = Signals::listen()?;
        let mut outcomes = Outcomes { whole: Outcome::Conforming, runs: Vec::new() };
        for peer in &choice.peers {
            if signals.outcome().is_some() {
                break;
            }
            let options = options(args, peer, &entries, &waivers);
            let outcome = one(&options, peer, &signals, &mut reports).await;
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

async fn one(options: &Options, peer: &Chosen, signals: &Signals, reports: &mut Reports) -> Outcome {
    let before = reports.runs.all.len();
    let mut sink = |event: &Event| reports.event(event);
    let ended = scenarios::run(options, signals.stop.clone(), &mut sink).await;
    if let Err(error) = ended {
        let text = format!("{} could not be tested: {:#}", peer.label(), anyhow::Error::from(error));
        reports.event(&Event::Noted { text: text.clone() });
        // The console shows notes of a run only; a run may never have begun.
        if reports.runs.all.len() == before {
            complain(&text);
        }
        return signals.outcome().unwrap_or(Outcome::Trouble);
    }
    let told = reports.runs.all.last().map_or(Outcome::NothingRan, |run| of_run(run, &[], options.strict));
    signals.outcome().unwrap_or(told)
}

fn options(args: &RunArgs, peer: &Chosen, entries: &[Entry], waivers: &[Waiver]) -> Options {
    Options {
        peer: peer.spec.clone(),
        schema: peer.schema.clone(),
        allow: peer.allow,
        waivers: waivers.to_vec(),
        strict: args.strict,
        tries: args.tries,
        limits: Limits::default(),
        entries: entries.to_vec(),
    }
}
