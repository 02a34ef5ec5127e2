//! The closing figures of one run: rules, commands, cases, peer, time, and what was left out and why.

use super::paint::{Colour, Page};
use crate::run::{RuleResult, RuleState, Run};
use crate::text::{counted, thousands};
use std::collections::BTreeMap;
use std::io;

/// Names listed of one group; the rest are counted.
const NAMES_MAX: usize = 6;

pub(super) fn print(page: &mut Page, run: &Run) -> io::Result<()> {
    page.line("")?;
    rules(page, &run.rules())?;
    commands(page, run)?;
    let summary = &run.summary;
    let cases = format!("{} judged of {} planned", thousands(summary.judged), thousands(summary.planned));
    page.entry("cases", Colour::Dim, &cases)?;
    let starts = counted(summary.peer_starts, "start", "starts");
    page.entry("peer", Colour::Dim, &format!("{starts}, {:.1} s", summary.seconds))?;
    for (waiver, why) in &run.idle_waivers {
        page.entry("waiver", Colour::Yellow, &format!("{waiver}: {why}"))?;
    }
    Ok(())
}

fn rules(page: &mut Page, rules: &[RuleResult]) -> io::Result<()> {
    let of = |state: RuleState| rules.iter().filter(move |rule| rule.state == state);
    let mut parts = vec![format!("{} passed", of(RuleState::Passed).count())];
    for (state, word) in [
        (RuleState::Failed, "failed"),
        (RuleState::Known, "with known defects only"),
        (RuleState::NotShown, "not shown"),
    ] {
        let n = of(state).count();
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    }
    page.entry("rules", Colour::Dim, &parts.join(", "))?;
    let failed: Vec<&str> = of(RuleState::Failed).map(|rule| rule.rule.as_str()).collect();
    if !failed.is_empty() {
        page.entry("", Colour::Dim, &format!("failed: {}", failed.join(", ")))?;
    }
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in of(RuleState::NotShown) {
        reasons.entry(&rule.why).or_default().push(&rule.rule);
    }
    for (why, names) in reasons {
        page.entry("", Colour::Dim, &format!("not shown, {why}: {}", listed(&names)))?;
    }
    Ok(())
}

fn commands(page: &mut Page, run: &Run) -> io::Result<()> {
    let summary = &run.summary;
    let mut text = format!("{} of {} exercised", summary.commands_exercised, summary.commands_declared);
    if !summary.commands_skipped.is_empty() {
        text.push_str(&format!(", {} left out", summary.commands_skipped.len()));
    }
    page.entry("commands", Colour::Dim, &text)?;
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (command, why) in &summary.commands_skipped {
        reasons.entry(why).or_default().push(command);
    }
    for (why, names) in reasons {
        page.entry("", Colour::Dim, &format!("left out, {why}: {}", listed(&names)))?;
    }
    Ok(())
}

/// `a, b, c and 12 more`.
fn listed(names: &[&str]) -> String {
    if names.len() <= NAMES_MAX + 1 {
        return names.join(", ");
    }
    format!("{} and {} more", names[..NAMES_MAX].join(", "), names.len() - NAMES_MAX)
}
