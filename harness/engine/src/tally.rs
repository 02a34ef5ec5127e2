//! The figures of a run as it goes on.

use crate::event::{Event, Finding, Round, Summary};
use qmprobe_check::rule::Rule;
use qmprobe_check::{ALL, Outcome, Severity, Verdict};
use qmprobe_wire::{Dialect, Version};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Counts verdicts by rule, and the commands that were run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    rules: BTreeMap<&'static str, (u64, u64)>,
    /// Why rules said nothing, the last time.
    skips: HashMap<&'static str, &'static str>,
    commands: BTreeSet<String>,
    judged: u64,
    findings: u64,
    violations: u64,
    waived: u64,
    /// How often each signature failed in rounds.
    signatures: BTreeMap<String, u64>,
}

impl Tally {
    /// Takes in what the selected rules say of one case. Returns the slugs that passed and that failed.
    pub fn case(
        &mut self,
        command: Option<&str>,
        verdicts: &[Verdict],
        is_selected: impl Fn(&str) -> bool,
    ) -> (Vec<String>, Vec<String>) {
        self.judged += 1;
        if let Some(command) = command.filter(|command| !self.commands.contains(*command)) {
            self.commands.insert(command.to_owned());
        }
        let (mut passed, mut failed) = (Vec::new(), Vec::new());
        for verdict in verdicts.iter().filter(|verdict| is_selected(verdict.rule.slug)) {
            let slug = verdict.rule.slug;
            let (count, names) = match verdict.outcome {
                Outcome::Pass => (&mut self.rules.entry(slug).or_default().0, &mut passed),
                Outcome::Fail(_) => (&mut self.rules.entry(slug).or_default().1, &mut failed),
                Outcome::Skip(why) => {
                    self.skips.insert(slug, why);
                    continue;
                }
            };
            *count += 1;
            // The verdicts of one rule stand together.
            if names.last().is_none_or(|last| last != slug) {
                names.push(slug.to_owned());
            }
        }
        (passed, failed)
    }

    /// Takes in a round of an earlier part of this run.
    pub fn recall(&mut self, round: &Round) {
        self.judged += round.cases;
        self.exercised(round.commands.iter().cloned());
        for (rule, (pass, fail)) in &round.rules {
            let Some(rule) = qmprobe_check::find(rule) else { continue };
            let counts = self.rules.entry(rule.slug).or_default();
            *counts = (counts.0 + pass, counts.1 + fail);
        }
        for (signature, count) in &round.signatures {
            *self.signatures.entry(signature.clone()).or_default() += count;
        }
    }

    /// A signature failed in a round.
    pub fn signature(&mut self, signature: &str) {
        match self.signatures.get_mut(signature) {
            Some(count) => *count += 1,
            None => drop(self.signatures.insert(signature.to_owned(), 1)),
        }
    }

    /// How often a signature failed in rounds.
    pub fn occurrences(&self, signature: &str) -> Option<u64> {
        self.signatures.get(signature).copied()
    }

    /// Whether the command was run before.
    pub fn has_run(&self, command: &str) -> bool {
        self.commands.contains(command)
    }

    /// Commands that a case ran besides the one it is about.
    pub fn exercised(&mut self, commands: impl IntoIterator<Item = String>) {
        self.commands.extend(commands);
    }

    /// A verdict that came after its case was judged.
    pub fn belated_fail(&mut self, rule: &'static Rule) {
        self.rules.entry(rule.slug).or_default().1 += 1;
    }

    /// Takes a finding in.
    pub fn finding(&mut self, finding: &Finding) {
        if finding.waived.is_some() {
            self.waived += 1;
            return;
        }
        self.findings += 1;
        self.violations += u64::from(finding.severity == Severity::Violation.name());
    }

    /// Whether nothing was found but what is known.
    pub fn holds(&self) -> bool {
        self.findings == 0
    }

    /// Cases judged so far.
    pub fn judged(&self) -> u64 {
        self.judged
    }

    /// The rules of interest that neither passed nor failed, and why. Rules about the other dialect are not
    /// of interest.
    pub fn skipped_rules(
        &self,
        dialect: Dialect,
        version: Option<Version>,
        is_selected: impl Fn(&str) -> bool,
    ) -> Vec<Event> {
        let silent = |rule: &&&'static Rule| {
            rule.terms.dialects.contains(&dialect)
                && is_selected(rule.slug)
                && !self.rules.contains_key(rule.slug)
        };
        let event = |rule: &&'static Rule| {
            let why = match self.skips.get(rule.slug) {
                _ if !rule.terms.versions.contains(version) => {
                    format!(
                        "it speaks of other versions ({}): {}",
                        rule.terms.versions, rule.terms.versions_reason
                    )
                }
                Some(why) => (*why).to_owned(),
                None => "no case was judged".to_owned(),
            };
            Event::RuleSkipped { rule: rule.slug.to_owned(), why }
        };
        ALL.iter().filter(silent).map(event).collect()
    }

    /// The figures so far, with the commands that were left out, which may have been looked up all the same; what else
    /// belongs to a summary is the caller's.
    pub fn summary(&self, skipped: BTreeMap<String, String>) -> Summary {
        let exercised = self.commands.iter().filter(|command| !skipped.contains_key(*command));
        Summary {
            judged: self.judged,
            commands_exercised: exercised.count() as u64,
            commands_skipped: skipped,
            findings: self.findings,
            violations: self.violations,
            waived: self.waived,
            rules: self.rules.iter().map(|(rule, counts)| ((*rule).to_owned(), *counts)).collect(),
            ..Summary::default()
        }
    }
}
