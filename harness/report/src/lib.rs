//! Folds over the event stream: each report is made of events only, so that a kept journal gives the same one.
//!
//! A new format is one file and one line in [`ALL`]. Nothing here decides what a run is worth: the caller
//! hands the [`Outcome`] in when it is over.

pub mod bench;
pub mod console;
mod finding;
pub mod json;
pub mod junit;
mod outcome;
mod run;
mod text;

pub use outcome::{Outcome, Outcomes};
pub use run::{RuleResult, RuleState, Run, Runs};
pub use text::{printable, shell_word, wrap};

use qmprobe_engine::Event;
use std::io::{self, Write};

/// A fold over the events of one run, or of several after one another.
pub trait Report {
    /// Takes the next event in.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Everything was seen: writes what is left. To be called once, also when the run was interrupted.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(&mut self, outcomes: &Outcomes) -> io::Result<()>;
}

/// Where a report goes.
pub type Output = Box<dyn Write>;

/// What the caller knows and a report cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether colours may be used (console only).
    pub colour: bool,
    /// How the console shows that something goes on.
    pub progress: Progress,
    /// Whether warnings fail the run.
    pub strict: bool,
}

/// How the console shows, on standard error, that something goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Not at all.
    #[default]
    Off,
    /// One line every ten seconds.
    Lines,
    /// A bar.
    Bar,
}

/// One format of report.
#[derive(Debug)]
pub struct Format {
    /// The word for it on the command line.
    pub name: &'static str,
    /// The usual extension of its files, without the dot.
    pub extension: &'static str,
    /// Makes an empty report of this format.
    pub new: fn(Output, Settings) -> Box<dyn Report>,
}

/// Every format.
pub static ALL: &[Format] = &[
    Format { name: "console", extension: "txt", new: console::new },
    Format { name: "json", extension: "json", new: json::new },
    Format { name: "junit", extension: "xml", new: junit::new },
];

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static Format> {
    ALL.iter().find(|format| format.name == name)
}

/// Makes a report of events that were kept.
///
/// # Errors
/// When the output cannot be written.
pub fn replay<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    outcomes: &Outcomes,
    report: &mut dyn Report,
) -> io::Result<()> {
    for event in events {
        report.event(event)?;
    }
    report.finish(outcomes)
}
