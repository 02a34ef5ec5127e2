//! The state that every report folds the events into: one [`Run`] per peer.

use qmprobe_engine::event::{Event, Finding, PeerFacts, Round, Summary};
use std::collections::{BTreeMap, BTreeSet};

/// The runs seen so far, and what was noted outside of any.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Notes from before the first run, between two, and after the last.
    pub notes: Vec<String>,
    /// The runs in order.
    pub all: Vec<Run>,
}

impl Runs {
    /// Takes an event in. Events of a run that never began are dropped, notes kept.
    pub fn event(&mut self, event: &Event) {
        if let Some(run) = Run::started(event) {
            return self.all.push(run);
        }
        match (self.all.last_mut().filter(|run| !run.finished), event) {
            (Some(run), event) => run.event(event),
            (None, Event::Noted { text }) => self.notes.push(text.clone()),
            (None, _) => {}
        }
    }
}

/// One run against one peer.
#[derive(Clone, Debug)]
pub struct Run {
    /// Version of the tool.
    pub tool: String,
    /// The peer.
    pub peer: PeerFacts,
    /// The seed.
    pub seed: u64,
    /// Fingerprint of the schema.
    pub schema: String,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The findings, gravest first, then by rule id, then as they were made.
    pub findings: Vec<Finding>,
    /// Rules with nothing to look at: slug -> why.
    pub skipped: BTreeMap<String, String>,
    /// Waivers that matched nothing or expired, and why.
    pub idle_waivers: Vec<(String, String)>,
    /// The figures: the run's own, or as far as the events go when it has not finished.
    pub summary: Summary,
    /// Whether `RunFinished` was seen.
    pub finished: bool,
    exercised: BTreeSet<String>,
}

/// How a rule fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleState {
    /// It has unwaived findings.
    Failed,
    /// All its findings are waived.
    Known,
    /// It had something to look at, and it held.
    Passed,
    /// It had nothing to look at.
    NotShown,
}

impl RuleState {
    /// The word used in files.
    pub const fn name(self) -> &'static str {
        match self {
            RuleState::Failed => "failed",
            RuleState::Known => "known",
            RuleState::Passed => "passed",
            RuleState::NotShown => "not-shown",
        }
    }
}

/// One rule's result in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleResult {
    /// The slug.
    pub rule: String,
    /// How it fared.
    pub state: RuleState,
    /// Verdicts that passed.
    pub pass: u64,
    /// Verdicts that failed.
    pub fail: u64,
    /// Why it was not shown; empty otherwise.
    pub why: String,
}

/// Said of a rule whose verdicts failed and that nevertheless has no finding of its own.
const EXPLAINED: &str = "explained by another rule's finding";

impl Run {
    fn started(event: &Event) -> Option<Run> {
        let Event::RunStarted { tool, peer, seed, schema, commands, planned, .. } = event else {
            return None;
        };
        Some(Run {
            tool: tool.clone(),
            peer: peer.clone(),
            seed: *seed,
            schema: schema.clone(),
            notes: Vec::new(),
            findings: Vec::new(),
            skipped: BTreeMap::new(),
            idle_waivers: Vec::new(),
            summary: Summary {
                cut: Some("the record ends before the run does".to_owned()),
                planned: *planned,
                commands_declared: *commands,
                peer_starts: 1,
                ..Summary::default()
            },
            finished: false,
            exercised: BTreeSet::new(),
        })
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { .. } | Event::CaseBegan { .. } | Event::RoundWentOn { .. } => {}
            Event::RoundBegan { .. } => self.summary.peer_starts += 1,
            Event::RoundEnded(round) => self.played(round),
            Event::Noted { text } => self.notes.push(text.clone()),
            Event::CaseEnded { command, passed, failed, took_us, .. } => {
                self.judged(command.as_deref(), passed, failed, *took_us);
            }
            Event::PeerRestarted { .. } => self.summary.peer_starts += 1,
            Event::FindingMade(finding) => self.found(finding),
            Event::FindingCounted { signature, occurrences } => {
                let counted = self.findings.iter_mut().filter(|finding| finding.signature == *signature);
                counted.for_each(|finding| finding.occurrences = *occurrences);
            }
            Event::RuleSkipped { rule, why } => {
                self.skipped.insert(rule.clone(), why.clone());
            }
            Event::WaiverIdle { waiver, why } => self.idle_waivers.push((waiver.clone(), why.clone())),
            Event::RunFinished(summary) => {
                self.summary = summary.clone();
                self.finished = true;
            }
        }
    }

    fn judged(&mut self, command: Option<&str>, passed: &[String], failed: &[String], took_us: u64) {
        self.summary.judged += 1;
        self.summary.seconds += took_us as f64 / 1e6;
        for rule in passed {
            self.summary.rules.entry(rule.clone()).or_default().0 += 1;
        }
        for rule in failed {
            self.summary.rules.entry(rule.clone()).or_default().1 += 1;
        }
        if let Some(command) = command.filter(|command| !self.exercised.contains(*command)) {
            self.exercised.insert(command.to_owned());
            self.summary.commands_exercised += 1;
        }
    }

    fn played(&mut self, round: &Round) {
        self.summary.judged += round.cases;
        self.summary.seconds += round.took_us as f64 / 1e6;
        for (rule, (pass, fail)) in &round.rules {
            let counts = self.summary.rules.entry(rule.clone()).or_default();
            *counts = (counts.0 + pass, counts.1 + fail);
        }
        for command in &round.commands {
            self.summary.commands_exercised += u64::from(self.exercised.insert(command.clone()));
        }
    }

    fn found(&mut self, finding: &Finding) {
        if finding.waived.is_some() {
            self.summary.waived += 1;
        } else {
            self.summary.findings += 1;
            self.summary.violations += u64::from(finding.severity == "violation");
        }
        let at = self.findings.partition_point(|other| order(other) <= order(finding));
        self.findings.insert(at, finding.clone());
    }

    /// The findings that no waiver covers.
    pub fn unwaived(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_none())
    }

    /// The known defects.
    pub fn waived(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.waived.is_some())
    }

    /// Every rule that the run speaks of, by slug.
    pub fn rules(&self) -> Vec<RuleResult> {
        let counted = self.summary.rules.keys().map(String::as_str);
        let found = self.findings.iter().map(|finding| finding.rule.as_str());
        let slugs: BTreeSet<&str> =
            counted.chain(found).chain(self.skipped.keys().map(String::as_str)).collect();
        slugs.into_iter().map(|slug| self.rule(slug)).collect()
    }

    fn rule(&self, slug: &str) -> RuleResult {
        let (pass, fail) = self.summary.rules.get(slug).copied().unwrap_or_default();
        let mut findings = self.findings.iter().filter(|finding| finding.rule == slug).peekable();
        let state = if findings.peek().is_some() {
            if findings.all(|finding| finding.waived.is_some()) {
                RuleState::Known
            } else {
                RuleState::Failed
            }
        } else if fail == 0 && pass > 0 {
            RuleState::Passed
        } else {
            RuleState::NotShown
        };
        let why = match state {
            RuleState::NotShown if fail > 0 => EXPLAINED.to_owned(),
            RuleState::NotShown => {
                self.skipped.get(slug).cloned().unwrap_or_else(|| "nothing to look at".to_owned())
            }
            _ => String::new(),
        };
        RuleResult { rule: slug.to_owned(), state, pass, fail, why }
    }
}

fn order(finding: &Finding) -> (u8, &str) {
    let gravity = match finding.severity.as_str() {
        "violation" => 0,
        "warning" => 1,
        _ => 2,
    };
    (gravity, &finding.id)
}
