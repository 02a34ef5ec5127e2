//! The event stream: what the journal holds, one JSON line each, and what every report is folded from.

use qmprobe_wire::{Case, CaseId, Dialect, Version, escape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that happened in a run, in the past tense.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run began: the first line of every journal.
    RunStarted {
        /// Version of the tool.
        tool: String,
        /// The peer.
        peer: PeerFacts,
        /// The seed.
        seed: u64,
        /// Fingerprint of the schema.
        schema: String,
        /// Commands that the schema declares.
        commands: u64,
        /// Cases planned.
        planned: u64,
        /// Seconds since the epoch.
        at: u64,
        /// The parts that it is of a fuzz campaign which several machines share; `None` where it is no part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shards: Option<Shards>,
    },
    /// Something that a person should know, not a finding: a rule or command left out, and why.
    Noted {
        /// What.
        text: String,
    },
    /// A case is about to be sent. Written before its bytes go out.
    CaseBegan {
        /// Which.
        id: CaseId,
        /// Its name.
        name: String,
        /// The command under test.
        command: Option<String>,
    },
    /// A case was judged.
    CaseEnded {
        /// Which.
        id: CaseId,
        /// Its command, where it ran one.
        command: Option<String>,
        /// Slugs of the rules that passed.
        passed: Vec<String>,
        /// Slugs of the rules that failed.
        failed: Vec<String>,
        /// Microseconds it took.
        took_us: u64,
    },
    /// A round of a fuzz campaign is about to begin, on a fresh peer. What is sent in it follows from the seed,
    /// its number and what is named here. Written before its bytes go out.
    RoundBegan {
        /// Which, from 0.
        round: u64,
        /// The command line of the peer, or its address.
        setup: String,
        /// What is sent: `survey`, `systematic` (cases of a check), or `requests`.
        kind: String,
        /// The block of the systematic part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<u64>,
        /// The kept sequences that it begins with, changed.
        picks: Vec<String>,
    },
    /// A round under way turns to other kept sequences.
    RoundWentOn {
        /// Which.
        round: u64,
        /// The sequences, changed.
        picks: Vec<String>,
    },
    /// A round was played and judged.
    RoundEnded(Round),
    /// The peer had to be started or connected to again.
    PeerRestarted {
        /// Why.
        reason: String,
    },
    /// A finding, confirmed and complete.
    FindingMade(Box<Finding>),
    /// A finding's signature occurred this often in all (written at the end, replaces `occurrences`).
    FindingCounted {
        /// The signature.
        signature: String,
        /// How often.
        occurrences: u64,
    },
    /// A rule had nothing to look at in the whole run.
    RuleSkipped {
        /// The slug.
        rule: String,
        /// Why.
        why: String,
    },
    /// A waiver of the user's matched nothing, or has expired.
    WaiverIdle {
        /// Which, in words.
        waiver: String,
        /// Why it is idle.
        why: String,
    },
    /// The run ended: the last line of a complete journal.
    RunFinished(Summary),
}

/// Parts of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shards {
    /// How many there are in all.
    pub of: u64,
    /// Which of them this is, in order, from 1. Of what was put together, those that are complete.
    pub held: Vec<u64>,
    /// Cases planned in all of them; 0 where they are not counted.
    pub cases: u64,
    /// It was put together of what others had.
    #[serde(default)]
    pub merged: bool,
}

/// What came of a round, or of several that were put together to save room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Which, from 0; of several the last.
    pub round: u64,
    /// The block of the systematic part that was played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
    /// Other rounds whose figures are in this record too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u64,
    /// Cases judged.
    pub cases: u64,
    /// Commands run for the first time in the campaign.
    pub commands: Vec<String>,
    /// Verdicts by rule: slug -> (pass, fail).
    pub rules: BTreeMap<String, (u64, u64)>,
    /// How often each signature failed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signatures: BTreeMap<String, u64>,
    /// Sequences kept because they showed something new.
    pub kept: u64,
    /// Edges of the peer's program that were taken up to its end, where the peer counts them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub edges: u64,
    /// Names of things of the peer that were known at its end.
    pub names: u64,
    /// Microseconds it took.
    pub took_us: u64,
    /// What became of the peer: `alive` where it was thrown away.
    pub peer_after: String,
}

