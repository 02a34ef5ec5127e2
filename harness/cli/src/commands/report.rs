//! `qmprobe report DIR`: the reports of a run again, from its journal. Several peers: one journal each.

use super::check::with_usable_path;
use crate::args::ReportArgs;
use crate::exit::{Failure, of_run};
use crate::kept;
use crate::reports::Reports;
use qmprobe_engine::{Event, journal};
use qmprobe_report::{Outcome, Outcomes};

/// Runs the command.
pub fn run(args: &ReportArgs) -> Result<Outcome, Failure> {
    let dirs = kept::runs(&args.dir)?;
    if dirs.is_empty() {
        return Err(Failure::usage(format!("no run was kept in {}", args.dir.display())));
    }
    let mut reports = Reports::open(&args.output, args.strict)?;
    for dir in &dirs {
        let journal = journal::read_journal(&dir.join(journal::FILE)).map_err(Failure::trouble)?;
        for event in &journal.events {
            reports.event(&with_usable_path(event, dir));
        }
        // A case that began and did not end may be what ended the run.
        if let Some((id, name)) = journal.unfinished.first() {
            let more = journal.unfinished.len() - 1;
            let others =
                if more > 0 { format!(", and {more} more that began after it") } else { String::new() };
            let text = format!("the record ends in case {} of seed {}: {name}{others}", id.index, id.seed);
            reports.event(&Event::Noted { text });
        }
    }
    let runs: Vec<Outcome> = reports.runs.all.iter().map(|run| of_run(run, &[], args.strict)).collect();
    let whole = runs.iter().copied().reduce(Outcome::worse).unwrap_or(Outcome::NothingRan);
    reports.finish(&Outcomes { whole, runs })?;
    Ok(whole)
}
