//! One JSON document for scripts: the run's figures, its rules and its findings. Part of the command line's
//! contract: members may be added, never renamed. Several peers: the same documents under `runs`.

use crate::outcome::Outcomes;
use crate::run::{RuleResult, RuleState, Run, Runs};
use crate::{Output, Report, Settings};
use qmprobe_engine::event::{Event, Finding, PeerFacts, RecoveryRow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// An empty report.
pub fn new(out: Output, _: Settings) -> Box<dyn Report> {
    Box::new(Json { out, runs: Runs::default() })
}

struct Json {
    out: Output,
    runs: Runs,
}

#[derive(Serialize)]
struct Several<'a> {
    complete: bool,
    exit: u8,
    notes: &'a [String],
    runs: Vec<Document<'a>>,
}

#[derive(Default, Serialize)]
struct Document<'a> {
    peer: Option<&'a PeerFacts>,
    complete: bool,
    exit: u8,
    cut: Option<&'a str>,
    tool: Option<&'a str>,
    seed: Option<u64>,
    schema: Option<&'a str>,
    counts: Counts,
    commands_skipped: BTreeMap<&'a str, &'a str>,
    notes: Vec<&'a str>,
    idle_waivers: Vec<IdleWaiver<'a>>,
    rules: Vec<RuleRow>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    recovery: &'a [RecoveryRow],
    findings: Vec<FindingRow<'a>>,
}

#[derive(Default, Serialize)]
struct Counts {
    cases_planned: u64,
    cases_judged: u64,
    commands_declared: u64,
    commands_exercised: u64,
    commands_skipped: u64,
    rules_passed: u64,
    rules_failed: u64,
    rules_known: u64,
    rules_not_shown: u64,
    findings: u64,
    violations: u64,
    waived: u64,
    peer_starts: u64,
    seconds: f64,
}

#[derive(Serialize)]
struct IdleWaiver<'a> {
    waiver: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct RuleRow {
    rule: String,
    state: &'static str,
    pass: u64,
    fail: u64,
    why: Option<String>,
}

#[derive(Serialize)]
struct FindingRow<'a> {
    rule: &'a str,
    id: &'a str,
    title: &'a str,
    signature: &'a str,
    severity: &'a str,
    waived: Option<&'a str>,
    command: Option<&'a str>,
    class: &'a str,
    reproduced: String,
    occurrences: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_s: Option<u64>,
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    core: Option<&'a str>,
    value_path: &'a str,
    schema_path: &'a str,
    expected: &'a [String],
    actual: &'a str,
    peer_after: &'a str,
    requirement: &'a str,
    source: &'a str,
    by_hand: &'a str,
}

impl Report for Json {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.runs.event(event);
        Ok(())
    }

    fn finish(&mut self, outcomes: &Outcomes) -> io::Result<()> {
        let runs = self.runs.all.iter().enumerate();
        let mut documents: Vec<Document<'_>> =
            runs.map(|(index, run)| document(run, outcomes.of(index).code())).collect();
        let whole = outcomes.whole.code();
        if documents.len() > 1 {
            let complete = documents.iter().all(|document| document.complete);
            let several = Several { complete, exit: whole, notes: &self.runs.notes, runs: documents };
            serde_json::to_writer_pretty(&mut self.out, &several)?;
        } else {
            let mut one = documents.pop().unwrap_or_default();
            // With one peer the document is the whole: also when a second peer could not be started.
            one.exit = whole;
            one.notes.extend(self.runs.notes.iter().map(String::as_str));
            serde_json::to_writer_pretty(&mut self.out, &one)?;
        }
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

fn document(run: &Run, exit: u8) -> Document<'_> {
    let rules = run.rules();
    let skipped = run.summary.commands_skipped.iter();
    Document {
        peer: Some(&run.peer),
        complete: run.summary.complete,
        exit,
        cut: run.summary.cut.as_deref(),
        tool: Some(&run.tool),
        seed: Some(run.seed),
        schema: Some(&run.schema),
        counts: counts(run, &rules),
        commands_skipped: skipped.map(|(command, why)| (command.as_str(), why.as_str())).collect(),
        notes: run.notes.iter().map(String::as_str).collect(),
        idle_waivers: run.idle_waivers.iter().map(|(waiver, why)| IdleWaiver { waiver, why }).collect(),
        rules: rules.into_iter().map(rule_row).collect(),
        recovery: &run.summary.recovery,
        findings: run.findings.iter().map(finding_row).collect(),
    }
}

fn counts(run: &Run, rules: &[RuleResult]) -> Counts {
    let of = |state: RuleState| rules.iter().filter(|rule| rule.state == state).count() as u64;
    let summary = &run.summary;
    Counts {
        cases_planned: summary.planned,
        cases_judged: summary.judged,
        commands_declared: summary.commands_declared,
        commands_exercised: summary.commands_exercised,
        commands_skipped: summary.commands_skipped.len() as u64,
        rules_passed: of(RuleState::Passed),
        rules_failed: of(RuleState::Failed),
        rules_known: of(RuleState::Known),
        rules_not_shown: of(RuleState::NotShown),
        findings: summary.findings,
        violations: summary.violations,
        waived: summary.waived,
        peer_starts: summary.peer_starts,
        seconds: summary.seconds,
    }
}

fn rule_row(rule: RuleResult) -> RuleRow {
    let why = (rule.state == RuleState::NotShown).then_some(rule.why);
    RuleRow { rule: rule.rule, state: rule.state.name(), pass: rule.pass, fail: rule.fail, why }
}

fn finding_row(finding: &Finding) -> FindingRow<'_> {
    FindingRow {
        rule: &finding.rule,
        id: &finding.id,
        title: &finding.title,
        signature: &finding.signature,
        severity: &finding.severity,
        waived: finding.waived.as_deref(),
        command: finding.command.as_deref(),
        class: &finding.class,
        reproduced: format!("{}/{}", finding.reproduced, finding.tries),
        occurrences: finding.occurrences,
        after_s: finding.after_s,
        file: finding.file.as_deref(),
        core: finding.core.as_deref(),
        value_path: &finding.value_path,
        schema_path: &finding.schema_path,
        expected: &finding.expected,
        actual: &finding.actual,
        peer_after: &finding.peer_after,
        requirement: &finding.requirement,
        source: &finding.source,
        by_hand: &finding.by_hand,
    }
}
