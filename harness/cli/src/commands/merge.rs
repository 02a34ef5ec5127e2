//! `qmprobe merge DIR... -o DIR`: the shards of a fuzz campaign become one, which `qmprobe report` reads like any.

use super::check::with_usable_path;
use crate::args::MergeArgs;
use crate::exit::{Failure, complain, of_run};
use crate::kept;
use crate::reports::Reports;
use qmprobe_engine::{Error, merge};
use qmprobe_report::{Outcome, Outcomes};

/// Runs the command.
pub fn run(args: &MergeArgs) -> Result<Outcome, Failure> {
    let place = |dir: &std::path::Path| dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    if args.dirs.iter().any(|dir| place(dir) == place(&args.out)) {
        return Err(Failure::usage(format!("{} cannot be read and written at once", args.out.display())));
    }
    let mut reports = Reports::open(&args.output, args.strict)?;
    kept::clear(&args.out)?;
    let merged = merge::merge(&args.dirs, &args.out).map_err(|error| match error {
        Error::Write { .. } => Failure::trouble(error),
        _ => Failure::Usage(error.into()),
    })?;
    for event in &merged.events {
        reports.event(&with_usable_path(event, &args.out));
    }
    let outcome = match merged.missing.as_slice() {
        [] => reports.runs.all.last().map_or(Outcome::NothingRan, |run| of_run(run, &[], args.strict)),
        missing => {
            let words: Vec<String> = missing.iter().map(ToString::to_string).collect();
            complain(&format!("missing or incomplete: {}", words.join(", ")));
            Outcome::Incomplete
        }
    };
    reports.finish(&Outcomes { whole: outcome, runs: vec![outcome] })?;
    Ok(outcome)
}