impl Round {
    /// Puts the figures of another round to this one's, which counts as the later of the two.
    pub fn absorb(&mut self, other: Round) {
        self.round = self.round.max(other.round);
        self.others += 1 + other.others;
        self.cases += other.cases;
        self.commands.extend(other.commands);
        self.commands.sort_unstable();
        self.commands.dedup();
        for (rule, (pass, fail)) in other.rules {
            let counts = self.rules.entry(rule).or_default();
            *counts = (counts.0 + pass, counts.1 + fail);
        }
        for (signature, count) in other.signatures {
            *self.signatures.entry(signature).or_default() += count;
        }
        self.kept += other.kept;
        self.edges = self.edges.max(other.edges);
        self.names = self.names.max(other.names);
        self.took_us += other.took_us;
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What is known of the peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeerFacts {
    /// For people: `QEMU 7.2.22 (qemu-system-x86_64)`.
    pub name: String,
    /// What it is, for version ranges of waivers: `qemu`, `storage-daemon`, `guest-agent`, `other`, `reference`.
    pub kind: String,
    /// The protocol.
    pub dialect: Dialect,
    /// Its version, where it states one.
    pub version: Option<Version>,
    /// The command line that started it, or the address of a foreign one.
    pub command_line: String,
}

/// Bytes in one direction, as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// `->` sent, `<-` received.
    pub direction: String,
    /// The exact bytes.
    #[serde(with = "escape")]
    pub bytes: Vec<u8>,
}

/// A nonconformance, as it is reported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Slug of the rule.
    pub rule: String,
    /// Id of the rule.
    pub id: String,
    /// Title of the rule.
    pub title: String,
    /// The requirement in one sentence.
    pub requirement: String,
    /// Where that is written.
    pub source: String,
    /// `violation`, `warning` or `info`.
    pub severity: String,
    /// Short hash of rule + command + schema path + class.
    pub signature: String,
    /// The command concerned.
    pub command: Option<String>,
    /// The kind of breach.
    pub class: String,
    /// Path into the value.
    pub value_path: String,
    /// Path into the schema.
    pub schema_path: String,
    /// Every accepted outcome.
    pub expected: Vec<String>,
    /// The actual one.
    pub actual: String,
    /// Exact bytes both ways, of the exchanges that matter.
    pub evidence: Vec<Line>,
    /// Whether the peer survived, in words: `alive`, `signal 6 (SIGABRT)`, `disconnected`, `hung`.
    pub peer_after: String,
    /// The end of the peer's standard error where it died.
    pub stderr_tail: String,
    /// How often it reproduced on a fresh peer.
    pub reproduced: u32,
    /// Out of how many tries.
    pub tries: u32,
    /// How often it occurred in the run.
    pub occurrences: u64,
    /// Where the core lies that it left when it ended a peer once more, in the output directory where the path is
    /// relative, or who was given it. Only where the user's limit allows cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core: Option<String>,
    /// Seconds of a fuzz campaign that it took to find, make small and confirm it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_s: Option<u64>,
    /// The reason of the waiver that covers it.
    pub waived: Option<String>,
    /// The case that shows it, minimal in members: enough to replay it.
    pub case: Case,
    /// The peer that showed it.
    pub peer: PeerFacts,
    /// A line for a shell that shows it without this tool.
    pub by_hand: String,
    /// The file it is kept in, relative to the output directory.
    pub file: Option<String>,
}

/// How clients got back in step after one class of corruption.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryRow {
    /// The class.
    pub class: String,
    /// What happened to the stream.
    pub title: String,
    /// What a conforming agent does, and the client with it.
    pub expected: String,
    /// Tries after which the client is due to be back in step.
    pub tries_due: u32,
    /// Cases run.
    pub cases: u64,
    /// By the quarter of the exchange in which it happened.
    pub places: [RecoveryBucket; 4],
    /// The most tries that one case took.
    pub tries_max: u32,
    /// The most messages, whole or not, that a client skipped in one case.
    pub skipped_max: u32,
    /// Microseconds of all cases.
    pub us_total: u64,
    /// Microseconds of the slowest.
    pub us_max: u64,
}

/// How many cases came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryBucket {
    /// In step after one try.
    pub first: u64,
    /// After more.
    pub later: u64,
    /// Not at all.
    pub never: u64,
}

/// The figures of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// False when the run was cut short.
    pub complete: bool,
    /// Why, when it was.
    pub cut: Option<String>,
    /// Cases planned.
    pub planned: u64,
    /// Cases judged.
    pub judged: u64,
    /// Commands exercised, of those that the schema declares.
    pub commands_exercised: u64,
    /// Commands declared.
    pub commands_declared: u64,
    /// Commands left out, with the reason.
    pub commands_skipped: BTreeMap<String, String>,
    /// Findings not waived, warnings and info included.
    pub findings: u64,
    /// Unwaived findings of severity violation.
    pub violations: u64,
    /// Findings waived.
    pub waived: u64,
    /// Times that the peer was started or connected to.
    pub peer_starts: u64,
    /// Seconds that the run took.
    pub seconds: f64,
    /// Verdicts by rule: slug -> (pass, fail).
    pub rules: BTreeMap<String, (u64, u64)>,
    /// How clients got back in step with an agent, by class of corruption.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovery: Vec<RecoveryRow>,
}
