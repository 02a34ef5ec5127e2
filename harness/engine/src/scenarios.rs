//! Scenarios played on one peer, one after another, each on a fresh one: which fit it, what came of them, and
//! what the ordinary rules say of it. It tells the same events as a campaign does.

use crate::clock;
use crate::error::Error;
use crate::event::{Event, Finding, PeerFacts, Summary};
use crate::evidence;
use crate::peer_facts;
use crate::runner::Runner;
pub use crate::runner::play::Broken;
use crate::runner::play::{self, Acquainted, End, NO_SESSION, Played};
use crate::safety::{Class, Gate, Walls};
use crate::schema_of::{declared, least, meet};
use crate::tally::Tally;
use crate::waivers::{Waiver, Waivers};
use qmprobe_check::verdict::Breach;
use qmprobe_check::{Outcome, Verdict, find, judge};
use qmprobe_scenario::{Action, Header, Prop, Scenario};
use qmprobe_schema::{Schema, fingerprint};
use qmprobe_target::PeerSpec;
use qmprobe_wire::automaton::{self, Automaton, Model};
use qmprobe_wire::{CaseId, Limits, Transcript};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Scenarios in a row without a session after which the peer is given up.
const SESSIONLESS_MAX: u32 = 3;
/// Time for playing again what failed; beyond it a failure is told as it was seen.
const AGAIN_TIME: Duration = Duration::from_secs(30);
/// Skipped scenarios named under one reason; the rest are counted.
const NAMES_MAX: usize = 4;

/// A scenario and the name that it goes by: the path of its file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The path.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
}

/// What is to be played, and on whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// The peer.
    pub peer: PeerSpec,
    /// The schema to hold it against. `None` asks the peer, or for an agent takes the shipped one that is
    /// nearest to its version.
    pub schema: Option<Arc<Schema>>,
    /// The highest class of commands that it may be sent.
    pub allow: Class,
    /// The user's waivers.
    pub waivers: Vec<Waiver>,
    /// Leave out the waivers that are built in, and what scenarios say of known defects.
    pub strict: bool,
    /// Times that one which fails is played in all.
    pub tries: u32,
    /// Bounds on what the peer may cost.
    pub limits: Limits,
    /// What is played.
    pub entries: Vec<Entry>,
}

/// What came of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Every line came true, and no rule was broken.
    Held,
    /// It did not hold: this line, where it was a line; else the rules that were broken.
    Failed {
        /// The first line that did not come true.
        broken: Option<Broken>,
        /// Slugs of the rules that the transcript breaks.
        rules: Vec<String>,
        /// Why that is accepted, if it is.
        known: Option<String>,
        /// How often it failed.
        fails: u32,
        /// Out of how many tries.
        tries: u32,
    },
    /// It was not played; why.
    Skipped(String),
}

/// One scenario's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Result {
    /// The name of the scenario.
    pub name: String,
    /// What came of it.
    pub told: Told,
}

/// Plays all scenarios. `sink` hears every event.
///
/// When `stop` turns true the run ends within a step.
///
/// # Errors
/// There is no peer, or its schema cannot be had. What a peer does wrong is a finding.
pub async fn run(
    options: &Options,
    stop: watch::Receiver<bool>,
    sink: &mut dyn FnMut(&Event),
) -> std::result::Result<Vec<Result>, Error> {
    let began = Instant::now();
    let meeting = Meeting::arrange(options, stop.clone()).await?;
    let at = clock::seconds_since_epoch();
    sink(&Event::RunStarted {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        peer: meeting.facts.clone(),
        seed: 0,
        schema: fingerprint(&meeting.known.schema),
        commands: meeting.known.schema.commands.len() as u64,
        planned: options.entries.len() as u64,
        at,
        shards: None,
    });
    for text in &meeting.notes {
        sink(&Event::Noted { text: text.clone() });
    }
    let waivers = Waivers::new(options.waivers.clone(), options.strict, at)?;
    let mut run = Run {
        options,
        meeting,
        waivers,
        tally: Tally::default(),
        seen: HashSet::new(),
        skipped: HashMap::new(),
        sink,
        stop,
        starts: 1,
        sessionless: 0,
        again: Duration::ZERO,
        cut: None,
    };
    let mut results = Vec::new();
    for (index, entry) in options.entries.iter().enumerate() {
        if *run.stop.borrow() {
            run.cut = Some("interrupted".to_owned());
        }
        if run.cut.is_some() {
            break;
        }
        if let Some(told) = run.one(index as u64, entry).await? {
            results.push(Result { name: entry.name.clone(), told });
        }
    }
    run.finish(began);
    Ok(results)
}

