//! The shards of one campaign, each kept in a directory of its own, become one. It is the union of sets, of rounds
//! by number, of findings by signature, of kept sequences by content, and every figure is counted from that: the
//! order does not matter, nor does what is given twice.

use crate::error::Error;
use crate::event::{Event, Finding, Round, Shards, Summary};
use crate::fuzz::corpus;
use crate::fuzz::shard::Shard;
use crate::journal::{FILE, Journal, read_journal};
use crate::triage::{Failing, keys};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A campaign that was put together.
#[derive(Debug)]
pub struct Merged {
    /// What the journal in the output directory says.
    pub events: Vec<Event>,
    /// The shards that are not there, or not complete.
    pub missing: Vec<Shard>,
}

/// Puts together the campaigns in `dirs`, in `out`, which is none of them.
///
/// # Errors
/// A directory holds no campaign, or one that differs in schema, seed, protocol, version of the tool or number of
/// shards or cases; a shard is there twice with different results; a file cannot be read or written.
pub fn merge(dirs: &[PathBuf], out: &Path) -> Result<Merged, Error> {
    let mut union = Union::default();
    for dir in dirs {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Err(Error::NoCampaign(dir.clone()));
        }
        let events = read_journal(&path)?.events;
        union.take(dir, events)?;
    }
    let mut journal = Journal::create(out)?;
    corpus::clear(out)?;
    for dir in dirs {
        corpus::copy(dir, out)?;
    }
    let (merged, files) = union.close();
    for (from, name) in files {
        copy_finding(&from, out, &name)?;
    }
    merged.events.iter().try_for_each(|event| journal.append(event))?;
    Ok(merged)
}

/// What was taken in so far.
#[derive(Debug, Default)]
struct Union {
    begin: Option<Begin>,
    rounds: BTreeMap<u64, Round>,
    findings: BTreeMap<String, (PathBuf, Box<Finding>)>,
    notes: BTreeSet<String>,
    skipped: BTreeMap<String, String>,
    /// Waivers that were idle in every shard.
    idle: Option<BTreeMap<String, String>>,
    refused: BTreeMap<String, String>,
}

/// What the journals begin with, and what of it they have in common.
#[derive(Debug)]
struct Begin {
    /// Of the first shard of them.
    started: Event,
    first: u64,
    facts: Vec<(&'static str, String)>,
    shards: Shards,
    at: u64,
}

impl Union {
    /// Takes in the journal of one directory.
    fn take(&mut self, dir: &Path, events: Vec<Event>) -> Result<(), Error> {
        let complete = matches!(events.last(), Some(Event::RunFinished(summary)) if summary.complete);
        let mut events = events.into_iter();
        let begin = events.next().and_then(Begin::of).ok_or_else(|| Error::NoCampaign(dir.to_owned()))?;
        // A campaign that was put together says itself which shards it has whole.
        let whole = complete || begin.shards.merged;
        self.begin(dir, Begin { shards: held(begin.shards, whole), ..begin })?;
        let mut idle = BTreeMap::new();
        let mut finished = false;
        for event in events {
            match event {
                Event::RoundEnded(round) => self.round(dir, round)?,
                Event::FindingMade(finding) => self.finding(dir, finding),
                Event::Noted { text } => drop(self.notes.insert(text)),
                Event::RuleSkipped { rule, why } => {
                    let known = self.skipped.entry(rule).or_insert_with(|| why.clone());
                    *known = std::mem::take(known).min(why);
                }
                Event::WaiverIdle { waiver, why } => drop(idle.insert(waiver, why)),
                Event::RunFinished(summary) => {
                    finished = true;
                    self.refused.extend(summary.commands_skipped);
                }
                _ => {}
            }
        }
        if finished {
            match &mut self.idle {
                Some(known) => known.retain(|waiver, _| idle.contains_key(waiver)),
                None => self.idle = Some(idle),
            }
        }
        Ok(())
    }

