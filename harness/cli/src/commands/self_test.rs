//! `qmprobe self-test`: the tool against its own reference peer. Without a bug there must be no finding, and
//! each bug must be found by the rule that it breaks.

use super::runtime;
use crate::args::SelfTestArgs;
use crate::exit::Failure;
use crate::peers;
use crate::schemas;
use crate::signals::Signals;
use crate::stdout::Stdout;
use qmprobe_engine::Event;
use qmprobe_engine::campaign::{self, Options};
use qmprobe_engine::safety::Class;
use qmprobe_reference::Bug;
use qmprobe_report::Outcome;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// Milliseconds that the reference peer may take: it is in this process, and has nothing to do.
const STEP_MS_MAX: u64 = 500;
/// Bytes of its longest message: its schema has 200 kB.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Runs the command.
pub fn run(args: &SelfTestArgs) -> Result<Outcome, Failure> {
    let scratch = tempfile::tempdir()?;
    let wanted = |bug: &&&'static Bug| match &args.only {
        Some(part) => bug.name.contains(part.as_str()) || bug.rule.contains(part.as_str()),
        None => true,
    };
    let bugs: Vec<&'static Bug> = qmprobe_reference::bugs().iter().filter(wanted).copied().collect();
    if bugs.is_empty() {
        return Err(Failure::usage("no bug and no rule is called like that (`qmprobe serve --list-bugs`)"));
    }
    runtime()?.block_on(async {
        let mut signals = Signals::listen()?;
        tokio::select! {
            outcome = test(&bugs, args.only.is_none(), scratch.path()) => outcome,
            // Nothing is kept that would have to be completed.
            _ = signals.stop.changed() => Ok(signals.outcome().unwrap_or(Outcome::Trouble)),
        }
    })
}

/// Prints a row for each bug, and before them, when asked for, one for each dialect without any.
async fn test(bugs: &[&'static Bug], conforming: bool, scratch: &Path) -> Result<Outcome, Failure> {
    let mut out = Stdout::new();
    let mut wrong = 0;
    let mut row = |ok: bool, name: &str, text: &str| {
        wrong += u32::from(!ok);
        writeln!(out, "{:<5}  {name:<36}  {text}", if ok { "ok" } else { "WRONG" })?;
        out.flush()
    };
    for dialect in [Dialect::Qmp, Dialect::Qga].into_iter().filter(|_| conforming) {
        let found = Trial { dialect, bug: None, own_cases: false }.run(scratch).await?;
        let rules: Vec<&str> = found.iter().map(String::as_str).collect();
        let text = if found.is_empty() { "no finding".to_owned() } else { rules.join(", ") };
        row(found.is_empty(), &format!("no bug ({})", dialect.name()), &text)?;
    }
    for bug in bugs {
        let found = is_found(bug, scratch).await?;
        row(found, bug.name, &format!("{}found by {}", if found { "" } else { "not " }, bug.rule))?;
    }
    Ok(if wrong == 0 { Outcome::Conforming } else { Outcome::Findings })
}

/// Whether the rule that a bug breaks reports it: by the cases made for the rule or, where those do not
/// provoke the bug, by all.
async fn is_found(bug: &'static Bug, scratch: &Path) -> Result<bool, Failure> {
    for own_cases in [true, false] {
        let trial = Trial { dialect: bug.dialect, bug: Some(bug), own_cases };
        if trial.run(scratch).await?.contains(bug.rule) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One run against the reference peer.
#[derive(Clone, Copy)]
struct Trial {
    dialect: Dialect,
    bug: Option<&'static Bug>,
    /// Only the cases made for the rule that the bug breaks.
    own_cases: bool,
}

impl Trial {
    /// The rules that report something. Ends as soon as the bug's own does.
    async fn run(self, scratch: &Path) -> Result<BTreeSet<String>, Failure> {
        let (stopper, stop) = watch::channel(false);
        let mut found = BTreeSet::new();
        let mut sink = |event: &Event| {
            if let Event::FindingMade(finding) = event {
                if self.bug.is_some_and(|bug| bug.rule == finding.rule) {
                    stopper.send_replace(true);
                }
                found.insert(finding.rule.clone());
            }
        };
        campaign::run(self.options(scratch)?, stop, &mut sink).await.map_err(Failure::trouble)?;
        Ok(found)
    }

    fn options(self, scratch: &Path) -> Result<Options, Failure> {
        let schema = Arc::new(schemas::default_for(self.dialect)?);
        let bugs: Vec<_> = self.bug.into_iter().collect();
        let rule = self.bug.filter(|_| self.own_cases).map(|bug| bug.rule.to_owned());
        Ok(Options {
            peer: PeerSpec::Embedded(peers::reference(self.dialect, Some(Arc::clone(&schema)), bugs)?),
            peer_name: None,
            schema: Some(schema),
            allow: Class::Destroying,
            rules: rule.into_iter().collect(),
            seed: 0,
            time: None,
            out: scratch.join("out"),
            waivers: Vec::new(),
            strict: true,
            limits: limits(),
            max_cases: None,
        })
    }
}

/// An endless reply must reach its limit before the time is up.
fn limits() -> Limits {
    Limits {
        step_ms_max: STEP_MS_MAX,
        greeting_ms_max: STEP_MS_MAX,
        message_bytes_max: MESSAGE_BYTES_MAX,
        case_bytes_max: 4 * MESSAGE_BYTES_MAX,
        ..Limits::default()
    }
}
