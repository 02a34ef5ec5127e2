//! The reports of one invocation: opened before the run, so that a bad path is told at once; fed with every
//! event; finished whatever happened.

use crate::args::OutputArgs;
use crate::exit::Failure;
use crate::stdout::Stdout;
use qmprobe_engine::Event;
use qmprobe_report::{Outcomes, Output, Progress, Report, Runs, Settings};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

/// All reports of this invocation.
pub struct Reports {
    all: Vec<Box<dyn Report>>,
    /// What the reports are folded from, for the outcome.
    pub runs: Runs,
    /// The first trouble with writing one. The others go on.
    trouble: Option<io::Error>,
    console_on_stdout: bool,
}

impl Reports {
    /// Opens the console and every file that `args` names.
    ///
    /// # Errors
    /// Usage: a file cannot be written.
    pub fn open(args: &OutputArgs, strict: bool) -> Result<Reports, Failure> {
        let files = [("json", &args.json), ("junit", &args.junit)];
        let wants_stdout = |path: &Option<_>| path.as_deref() == Some(Path::new("-"));
        let piped = files.iter().filter(|(_, path)| wants_stdout(path)).count();
        if piped > 1 {
            return Err(Failure::usage("only one report can go to standard output"));
        }
        let on_stdout = piped == 0;
        let mut all = vec![console(on_stdout, strict)];
        for (name, path) in files {
            let Some(path) = path else { continue };
            let Some(format) = qmprobe_report::format(name) else { continue };
            all.push((format.new)(open(path)?, Settings { strict, ..Settings::default() }));
        }
        Ok(Reports { all, runs: Runs::default(), trouble: None, console_on_stdout: on_stdout })
    }

    /// Says something before everything else.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn announce(&self, text: &str) -> io::Result<()> {
        if self.console_on_stdout {
            let mut out = Stdout::new();
            writeln!(out, "{text}")?;
            return out.flush();
        }
        writeln!(io::stderr(), "{text}")
    }

    /// Feeds every report.
    pub fn event(&mut self, event: &Event) {
        self.runs.event(event);
        for report in &mut self.all {
            if let Err(error) = report.event(event) {
                self.trouble.get_or_insert(error);
            }
        }
    }

    /// Completes every report, also when one of them fails.
    ///
    /// # Errors
    /// The first trouble that any of them had.
    pub fn finish(mut self, outcomes: &Outcomes) -> io::Result<()> {
        for report in &mut self.all {
            if let Err(error) = report.finish(outcomes) {
                self.trouble.get_or_insert(error);
            }
        }
        self.trouble.map_or(Ok(()), Err)
    }
}

fn console(on_stdout: bool, strict: bool) -> Box<dyn Report> {
    let terminal = if on_stdout { io::stdout().is_terminal() } else { io::stderr().is_terminal() };
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let progress = if io::stderr().is_terminal() { Progress::Bar } else { Progress::Lines };
    let out: Output =
        if on_stdout { Box::new(Stdout::new()) } else { Box::new(BufWriter::new(io::stderr())) };
    qmprobe_report::console::new(out, Settings { colour, progress, strict })
}

fn open(path: &Path) -> Result<Output, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(Stdout::new()));
    }
    let file = File::create(path)
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))?;
    Ok(Box::new(BufWriter::new(file)))
}
