//! What the process ends with: the outcome of a run, or why there was none.

use qmprobe_report::{Outcome, RuleState, Run};
use std::io::{self, Write};

/// Why a command came to no outcome of its own.
#[derive(Debug)]
pub enum Failure {
    /// The command line, or a file that it names, is wrong.
    Usage(anyhow::Error),
    /// A peer could not be started or reached, or we had trouble of our own.
    Trouble(anyhow::Error),
}

impl Failure {
    /// Bad usage, in words.
    pub fn usage(text: impl Into<String>) -> Failure {
        Failure::Usage(anyhow::Error::msg(text.into()))
    }

    /// Trouble, by its cause.
    pub fn trouble(cause: impl Into<anyhow::Error>) -> Failure {
        Failure::Trouble(cause.into())
    }

    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        match self {
            Failure::Usage(_) => Outcome::Usage,
            Failure::Trouble(_) => Outcome::Trouble,
        }
    }

    /// The cause, with all that led to it.
    pub fn cause(&self) -> &anyhow::Error {
        match self {
            Failure::Usage(cause) | Failure::Trouble(cause) => cause,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Trouble(error.into())
    }
}

/// Says on standard error what went wrong. That may be closed: the exit code still tells.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "qmprobe: {text}");
}

/// What a run came to. `selected` are the rules that the user asked for; none is all.
pub fn of_run(run: &Run, selected: &[String], strict: bool) -> Outcome {
    let fails = |severity: &str| severity == "violation" || (strict && severity == "warning");
    if run.unwaived().any(|finding| fails(&finding.severity)) {
        return Outcome::Findings;
    }
    if !run.summary.complete {
        return Outcome::Incomplete;
    }
    let shown = |slug: &String| {
        run.rules().iter().any(|rule| rule.rule == *slug && rule.state != RuleState::NotShown)
    };
    let nothing = run.summary.judged == 0 || (!selected.is_empty() && !selected.iter().any(shown));
    if nothing || (strict && !run.idle_waivers.is_empty()) {
        return Outcome::NothingRan;
    }
    Outcome::Conforming
}