/// The peer, met once before anything is played.
struct Meeting {
    known: Acquainted,
    facts: PeerFacts,
    gate: Gate,
    /// Whether it has a process and a directory of its own.
    is_process: bool,
    sees_clients: bool,
    notes: Vec<String>,
}

impl Meeting {
    async fn arrange(options: &Options, stop: watch::Receiver<bool>) -> std::result::Result<Meeting, Error> {
        let dialect = options.peer.dialect();
        let first = match &options.schema {
            Some(schema) => Arc::clone(schema),
            None => Arc::new(least(dialect)?),
        };
        let mut runner = Runner::open(&options.peer, &options.limits, Arc::clone(&first), None, stop).await?;
        let mut notes = runner.peer().notes().to_vec();
        let answers = meet(&mut runner, dialect).await;
        let mut schema = first;
        if options.schema.is_none() {
            match answers {
                true => schema = declared(&mut runner, dialect, None).await?.map_or(schema, Arc::new),
                false => notes.push("the peer did not tell its schema".to_owned()),
            }
        }
        let version = runner.version();
        let (greets, returns_tokens) = runner.manners();
        let peer = runner.peer();
        let walls = Walls::around(&options.peer, peer);
        let meeting = Meeting {
            facts: peer_facts::facts(&options.peer, peer, version, None),
            gate: Gate { allow: options.allow, walls },
            is_process: peer.scratch().is_some(),
            sees_clients: options.peer.sees_clients(),
            known: Acquainted { schema, version, greets, returns_tokens },
            notes,
        };
        runner.retire().await;
        Ok(meeting)
    }

    /// Why a scenario is not for this peer; `None` when it is.
    fn refusal(&self, scenario: &Scenario) -> Option<String> {
        let header = &scenario.header;
        if header.dialect != self.facts.dialect {
            return Some(format!("it is for {}", header.dialect.name()));
        }
        if !header.peers.is_empty() && !header.peers.contains(&self.facts.kind) {
            return Some(format!("it is for {}", header.peers.join(" or ")));
        }
        if !header.versions.contains(self.known.version) {
            return Some(format!("it is for other versions: {}", header.versions));
        }
        if let Some(command) = header.needs.iter().find(|name| self.known.schema.command(name).is_none()) {
            return Some(format!("the peer has no {command}"));
        }
        if !self.is_process
            && let Some(what) = needs_a_process(scenario)
        {
            return Some(format!("{what} needs a peer that we start"));
        }
        if !self.sees_clients && scenario.lines.iter().any(|line| is_of_a_connection(&line.action)) {
            return Some("a line has no connections to close".to_owned());
        }
        if self.facts.kind == "other" && !(header.arguments.is_empty() && header.monitors.is_empty()) {
            return Some("only a QEMU, storage daemon or agent of ours can be given arguments".to_owned());
        }
        // What the peer says it does not have does it no harm.
        let schema = &self.known.schema;
        let exists = |command: &&String| schema.partial || schema.command(command).is_some();
        let refused = |command: &String| Some(format!("{command}: {}", self.gate.refusal(command)?));
        commands(scenario).iter().filter(exists).find_map(refused)
    }
}

fn is_of_a_connection(action: &Action) -> bool {
    matches!(action, Action::HalfClose | Action::Eof | Action::Drop | Action::Reconnect)
}

/// What in the scenario cannot be had of a peer that somebody else runs.
fn needs_a_process(scenario: &Scenario) -> Option<&'static str> {
    let Header { arguments, monitors, .. } = &scenario.header;
    if !arguments.is_empty() || !monitors.is_empty() {
        return Some("a set-up of its own");
    }
    scenario.lines.iter().find_map(|line| match &line.action {
        Action::Scratch(Prop::Fifo { .. } | Prop::File { .. }) => Some("its scratch directory"),
        Action::Exit(_) => Some("the end of its process"),
        Action::Memory(_) => Some("the size of its process"),
        Action::Send(text) if text.contains("$SCRATCH") => Some("its scratch directory"),
        _ => None,
    })
}

/// The commands that the scenario sends, by QEMU's own reading of the bytes.
fn commands(scenario: &Scenario) -> Vec<String> {
    let mut found = Vec::new();
    for client in scenario.clients() {
        let mut automaton = Automaton::new(Model::V3_1);
        let mut outcomes = Vec::new();
        for line in scenario.lines.iter().filter(|line| line.client.as_deref() == client) {
            match &line.action {
                Action::Send(text) => automaton.feed(&placeholders(text), &mut outcomes),
                Action::SendBytes(payload) => automaton.feed_payload(payload, &mut outcomes),
                Action::Reconnect => automaton = Automaton::new(Model::V3_1),
                _ => {}
            }
        }
        for outcome in &outcomes {
            let automaton::Outcome::Value { value, .. } = outcome else { continue };
            let named = ["execute", "exec-oob"].iter().filter_map(|verb| value.get(verb)?.as_str());
            found.extend(named.map(str::to_owned));
        }
    }
    found
}

