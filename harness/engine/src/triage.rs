//! From a failed verdict to a finding: is its signature known, does it show again on a fresh peer, can its
//! case be made smaller, is it waived, does another finding explain it.

mod bench;

use crate::by_hand;
use crate::error::Error;
use crate::event::{Event, Finding, PeerFacts};
use crate::evidence;
use crate::journal::FINDINGS;
use crate::runner::Runner;
use crate::waivers::Waivers;
pub(crate) use bench::Bench;
use qmprobe_check::rule::Rule;
use qmprobe_check::verdict::Breach;
use qmprobe_check::{Outcome, Verdict};
use qmprobe_wire::Transcript;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Findings of one rule that are confirmed and reported; further ones are counted.
const FINDINGS_PER_RULE_MAX: usize = 50;
/// Directories of findings are named by rule; their files by signature.
const EXTENSION: &str = "json";

/// What is known of a signature.
#[derive(Debug)]
enum Known {
    /// It was reported; how often it occurred.
    Reported { occurrences: u64 },
    /// Whether it is reported is decided at the end; how often it occurred.
    Held { occurrences: u64 },
    /// There are enough of its rule.
    Surplus,
}

/// A breach whose rule yields to others, which may still be found.
#[derive(Debug)]
struct Held {
    rule: &'static Rule,
    breach: Breach,
    transcript: Transcript,
    signature: String,
}

/// The triage of one run.
#[derive(Debug)]
pub(crate) struct Triage {
    bench: Bench,
    waivers: Waivers,
    facts: PeerFacts,
    out: PathBuf,
    /// Slugs of the rules that may be reported; empty is all.
    rules: Vec<String>,
    known: HashMap<String, Known>,
    per_rule: BTreeMap<&'static str, usize>,
    surplus: BTreeMap<&'static str, HashSet<String>>,
    held: Vec<Held>,
    /// The commands of which each rule failed, whether selected or not.
    failing: HashMap<&'static str, HashSet<Option<String>>>,
}

impl Triage {
    pub fn new(bench: Bench, waivers: Waivers, facts: PeerFacts, out: &Path, rules: &[String]) -> Triage {
        Triage {
            bench,
            waivers,
            facts,
            out: out.to_owned(),
            rules: rules.to_vec(),
            known: HashMap::new(),
            per_rule: BTreeMap::new(),
            surplus: BTreeMap::new(),
            held: Vec::new(),
            failing: HashMap::new(),
        }
    }