    fn begin(&mut self, dir: &Path, begin: Begin) -> Result<(), Error> {
        let Some(known) = &mut self.begin else {
            self.begin = Some(begin);
            return Ok(());
        };
        for ((what, here), (_, there)) in known.facts.iter().zip(&begin.facts) {
            if here != there {
                let (here, there) = (here.clone(), there.clone());
                return Err(Error::OtherCampaign { path: dir.to_owned(), what, there, here });
            }
        }
        known.at = known.at.min(begin.at);
        known.shards.held.extend(begin.shards.held);
        known.shards.held.sort_unstable();
        known.shards.held.dedup();
        if begin.first < known.first {
            (known.first, known.started) = (begin.first, begin.started);
        }
        Ok(())
    }

    fn round(&mut self, dir: &Path, round: Round) -> Result<(), Error> {
        match self.rounds.get(&round.round) {
            Some(known) if *known != round => Err(Error::Twice { path: dir.to_owned(), round: round.round }),
            _ => {
                self.rounds.insert(round.round, round);
                Ok(())
            }
        }
    }

    /// Of two findings with one signature, the one that shows it better is kept.
    fn finding(&mut self, dir: &Path, finding: Box<Finding>) {
        let worth = |finding: &Finding| {
            // How often it occurred is counted anew each time.
            let text =
                serde_json::to_string(&Finding { occurrences: 0, ..finding.clone() }).unwrap_or_default();
            (Reverse(finding.reproduced), finding.case.bytes(), text)
        };
        match self.findings.get(&finding.signature) {
            Some((_, known)) if worth(known) <= worth(&finding) => {}
            _ => drop(self.findings.insert(finding.signature.clone(), (dir.to_owned(), finding))),
        }
    }

    /// The journal of it all, and the files of its findings with the directories that they are in.
    fn close(mut self) -> (Merged, Vec<(PathBuf, String)>) {
        let missing = self.missing();
        let mut whole = Round::default();
        self.rounds.values().for_each(|round| whole.absorb(round.clone()));
        let mut files = Vec::new();
        let mut findings = Vec::new();
        for (dir, mut finding) in self.unexplained() {
            let counted = whole.signatures.get(&finding.signature).copied();
            finding.occurrences = counted.unwrap_or(finding.occurrences);
            files.extend(finding.file.clone().map(|file| (dir, file)));
            findings.push(finding);
        }
        let summary = self.summary(&whole, &findings, &missing);
        let mut events: Vec<Event> = self.begin.take().map(Begin::event).into_iter().collect();
        events.extend(self.notes.into_iter().map(|text| Event::Noted { text }));
        events.extend(self.rounds.into_values().map(Event::RoundEnded));
        let counted = findings.iter().map(|finding| Event::FindingCounted {
            signature: finding.signature.clone(),
            occurrences: finding.occurrences,
        });
        let counted: Vec<Event> = counted.collect();
        events.extend(findings.into_iter().map(Event::FindingMade));
        events.extend(counted);
        let silent = self.skipped.into_iter().filter(|(rule, _)| !whole.rules.contains_key(rule));
        events.extend(silent.map(|(rule, why)| Event::RuleSkipped { rule, why }));
        let idle = self.idle.into_iter().flatten();
        events.extend(idle.map(|(waiver, why)| Event::WaiverIdle { waiver, why }));
        events.push(Event::RunFinished(summary));
        (Merged { events, missing }, files)
    }

    fn missing(&self) -> Vec<Shard> {
        let Some(Begin { shards: Shards { of, held, .. }, .. }) = &self.begin else { return Vec::new() };
        let all = (1..=*of).filter(|number| held.binary_search(number).is_err());
        all.map(|number| Shard { number, of: *of }).collect()
    }

