//! `qmprobe self-test`: the tool against its own reference peer. Without a bug there must be no finding, and
//! each bug must be found by the rule that it breaks.

use super::runtime;
use crate::args::SelfTestArgs;
use crate::exit::Failure;
use crate::peers;
use crate::signals::Signals;
use crate::stdout::Stdout;
use qmprobe_check::find;
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

/// Cases that one bug may take to be found.
const CASES_MAX: u64 = 4_000;

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
    runtime()?.block_on(test(&bugs, args.only.is_none(), scratch.path()))
}

async fn test(bugs: &[&'static Bug], conforming: bool, scratch: &Path) -> Result<Outcome, Failure> {
    let signals = Signals::listen()?;
    let mut out = Stdout::new();
    let mut wrong = 0;
    let mut row = |ok: bool, name: &str, text: &str| {
        wrong += u32::from(!ok);
        writeln!(out, "{}  {name:<36}  {text}", if ok { "ok    " } else { "WRONG " })?;
        out.flush()
    };
    for dialect in [Dialect::Qmp, Dialect::Qga].into_iter().filter(|_| conforming) {
        let found = found(dialect, None, &signals, scratch).await?;
        let text = if found.is_empty() { "no finding".to_owned() } else { listed(&found) };
        row(found.is_empty(), &format!("no bug ({})", dialect.name()), &text)?;
    }
    for bug in bugs {
        if let Some(outcome) = signals.outcome() {
            return Ok(outcome);
        }
        let found = found(dialect_of(bug), Some(bug), &signals, scratch).await?;
        let text = if found.is_empty() { format!("not found by {}", bug.rule) } else { listed(&found) };
        row(found.contains(bug.rule), bug.name, &text)?;
    }
    Ok(if wrong == 0 { Outcome::Conforming } else { Outcome::Findings })
}

/// The rules that report something of a reference peer with this bug.
async fn found(
    dialect: Dialect,
    bug: Option<&'static Bug>,
    signals: &Signals,
    scratch: &Path,
) -> Result<BTreeSet<String>, Failure> {
    let bugs = bug.into_iter().collect();
    let options = Options {
        peer: PeerSpec::Embedded(peers::reference(dialect, None, bugs)?),
        peer_name: None,
        schema: Some(std::sync::Arc::new(crate::schemas::default_for(dialect)?)),
        allow: Class::Destroying,
        rules: bug.map(|bug| bug.rule.to_owned()).into_iter().collect(),
        seed: 0,
        time: None,
        out: scratch.join(bug.map_or(dialect.name(), |bug| bug.name)),
        waivers: Vec::new(),
        strict: true,
        limits: Limits::default(),
        max_cases: bug.map(|_| CASES_MAX),
    };
    let mut found = BTreeSet::new();
    let mut sink = |event: &Event| {
        if let Event::FindingMade(finding) = event {
            found.insert(finding.rule.clone());
        }
    };
    campaign::run(options, signals.stop.clone(), &mut sink).await.map_err(Failure::trouble)?;
    Ok(found)
}

/// The dialect to show a bug in: the one that its rule speaks about.
fn dialect_of(bug: &Bug) -> Dialect {
    let qmp = find(bug.rule).is_none_or(|rule| rule.dialects.contains(&Dialect::Qmp));
    if qmp { Dialect::Qmp } else { Dialect::Qga }
}

fn listed(rules: &BTreeSet<String>) -> String {
    rules.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
