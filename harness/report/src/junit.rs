//! JUnit XML for CI servers: one suite per peer, one test case per rule under its stable slug, and one that
//! says whether the run was complete. Only what fails the run is a failure: warnings are with `strict`.

use crate::finding::{fields, frequency, headline};
use crate::outcome::{Outcome, Outcomes};
use crate::run::{RuleResult, RuleState, Run, Runs};
use crate::text::{counted, printable};
use crate::{Output, Report, Settings};
use qmprobe_engine::event::{Event, Finding};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

/// An empty report.
pub fn new(out: Output, settings: Settings) -> Box<dyn Report> {
    Box::new(Junit { out, strict: settings.strict, runs: Runs::default() })
}

struct Junit {
    out: Output,
    strict: bool,
    runs: Runs,
}

/// The test case that fails when a run is not complete. No rule has this slug.
const COMPLETE: &str = "run-complete";

impl Report for Junit {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.runs.event(event);
        Ok(())
    }

    fn finish(&mut self, outcomes: &Outcomes) -> io::Result<()> {
        let mut report = quick_junit::Report::new("qmprobe");
        for (index, run) in self.runs.all.iter().enumerate() {
            report.add_test_suite(suite(run, outcomes.of(index), self.strict));
        }
        if outcomes.whole == Outcome::Trouble {
            report.add_test_suite(trouble(&self.runs.notes));
        }
        report.serialize(&mut self.out).map_err(io::Error::other)?;
        self.out.flush()
    }
}

fn suite(run: &Run, outcome: Outcome, strict: bool) -> TestSuite {
    let mut suite = TestSuite::new(safe(&run.peer.name));
    suite.set_time(Duration::try_from_secs_f64(run.summary.seconds).unwrap_or_default());
    suite.add_property(("command-line", safe(&run.peer.command_line).as_str()));
    suite.add_property(("dialect", run.peer.dialect.name()));
    suite.add_property(("schema", safe(&run.schema).as_str()));
    suite.add_property(("seed", run.seed.to_string().as_str()));
    suite.add_test_case(complete(run, outcome));
    for rule in run.rules() {
        suite.add_test_case(test_case(run, &rule, strict));
    }
    suite
}

fn complete(run: &Run, outcome: Outcome) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !run.summary.complete || outcome == Outcome::NothingRan {
        let judged = counted(run.summary.judged, "case", "cases");
        let why = run.summary.cut.as_deref().unwrap_or(outcome.word());
        status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("incomplete").set_message(safe(&format!("{why}; {judged} judged")));
    }
    named(run, COMPLETE, status)
}

fn trouble(notes: &[String]) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("trouble").set_message("a peer could not be tested");
    status.set_description(safe(&notes.join("; ")));
    let mut suite = TestSuite::new("qmprobe");
    suite.add_test_case(TestCase::new("every-peer-tested", status));
    suite
}

fn test_case(run: &Run, rule: &RuleResult, strict: bool) -> TestCase {
    let of_rule = |finding: &&Finding| finding.rule == rule.rule;
    let fails =
        |finding: &&Finding| finding.severity == "violation" || (strict && finding.severity == "warning");
    let failures: Vec<&Finding> = run.unwaived().filter(of_rule).filter(fails).collect();
    let rest: Vec<&Finding> = run
        .findings
        .iter()
        .filter(of_rule)
        .filter(|finding| finding.waived.is_some() || !fails(finding))
        .collect();
    let mut case = named(run, &rule.rule, status(rule, &failures));
    if !rest.is_empty() {
        case.set_system_out(describe(&rest));
    }
    for finding in rest {
        if let Some(reason) = &finding.waived {
            case.add_property(("waived", safe(reason).as_str()));
        }
    }
    case
}

fn status(rule: &RuleResult, failures: &[&Finding]) -> TestCaseStatus {
    let Some(first) = failures.first() else {
        let mut status = TestCaseStatus::success();
        if rule.state == RuleState::NotShown {
            status = TestCaseStatus::skipped();
            status.set_message(safe(&rule.why));
        }
        return status;
    };
    let mut message = headline(first);
    if failures.len() > 1 {
        let _ = write!(message, " (and {} more)", failures.len() - 1);
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(safe(&first.severity)).set_message(message).set_description(describe(failures));
    status
}

fn named(run: &Run, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(safe(name), status);
    case.set_classname(format!("qmprobe.{}", safe(&run.peer.kind)));
    case
}

/// The findings of one rule as plain text.
fn describe(findings: &[&Finding]) -> String {
    let mut out = String::new();
    if let Some(first) = findings.first() {
        let (id, title) = (safe(&first.id), safe(&first.title));
        let _ = writeln!(out, "{id} {title}\n{}\n({})", safe(&first.requirement), safe(&first.source));
    }
    for finding in findings {
        let _ = writeln!(out, "\n{} [{}]", headline(finding), safe(&finding.signature));
        if let Some(reason) = &finding.waived {
            let _ = writeln!(out, "  {:<10}{}", "waived", safe(reason));
        }
        for field in fields(finding) {
            let _ = writeln!(out, "  {:<10}{}", field.label, field.text);
        }
        let _ = writeln!(out, "  {:<10}{}", "how often", frequency(finding));
    }
    out
}

fn safe(text: &str) -> String {
    printable(text).into_owned()
}
