//! That something goes on: a bar on a terminal, a line now and then elsewhere. On standard error, so that
//! standard output holds nothing but the report; trouble writing it is nobody's trouble.

use crate::Progress;
use crate::run::Run;
use crate::text::{counted, thousands};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Seconds between two lines.
const LINE_EVERY_S: u64 = 10;
/// The same of a campaign, which may last a night.
const ROUNDS_LINE_EVERY_S: u64 = 60;

pub(super) struct Bar {
    shape: Shape,
    began: Instant,
    /// When a sequence was last kept.
    new_at: Instant,
    /// Sequences kept.
    kept: u64,
    /// It is a campaign of rounds.
    in_rounds: bool,
}

enum Shape {
    None,
    Lines { planned: u64, began: Instant, last: Instant },
    Drawn(ProgressBar),
}

impl Bar {
    pub(super) fn none() -> Bar {
        Bar::new(Progress::Off, 0)
    }

    pub(super) fn new(progress: Progress, planned: u64) -> Bar {
        let now = Instant::now();
        let shape = match progress {
            Progress::Off => Shape::None,
            Progress::Lines => Shape::Lines { planned, began: now, last: now },
            Progress::Bar => Shape::Drawn(drawn(planned)),
        };
        Bar { shape, began: now, new_at: now, kept: 0, in_rounds: false }
    }

    /// So many cases were judged, with so many findings.
    pub(super) fn at(&mut self, judged: u64, findings: u64) {
        if self.in_rounds {
            return;
        }
        match &mut self.shape {
            Shape::None => {}
            Shape::Lines { planned, began, last } => {
                if last.elapsed() >= Duration::from_secs(LINE_EVERY_S) {
                    *last = Instant::now();
                    let _ = writeln!(io::stderr(), "{}", line(began.elapsed(), judged, *planned, findings));
                }
            }
            Shape::Drawn(bar) => {
                bar.set_position(judged);
                if findings > 0 {
                    bar.set_message(counted(findings, "finding", "findings"));
                }
            }
        }
    }

    /// A round of a campaign was played, in which so many sequences were kept.
    pub(super) fn round(&mut self, run: &Run, kept: u64, names: u64) {
        self.in_rounds = true;
        self.kept += kept;
        if kept > 0 {
            self.new_at = Instant::now();
        }
        let text = || campaign(run, self.kept, names, self.began.elapsed(), self.new_at.elapsed());
        match &mut self.shape {
            Shape::None => {}
            Shape::Lines { last, .. } => {
                if last.elapsed() >= Duration::from_secs(ROUNDS_LINE_EVERY_S) {
                    *last = Instant::now();
                    let _ = writeln!(io::stderr(), "  {}", text());
                }
            }
            Shape::Drawn(bar) => {
                bar.set_position(run.summary.judged);
                bar.set_message(text());
            }
        }
    }

    /// Prints something else in between.
    pub(super) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        if let Shape::Drawn(bar) = &self.shape { bar.suspend(print) } else { print() }
    }

    pub(super) fn clear(&mut self) {
        if let Shape::Drawn(bar) = &self.shape {
            bar.finish_and_clear();
        }
        self.shape = Shape::None;
    }
}

fn drawn(planned: u64) -> ProgressBar {
    if planned == 0 {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("  {spinner} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        return bar;
    }
    let style = ProgressStyle::with_template("  {bar:32} {human_pos} of {human_len} cases, {elapsed}  {msg}");
    let bar = ProgressBar::new(planned);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
    bar
}

fn line(elapsed: Duration, judged: u64, planned: u64, findings: u64) -> String {
    let findings = counted(findings, "finding", "findings");
    format!("  {:>4} s: {} of {} cases, {findings}", elapsed.as_secs(), thousands(judged), thousands(planned))
}

/// How a campaign goes.
fn campaign(run: &Run, kept: u64, names: u64, elapsed: Duration, quiet: Duration) -> String {
    let summary = &run.summary;
    let rate = summary.judged as f64 / elapsed.as_secs_f64().max(1e-3);
    format!(
        "{:>4} s: {} cases, {rate:.0}/s, {} of {} commands, {}, {} starts, {} kept, {} names, nothing new for {} s",
        elapsed.as_secs(),
        thousands(summary.judged),
        summary.commands_exercised,
        summary.commands_declared,
        counted(summary.findings + summary.waived, "finding", "findings"),
        thousands(summary.peer_starts),
        thousands(kept),
        thousands(names),
        quiet.as_secs(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Runs;
    use qmprobe_engine::event::{Event, PeerFacts, Round};
    use qmprobe_wire::Dialect;

    #[test]
    fn a_campaign_says_what_it_has_shown_and_since_when_there_is_nothing_new() {
        let peer = PeerFacts {
            name: "QEMU".to_owned(),
            kind: "qemu".to_owned(),
            dialect: Dialect::Qmp,
            version: None,
            command_line: String::new(),
        };
        let (tool, schema, shards) = (String::new(), String::new(), None);
        let began =
            Event::RunStarted { tool, peer, seed: 0, schema, commands: 216, planned: 0, at: 0, shards };
        let commands = vec!["stop".to_owned(), "cont".to_owned()];
        let round = Round { cases: 4_210, commands, ..Round::default() };
        let mut runs = Runs::default();
        [began, Event::RoundEnded(round)].iter().for_each(|event| runs.event(event));
        let text = campaign(&runs.all[0], 7, 12, Duration::from_secs(10), Duration::from_secs(3));
        assert!(text.starts_with("  10 s: 4,210 cases, 421/s, 2 of 216 commands, "), "{text}");
        assert!(text.ends_with(" 7 kept, 12 names, nothing new for 3 s"), "{text}");
    }

    #[test]
    fn a_line_says_how_far_it_is() {
        let text = line(Duration::from_secs(20), 4_210, 15_012, 1);
        assert_eq!(text, "    20 s: 4,210 of 15,012 cases, 1 finding");
    }
}
