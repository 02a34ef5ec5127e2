//! The closing figures of one run: rules, commands, cases, peer, time, and what was left out and why.

use super::paint::{Colour, Page};
use crate::run::{RuleResult, RuleState, Run};
use crate::text::{counted, thousands};
use qmprobe_engine::{RecoveryBucket, RecoveryRow};
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
    recovery(page, &run.summary.recovery)?;
    for (waiver, why) in &run.idle_waivers {
        page.entry("waiver", Colour::Yellow, &format!("{waiver}: {why}"))?;
    }
    Ok(())
}

/// Class of corruption by the quarter of the exchange where it happened: how many got back in step at the first
/// try, `+` how many later, `!` how many never.
fn recovery(page: &mut Page, rows: &[RecoveryRow]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let all = rows.iter().flat_map(|row| &row.places);
    let sum = |of: fn(&RecoveryBucket) -> u64| thousands(all.clone().map(of).sum());
    let (first, later, never) = (sum(|one| one.first), sum(|one| one.later), sum(|one| one.never));
    let figures = format!(
        "in step after one try {first}, after more {later}, never {never}; by quarter of the exchange:"
    );
    page.entry("recovery", Colour::Dim, &figures)?;
    let width = rows.iter().map(|row| row.class.len()).max().unwrap_or_default();
    let head =
        format!("{:<width$}  {:>9}{:>9}{:>9}{:>9}  tries  skipped  µs", "", "1st", "2nd", "3rd", "4th");
    page.verbatim(2, "", &head)?;
    for row in rows {
        let mut line = format!("{:<width$}  ", row.class);
        for place in &row.places {
            line.push_str(&format!("{:>9}", cell(place)));
        }
        let mean = row.us_total / row.cases.max(1);
        line.push_str(&format!(
            "  {:>2}/{:<2}  {:>7}  {mean}",
            row.tries_max, row.tries_due, row.skipped_max
        ));
        page.verbatim(2, "", &line)?;
    }
    Ok(())
}

fn cell(place: &RecoveryBucket) -> String {
    let RecoveryBucket { first, later, never } = place;
    match (first, later, never) {
        (0, 0, 0) => "-".to_owned(),
        (_, 0, 0) => first.to_string(),
        (_, _, 0) => format!("{first}+{later}"),
        (_, 0, _) => format!("{first}!{never}"),
        _ => format!("{first}+{later}!{never}"),
    }
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