/// The text with something that is JSON in the place of each name.
fn placeholders(text: &str) -> Vec<u8> {
    let mut bindings = qmprobe_scenario::Bindings::default();
    for part in text.split('$').skip(1) {
        let ends = |c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        bindings.bind(&part[..part.find(ends).unwrap_or(part.len())], qmprobe_wire::Value::Null);
    }
    let mut bytes = bindings.fill(text);
    bytes.push(b'\n');
    bytes
}

/// A run under way.
struct Run<'a> {
    options: &'a Options,
    meeting: Meeting,
    waivers: Waivers,
    tally: Tally,
    /// Signatures of findings that were told.
    seen: HashSet<String>,
    /// Scenarios left out, by reason.
    skipped: HashMap<String, Vec<String>>,
    sink: &'a mut dyn FnMut(&Event),
    stop: watch::Receiver<bool>,
    starts: u64,
    /// Scenarios in a row for which no session could be had.
    sessionless: u32,
    /// Time spent on playing again what failed.
    again: Duration,
    cut: Option<String>,
}

impl Run<'_> {
    /// Plays one scenario. `None` when the run is to stop.
    async fn one(&mut self, index: u64, entry: &Entry) -> std::result::Result<Option<Told>, Error> {
        if let Some(why) = self.meeting.refusal(&entry.scenario) {
            return Ok(Some(self.skip(entry, why)));
        }
        let id = CaseId { seed: 0, index };
        (self.sink)(&Event::CaseBegan { id, name: entry.name.clone(), command: None });
        let began = Instant::now();
        let played = self.play(entry).await?;
        if let End::Skipped(why) = played.end {
            return Ok(Some(self.skip(entry, why)));
        }
        if played.end == End::Stopped {
            self.cut = Some("interrupted".to_owned());
            return Ok(None);
        }
        let verdicts: Vec<(usize, Verdict)> = judged(&self.meeting.known.schema, &played);
        let mut own = Vec::new();
        let mut broken = None;
        if let End::Broken(line) = &played.end {
            broken = Some(line.clone());
        }
        let begun = broken.as_ref().is_none_or(|line| line.expected != NO_SESSION);
        self.sessionless = if begun { 0 } else { self.sessionless + 1 };
        if self.sessionless == SESSIONLESS_MAX {
            self.cut = Some("no session can be had of the peer".to_owned());
        }
        for rule in entry.scenario.header.rules.iter().filter_map(|slug| find(slug)) {
            own.push(match &broken {
                Some(line) => Verdict::fail(rule, breach_of(line, entry)),
                None => Verdict::pass(rule),
            });
        }
        let all: Vec<Verdict> =
            own.iter().cloned().chain(verdicts.iter().map(|(_, one)| one.clone())).collect();
        let (passed, failed) = self.tally.case(None, &all, |_| true);
        let schema = &self.meeting.known.schema;
        let declared = commands(&entry.scenario).into_iter().filter(|name| schema.command(name).is_some());
        self.tally.exercised(declared);
        let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        (self.sink)(&Event::CaseEnded { id, command: None, passed, failed, took_us });
        let findings = self.drafts(entry, &played, own, verdicts);
        self.conclude(entry, broken, findings).await.map(Some)
    }

    async fn play(&mut self, entry: &Entry) -> std::result::Result<Played, Error> {
        self.starts += 1;
        let (spec, limits) = (&self.options.peer, &self.options.limits);
        let known = &self.meeting.known;
        Ok(play::play(&entry.scenario, &entry.name, spec, limits, known, self.stop.clone()).await?)
    }

    fn skip(&mut self, entry: &Entry, why: String) -> Told {
        self.skipped.entry(why.clone()).or_default().push(entry.name.clone());
        Told::Skipped(why)
    }

    /// The findings, waived where they are known, not yet confirmed. A line is laid at the first rule's door.
    fn drafts(
        &mut self,
        entry: &Entry,
        played: &Played,
        own: Vec<Verdict>,
        verdicts: Vec<(usize, Verdict)>,
    ) -> Vec<Finding> {
        let Some(record) = &played.record else { return Vec::new() };
        let own = own.into_iter().take(1).map(|verdict| (record, verdict));
        let rest = verdicts.into_iter().map(|(at, verdict)| (&played.transcripts[at], verdict));
        let mut findings: Vec<Finding> = Vec::new();
        for (transcript, Verdict { rule, outcome }) in own.chain(rest) {
            let Outcome::Fail(breach) = outcome else { continue };
            let signature = evidence::signature(rule, &breach, transcript);
            let is_known = findings.iter().any(|other| other.signature == signature);
            // Where a line failed, the same rule's word on the transcript says the same again.
            let same = findings.iter().any(|other| other.rule == rule.slug);
            let explained =
                rule.terms.yields_to.iter().any(|slug| findings.iter().any(|other| other.rule == *slug));
            if is_known || same || explained {
                continue;
            }
            let mut finding = evidence::draft(rule, &breach, transcript, &self.meeting.facts, signature);
            finding.file = Some(entry.name.clone());
            finding.by_hand =
                format!("qmprobe run {}; the peer is started by: {}", entry.name, played.by_hand);
            finding.waived =
                self.known_defect(&entry.scenario.header).or_else(|| self.waivers.reason(&finding));
            findings.push(finding);
        }
        findings
    }

    /// The reason why the scenario need not hold of this peer.
    fn known_defect(&self, header: &Header) -> Option<String> {
        let known = header.known_defect.as_ref().filter(|_| !self.options.strict)?;
        known.versions.contains(self.meeting.known.version).then(|| known.reason.clone())
    }

    /// Confirms what failed, and tells of it.
    async fn conclude(
        &mut self,
        entry: &Entry,
        broken: Option<Broken>,
        findings: Vec<Finding>,
    ) -> std::result::Result<Told, Error> {
        if findings.is_empty() {
            return Ok(Told::Held);
        }
        let rules: Vec<String> = findings.iter().map(|finding| finding.rule.clone()).collect();
        let known = findings.iter().map(|finding| finding.waived.clone()).collect::<Option<Vec<_>>>();
        let known = known.and_then(|reasons| reasons.into_iter().next());
        let (mut fails, mut tries) = (1, 1);
        while known.is_none() && tries < self.options.tries && self.again < AGAIN_TIME && !*self.stop.borrow()
        {
            let began = Instant::now();
            tries += 1;
            fails += u32::from(self.fails_again(entry, broken.as_ref(), &rules).await?);
            self.again += began.elapsed();
        }
        for mut finding in findings {
            (finding.reproduced, finding.tries) = (fails, tries);
            if self.seen.insert(finding.signature.clone()) {
                self.tally.finding(&finding);
                (self.sink)(&Event::FindingMade(Box::new(finding)));
            }
        }
        Ok(Told::Failed { broken, rules, known, fails, tries })
    }

    async fn fails_again(
        &mut self,
        entry: &Entry,
        broken: Option<&Broken>,
        rules: &[String],
    ) -> std::result::Result<bool, Error> {
        let played = self.play(entry).await?;
        if let (Some(first), End::Broken(again)) = (broken, &played.end) {
            return Ok(first.line == again.line);
        }
        let verdicts = judged(&self.meeting.known.schema, &played);
        let fails = |verdict: &Verdict| {
            matches!(verdict.outcome, Outcome::Fail(_)) && rules.iter().any(|rule| rule == verdict.rule.slug)
        };
        Ok(broken.is_none() && verdicts.iter().any(|(_, verdict)| fails(verdict)))
    }

    fn finish(self, began: Instant) {
        let mut reasons: Vec<(String, Vec<String>)> = self.skipped.into_iter().collect();
        reasons.sort();
        for (why, names) in reasons {
            let text = format!("skipped, {why}: {}", listed(&names));
            (self.sink)(&Event::Noted { text });
        }
        for (waiver, why) in self.waivers.idle() {
            (self.sink)(&Event::WaiverIdle { waiver, why });
        }
        let summary = Summary {
            complete: self.cut.is_none(),
            cut: self.cut,
            planned: self.options.entries.len() as u64,
            commands_declared: self.meeting.known.schema.commands.len() as u64,
            peer_starts: self.starts,
            seconds: began.elapsed().as_secs_f64(),
            ..self.tally.summary(Default::default())
        };
        (self.sink)(&Event::RunFinished(summary));
    }
}

/// The first few names, and how many more there are.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What the rules say of each transcript that they can judge, with its index.
fn judged(schema: &Schema, played: &Played) -> Vec<(usize, Verdict)> {
    let of = |(at, transcript): (usize, &Transcript)| {
        judge(schema, transcript).into_iter().map(move |verdict| (at, verdict)).collect::<Vec<_>>()
    };
    played.transcripts.iter().enumerate().flat_map(of).collect()
}

/// A line that did not come true, as rules say it. The class is the place: each line is a defect of its own.
fn breach_of(broken: &Broken, entry: &Entry) -> Breach {
    let file = entry.name.rsplit('/').next().unwrap_or_default();
    Breach {
        exchange: usize::MAX - 1,
        class: format!("{file}:{}", broken.line),
        value_path: format!("{}:{}", entry.name, broken.line),
        expected: vec![broken.expected.clone()],
        actual: broken.to_string(),
        ..Breach::default()
    }
}
