//! That something goes on: a bar on a terminal, a line now and then elsewhere. On standard error, so that
//! standard output holds nothing but the report; trouble writing it is nobody's trouble.

use crate::Progress;
use crate::text::{counted, thousands};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Seconds between two lines.
const LINE_EVERY_S: u64 = 10;

pub(super) struct Bar {
    shape: Shape,
}

enum Shape {
    None,
    Lines { planned: u64, began: Instant, last: Instant },
    Drawn(ProgressBar),
}

impl Bar {
    pub(super) fn none() -> Bar {
        Bar { shape: Shape::None }
    }

    pub(super) fn new(progress: Progress, planned: u64) -> Bar {
        let now = Instant::now();
        let shape = match progress {
            Progress::Off => Shape::None,
            Progress::Lines => Shape::Lines { planned, began: now, last: now },
            Progress::Bar => Shape::Drawn(drawn(planned)),
        };
        Bar { shape }
    }

    /// So many cases were judged, with so many findings.
    pub(super) fn at(&mut self, judged: u64, findings: u64) {
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
    let style = ProgressStyle::with_template("  {bar:32} {human_pos} of {human_len} cases, {elapsed}  {msg}");
    let bar = ProgressBar::new(planned);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
    bar
}

fn line(elapsed: Duration, judged: u64, planned: u64, findings: u64) -> String {
    let findings = counted(findings, "finding", "findings");
    format!("  {:>4} s: {} of {} cases, {findings}", elapsed.as_secs(), thousands(judged), thousands(planned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        let text = line(Duration::from_secs(20), 4_210, 15_012, 1);
        assert_eq!(text, "    20 s: 4,210 of 15,012 cases, 1 finding");
    }
}
