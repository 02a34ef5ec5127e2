//! The report for people: a header, progress, the findings, the known defects, the figures, one verdict.
//! A hundred columns wide; only lines meant for a shell are longer.

mod findings;
mod paint;
mod progress;
mod summary;

use crate::outcome::{Outcome, Outcomes};
use crate::run::{Run, Runs};
use crate::text::{counted, shorten};
use crate::{Output, Report, Settings};
use paint::{Colour, Page};
use progress::Bar;
use qmprobe_engine::event::Event;
use std::io;

/// Characters of a peer's name in the closing table.
const NAME_CHARS: usize = 56;

/// An empty report.
pub fn new(out: Output, settings: Settings) -> Box<dyn Report> {
    Box::new(Console {
        page: Page::new(out, settings.colour),
        settings,
        runs: Runs::default(),
        bar: Bar::none(),
        shown: 0,
    })
}

struct Console {
    page: Page,
    settings: Settings,
    runs: Runs,
    bar: Bar,
    /// Runs whose findings and figures were printed.
    shown: usize,
}

impl Report for Console {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.runs.event(event);
        match event {
            Event::RunStarted { planned, .. } => {
                self.header()?;
                self.bar = Bar::new(self.settings.progress, *planned);
            }
            Event::Noted { text } => {
                let page = &mut self.page;
                self.bar.suspend(|| page.entry("note", Colour::Dim, text))?;
            }
            Event::CaseEnded { .. } | Event::FindingMade(_) => {
                if let Some(run) = self.runs.all.last() {
                    self.bar.at(run.summary.judged, run.summary.findings);
                }
            }
            Event::RoundEnded(round) => {
                if let Some(run) = self.runs.all.last() {
                    self.bar.round(run, round.kept, round.names);
                }
            }
            Event::RunFinished(_) => self.results()?,
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, outcomes: &Outcomes) -> io::Result<()> {
        if self.shown < self.runs.all.len() {
            self.results()?;
        }
        self.verdict(outcomes)?;
        self.page.flush()
    }
}

impl Console {
    fn header(&mut self) -> io::Result<()> {
        let Some(run) = self.runs.all.last() else { return Ok(()) };
        let page = &mut self.page;
        if self.shown > 0 {
            page.rule()?;
        }
        let name = shorten(&run.peer.name, 80);
        page.line(&format!("qmprobe {} checks {}", run.tool, page.paint(Colour::Bold, &name)))?;
        page.entry("peer", Colour::Dim, &format!("{}: {}", run.peer.dialect.name(), run.peer.command_line))?;
        let commands = counted(run.summary.commands_declared, "command", "commands");
        page.entry("schema", Colour::Dim, &format!("{commands}, fingerprint {}", run.schema))?;
        let planned = match run.summary.planned {
            0 => "rounds until the time is up".to_owned(),
            planned => counted(planned, "case", "cases"),
        };
        page.entry("plan", Colour::Dim, &format!("{planned}, seed {}", run.seed))?;
        page.flush()
    }

    fn results(&mut self) -> io::Result<()> {
        self.bar.clear();
        self.shown = self.runs.all.len();
        let Some(run) = self.runs.all.last() else { return Ok(()) };
        findings::print(&mut self.page, run)?;
        summary::print(&mut self.page, run)?;
        self.page.flush()
    }

    fn verdict(&mut self, outcomes: &Outcomes) -> io::Result<()> {
        let runs = &self.runs.all;
        if runs.is_empty() {
            return Ok(());
        }
        self.page.line("")?;
        if runs.len() > 1 {
            let width =
                runs.iter().map(|run| run.peer.name.chars().count()).max().unwrap_or(0).min(NAME_CHARS);
            for (index, run) in runs.iter().enumerate() {
                let outcome = outcomes.of(index);
                let text = format!("{}: {}", outcome.word(), figures(run, outcome, self.settings.strict));
                let text = self.page.paint(colour(outcome), &text);
                self.page.line(&format!("{:<width$}  {text}", shorten(&run.peer.name, width)))?;
            }
            let whole = self.page.paint(colour(outcomes.whole), outcomes.whole.word());
            return self.page.line(&format!("{:<width$}  {whole}", "all"));
        }
        let last = &runs[0];
        let text =
            format!("{}: {}", outcomes.whole.word(), figures(last, outcomes.whole, self.settings.strict));
        let text = self.page.paint(colour(outcomes.whole), &text);
        self.page.line(&text)
    }
}

/// `2 violations, 1 warning, 3 known defects`.
fn figures(run: &Run, outcome: Outcome, strict: bool) -> String {
    let of = |severity: &str| run.unwaived().filter(|finding| finding.severity == severity).count() as u64;
    let mut parts = vec![counted(run.summary.violations, "violation", "violations")];
    let quiet = if strict { "" } else { " (not counted)" };
    for (n, one, many, tail) in [
        (of("warning"), "warning", "warnings", quiet),
        (of("info"), "remark", "remarks", ""),
        (run.summary.waived, "known defect", "known defects", ""),
    ] {
        if n > 0 {
            parts.push(format!("{}{tail}", counted(n, one, many)));
        }
    }
    if let Some(cut) = run.summary.cut.as_ref().filter(|_| !matches!(outcome, Outcome::Interrupted(_))) {
        parts.push(format!("cut short: {}", shorten(cut, 60)));
    }
    parts.join(", ")
}

fn colour(outcome: Outcome) -> Colour {
    match outcome {
        Outcome::Conforming => Colour::Green,
        Outcome::Incomplete | Outcome::Interrupted(_) | Outcome::NothingRan => Colour::Yellow,
        Outcome::Findings | Outcome::Trouble | Outcome::Usage => Colour::Red,
    }
}