    /// The findings that no finding of another shard explains.
    fn unexplained(&mut self) -> Vec<(PathBuf, Box<Finding>)> {
        let mut failing = Failing::default();
        for (_, finding) in self.findings.values() {
            let keys = keys(&finding.rule, &finding.class);
            failing.note(&finding.signature, keys, finding.command.as_deref(), finding.waived.is_some());
        }
        let explained = |finding: &Finding| {
            let rule = qmprobe_check::find(&finding.rule);
            rule.is_some_and(|rule| failing.explains(rule, finding.command.as_deref()))
        };
        let all = std::mem::take(&mut self.findings).into_values();
        all.filter(|(_, finding)| !explained(finding)).collect()
    }

    fn summary(&self, whole: &Round, findings: &[Box<Finding>], missing: &[Shard]) -> Summary {
        let unwaived = || findings.iter().filter(|finding| finding.waived.is_none());
        let (planned, declared) = match &self.begin {
            Some(Begin { started: Event::RunStarted { commands, .. }, shards, .. }) => {
                (shards.cases, *commands)
            }
            _ => (0, 0),
        };
        let words: Vec<String> = missing.iter().map(Shard::to_string).collect();
        let word = if words.len() == 1 { "shard is" } else { "shards are" };
        Summary {
            complete: missing.is_empty(),
            cut: (!missing.is_empty())
                .then(|| format!("this {word} missing or incomplete: {}", words.join(", "))),
            planned: planned.max(whole.cases),
            judged: whole.cases,
            commands_exercised: whole.commands.len() as u64,
            commands_declared: declared,
            commands_skipped: self.refused.clone(),
            findings: unwaived().count() as u64,
            violations: unwaived().filter(|finding| finding.severity == "violation").count() as u64,
            waived: findings.iter().filter(|finding| finding.waived.is_some()).count() as u64,
            peer_starts: whole.others,
            seconds: whole.took_us as f64 / 1e6,
            rules: whole.rules.clone(),
            recovery: Vec::new(),
        }
    }
}

impl Begin {
    fn of(event: Event) -> Option<Begin> {
        let Event::RunStarted { tool, peer, seed, schema, planned, at, shards, .. } = &event else {
            return None;
        };
        let alone = Shards { of: 1, held: vec![1], cases: *planned, merged: false };
        let shards = shards.clone().unwrap_or(alone);
        let facts = vec![
            ("version of the tool", tool.clone()),
            ("schema", schema.clone()),
            ("seed", seed.to_string()),
            ("protocol", peer.dialect.name().to_owned()),
            ("number of shards", shards.of.to_string()),
            ("number of cases", shards.cases.to_string()),
        ];
        let (first, at) = (shards.held.first().copied().unwrap_or(u64::MAX), *at);
        Some(Begin { first, facts, shards, at, started: event })
    }

    fn event(self) -> Event {
        let Event::RunStarted { tool, peer, seed, schema, commands, .. } = self.started else {
            return self.started;
        };
        let (planned, at) = (self.shards.cases, self.at);
        let shards = Some(Shards { merged: true, ..self.shards });
        Event::RunStarted { tool, peer, seed, schema, commands, planned, at, shards }
    }
}

/// The shards that are held whole.
fn held(shards: Shards, whole: bool) -> Shards {
    if whole { shards } else { Shards { held: Vec::new(), ..shards } }
}

fn copy_finding(from: &Path, out: &Path, name: &str) -> Result<(), Error> {
    // A journal of anybody's must not lead out of the two directories.
    let inside = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let (from, to) = (from.join(name), out.join(name));
    if !inside {
        return Ok(());
    }
    let copied = || {
        fs::create_dir_all(to.parent().unwrap_or(out))?;
        fs::copy(&from, &to)?;
        let (from, to) = (from.with_extension("qmp"), to.with_extension("qmp"));
        if from.is_file() { fs::copy(from, to).map(drop) } else { Ok(()) }
    };
    copied().map_err(|source| Error::Write { path: to.clone(), source })
}