    /// Whether the rule may be reported.
    pub fn is_selected(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|selected| selected == rule)
    }

    /// The findings that the failed verdicts on a transcript come to.
    ///
    /// # Errors
    /// A finding cannot be written.
    pub async fn take(
        &mut self,
        main: &mut Runner,
        transcript: &Transcript,
        verdicts: Vec<Verdict>,
    ) -> Result<Vec<Finding>, Error> {
        let mut fresh = Vec::new();
        for Verdict { rule, outcome } in verdicts {
            let Outcome::Fail(breach) = outcome else { continue };
            self.failing.entry(rule.slug).or_default().insert(breach.command.clone());
            if !self.is_selected(rule.slug) {
                continue;
            }
            let signature = evidence::signature(rule, &breach, transcript);
            if !self.is_new(rule, &signature) {
                continue;
            }
            if rule.yields_to.is_empty() {
                fresh.push((rule, breach, signature));
            } else {
                self.held.push(Held { rule, breach, transcript: transcript.clone(), signature });
            }
        }
        self.make(main, transcript, fresh).await
    }

    /// The findings that were held back and that nothing explains.
    ///
    /// # Errors
    /// A finding cannot be written.
    pub async fn release(&mut self, main: &mut Runner) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        for Held { rule, breach, transcript, signature } in std::mem::take(&mut self.held) {
            if self.is_explained(rule, &breach) {
                self.known.remove(&signature);
                continue;
            }
            findings.extend(self.make(main, &transcript, vec![(rule, breach, signature)]).await?);
        }
        Ok(findings)
    }

    /// What is left to say at the end.
    pub fn last_words(&self) -> Vec<Event> {
        let counted = self.known.iter().filter_map(|(signature, known)| match known {
            Known::Reported { occurrences } => {
                Some(Event::FindingCounted { signature: signature.clone(), occurrences: *occurrences })
            }
            Known::Held { .. } | Known::Surplus => None,
        });
        let mut events: Vec<Event> = counted.collect();
        events.extend(self.surplus.iter().map(|(rule, signatures)| Event::Noted {
            text: format!(
                "{rule}: {} more findings than the {FINDINGS_PER_RULE_MAX} that are reported of one rule",
                signatures.len()
            ),
        }));
        events.extend(self.waivers.idle().map(|(waiver, why)| Event::WaiverIdle { waiver, why }));
        events
    }

    /// Counts the signature; true when it is to be looked into.
    fn is_new(&mut self, rule: &'static Rule, signature: &str) -> bool {
        match self.known.get_mut(signature) {
            Some(Known::Reported { occurrences } | Known::Held { occurrences }) => {
                *occurrences += 1;
                return false;
            }
            Some(Known::Surplus) => return false,
            None => {}
        }
        let of_rule = self.per_rule.entry(rule.slug).or_default();
        *of_rule += 1;
        let within = *of_rule <= FINDINGS_PER_RULE_MAX;
        let known = match (within, rule.yields_to.is_empty()) {
            (false, _) => Known::Surplus,
            (true, true) => Known::Reported { occurrences: 1 },
            (true, false) => Known::Held { occurrences: 1 },
        };
        self.known.insert(signature.to_owned(), known);
        if !within {
            self.surplus.entry(rule.slug).or_default().insert(signature.to_owned());
        }
        within
    }

    /// Whether one of the rules that explain this one failed, of the same command or of the peer as a whole.
    fn is_explained(&self, rule: &Rule, breach: &Breach) -> bool {
        let fails = rule.yields_to.iter().filter_map(|slug| self.failing.get(slug)).flatten();
        fails
            .into_iter()
            .any(|command| command.is_none() || breach.command.is_none() || *command == breach.command)
    }

    /// Confirms what one transcript shows for the first time, and makes findings of it.
    async fn make(
        &mut self,
        main: &mut Runner,
        transcript: &Transcript,
        fresh: Vec<(&'static Rule, Breach, String)>,
    ) -> Result<Vec<Finding>, Error> {
        if fresh.is_empty() {
            return Ok(Vec::new());
        }
        let signatures: Vec<&str> = fresh.iter().map(|(_, _, signature)| signature.as_str()).collect();
        let seen = self.bench.confirm(main, &transcript.case, &signatures).await;
        let mut findings = Vec::new();
        for ((rule, breach, signature), reproduced) in fresh.iter().zip(&seen.reproduced) {
            let mut finding = evidence::draft(rule, breach, transcript, &self.facts, signature.clone());
            finding.waived = self.waivers.reason(&finding);
            if finding.waived.is_none() && *reproduced > 0 {
                let smaller = self.bench.shrink(main, rule, &transcript.case, signature).await;
                if let Some((breach, transcript)) = smaller {
                    finding = evidence::draft(rule, &breach, &transcript, &self.facts, signature.clone());
                }
            }
            finding.reproduced = *reproduced;
            finding.tries = seen.tries;
            finding.by_hand = by_hand::line(&finding.case, self.bench.spec(), main.peer());
            if let Some(Known::Held { occurrences } | Known::Reported { occurrences }) =
                self.known.get(signature)
            {
                finding.occurrences = *occurrences;
            }
            let reported = Known::Reported { occurrences: finding.occurrences };
            self.known.insert(signature.clone(), reported);
            finding.file = Some(format!("{FINDINGS}/{}/{signature}.{EXTENSION}", rule.slug));
            self.write(&finding)?;
            findings.push(finding);
        }
        Ok(findings)
    }

    fn write(&self, finding: &Finding) -> Result<(), Error> {
        let Some(file) = &finding.file else { return Ok(()) };
        let path = self.out.join(file);
        let written = || {
            fs::create_dir_all(path.parent().unwrap_or(&self.out))?;
            let mut text = serde_json::to_vec_pretty(finding)?;
            text.push(b'\n');
            fs::write(&path, text)
        };
        written().map_err(|source| Error::Write { path: path.clone(), source })
    }
}
