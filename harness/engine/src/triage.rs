//! From a failed verdict to a finding: is its signature known, does it show again on a fresh peer, was it the
//! case before, can its case be made smaller, is it waived, does another finding explain it.

mod bench;
mod failing;

use crate::as_scenario;
use crate::by_hand;
use crate::error::Error;
use crate::event::{Event, Finding, PeerFacts};
use crate::evidence;
use crate::journal::FINDINGS;
use crate::runner::Runner;
use crate::waivers::Waivers;
pub(crate) use bench::Bench;
use bench::{Seen, Trace, is_flood};
pub(crate) use failing::{Failing, keys};
use qmprobe_check::rule::Rule;
use qmprobe_check::verdict::Breach;
use qmprobe_check::{Outcome, Verdict};
use qmprobe_target::{Core, PeerSpec, move_core};
use qmprobe_wire::{Case, Ending, Transcript};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Findings of one rule that are confirmed and reported; further ones are counted.
const FINDINGS_PER_RULE_MAX: usize = 50;
/// Bytes on the disk for each of evidence.
const EVIDENCE_TAKES: u64 = 4;
/// The rule about peers that are lost.
const SURVIVAL: &str = "peer-survives";
/// The class of a peer that no longer answers. Each try costs many seconds.
const HANG: &str = "hang";
/// Directories of findings are named by rule; their files by signature.
const EXTENSION: &str = "json";

/// Breaches that leave it in doubt which reply answers what: rule, and class where it is not any.
const UNSETTLING: &[(&str, Option<&str>)] = &[("one-reply", Some("surplus")), ("no-foreign-reply", None)];
/// Suspicions of one rule that may turn out mistaken before the rest of them is taken to be.
const MISTAKES_MAX: usize = 3;

fn is_unsettling(rule: &Rule, breach: &Breach) -> bool {
    let class = |class: &Option<&str>| class.is_none_or(|class| class == breach.class);
    UNSETTLING.iter().any(|(slug, of)| *slug == rule.slug && class(of))
}

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

/// A breach that is looked into.
#[derive(Debug)]
struct Suspicion {
    rule: &'static Rule,
    breach: Breach,
    signature: String,
}

impl Suspicion {
    /// What other rules may name that it explains.
    fn keys(&self) -> [String; 2] {
        keys(self.rule.slug, &self.breach.class)
    }
}

/// How often a suspicion was confirmed, and out of how many tries.
#[derive(Clone, Copy, Debug)]
struct Confirmed {
    reproduced: u32,
    tries: u32,
}

/// A suspicion that waits for what else may explain it.
#[derive(Debug)]
struct Held {
    suspicion: Suspicion,
    /// What shows it, and the peer that did.
    transcript: Transcript,
    shower: Shower,
    /// Cases that had been judged before.
    since: u64,
}

/// A peer as it was started, and the command line for that.
pub(crate) type Shower = (PeerSpec, String);

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
    /// Suspicions whose rules yield to others, which may still fail, and those that are in doubt.
    held: Vec<Held>,
    /// Cases that have been judged, where somebody tells.
    now: u64,
    /// The peer says more than it is asked, so that a reply may be taken for the answer to something else.
    unsettled: bool,
    /// For each rule, suspicions that did not stand a patient second look.
    mistaken: HashMap<&'static str, usize>,
    /// What failed, whether selected or not.
    failing: Failing,
    /// For each signature that came up, whether it is of a known defect.
    excused: HashMap<String, bool>,
    /// Bytes that findings may still take up with all that came back.
    room: u64,
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
            now: 0,
            unsettled: false,
            mistaken: HashMap::new(),
            failing: Failing::default(),
            excused: HashMap::new(),
            room: u64::MAX,
        }
    }

    /// Keeps of findings no more than this of the bytes that came back, in their files and in the journal.
    pub fn with_room(self, bytes: u64) -> Triage {
        Triage { room: bytes, ..self }
    }

    /// Cases are tried on peers like this from now on.
    pub fn turn_to(&mut self, (spec, command_line): Shower) {
        self.bench.set_spec(spec);
        self.facts.command_line = command_line;
    }

    fn shower(&self) -> Shower {
        (self.bench.spec().clone(), self.facts.command_line.clone())
    }

    /// Findings of an earlier part of this run count as reported.
    pub fn recall(&mut self, finding: &Finding) {
        let reported = Known::Reported { occurrences: finding.occurrences };
        self.known.insert(finding.signature.clone(), reported);
        self.excused.insert(finding.signature.clone(), finding.waived.is_some());
        let slug = qmprobe_check::find(&finding.rule).map(|rule| rule.slug);
        slug.into_iter().for_each(|slug| *self.per_rule.entry(slug).or_default() += 1);
        let waived = finding.waived.is_some();
        let keys = keys(&finding.rule, &finding.class);
        self.failing.note(&finding.signature, keys, finding.command.as_deref(), waived);
    }

    /// So many cases have been judged.
    pub fn at(&mut self, cases: u64) {
        self.now = cases;
    }

    /// Whether a suspicion has been waiting for so many cases for what else may explain it.
    pub fn holds_for(&self, cases: u64) -> bool {
        self.held.iter().any(|held| held.since + cases <= self.now)
    }

    /// Whether a finding of the signature waits for what else may explain it.
    pub fn holds(&self, signature: &str) -> bool {
        matches!(self.known.get(signature), Some(Known::Held { .. }))
    }

    /// How many suspicions of the rule were looked into, and whether there are as many as are reported.
    pub fn of_rule(&self, rule: &str) -> (usize, bool) {
        let count = self.per_rule.get(rule).copied().unwrap_or_default();
        (count, count >= FINDINGS_PER_RULE_MAX)
    }

    /// Whether the signature came up before.
    pub fn has_met(&self, signature: &str) -> bool {
        self.excused.contains_key(signature)
    }

    /// Whether what a verdict says is a known defect.
    pub fn excuses(&mut self, verdict: &Verdict, transcript: &Transcript) -> bool {
        let Outcome::Fail(breach) = &verdict.outcome else { return false };
        let signature = evidence::signature(verdict.rule, breach, transcript);
        let suspicion = Suspicion { rule: verdict.rule, breach: (**breach).clone(), signature };
        self.is_waived(&suspicion, transcript)
    }

    /// Whether the rule may be reported.
    pub fn is_selected(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|selected| selected == rule)
    }

    /// The findings that the failed verdicts on a transcript come to. `history` are the cases that the peer
    /// went through before, the newest last.
    ///
    /// # Errors
    /// A finding cannot be written.
    pub async fn take(
        &mut self,
        main: &mut Runner,
        transcript: &Transcript,
        verdicts: Vec<Verdict>,
        history: &[Arc<Case>],
    ) -> Result<Vec<Finding>, Error> {
        let mut fresh = Vec::new();
        let suspicions = self.suspicions(transcript, verdicts);
        let excused_here: Vec<String> =
            suspicions.iter().filter(|one| self.excused[&one.signature]).flat_map(Suspicion::keys).collect();
        for suspicion in suspicions {
            let Suspicion { rule, ref breach, ref signature } = suspicion;
            let certain = is_unsettling(rule, breach) || !self.unsettled;
            // What is known explains what came with it, and nothing that came at another time.
            let explained =
                rule.terms.yields_to.iter().any(|slug| excused_here.iter().any(|key| key == slug));
            if explained || !self.is_selected(rule.slug) || !self.is_new(rule, signature) {
                continue;
            }
            if rule.terms.yields_to.is_empty() && certain {
                fresh.push(suspicion);
            } else if is_flood(transcript) {
                // The flood itself is reported; what it shows besides is not worth keeping all of it for.
                self.known.remove(&suspicion.signature);
            } else {
                let (transcript, shower, since) = (transcript.clone(), self.shower(), self.now);
                self.held.push(Held { suspicion, transcript, shower, since });
            }
        }
        self.make(main, transcript, fresh, history).await
    }

    /// What failed, with each rule's failures noted for those that they may explain.
    fn suspicions(&mut self, transcript: &Transcript, verdicts: Vec<Verdict>) -> Vec<Suspicion> {
        let mut suspicions = Vec::new();
        for Verdict { rule, outcome } in verdicts {
            let Outcome::Fail(breach) = outcome else { continue };
            let unsettles = is_unsettling(rule, &breach);
            let signature = evidence::signature(rule, &breach, transcript);
            let suspicion = Suspicion { rule, breach: *breach, signature };
            let excused = match self.excused.get(&suspicion.signature) {
                Some(excused) => *excused,
                None => self.is_waived(&suspicion, transcript),
            };
            self.unsettled |= unsettles && !excused;
            let command = suspicion.breach.command.as_deref();
            self.failing.note(&suspicion.signature, suspicion.keys(), command, excused);
            self.excused.insert(suspicion.signature.clone(), excused);
            suspicions.push(suspicion);
        }
        suspicions
    }

    /// The findings that were held back, for so many cases at least, and that nothing explains.
    ///
    /// # Errors
    /// A finding cannot be written.
    pub async fn release(&mut self, main: &mut Runner, cases: u64) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        let now = self.now;
        let mut due: Vec<Held> = self.held.extract_if(.., |held| held.since + cases <= now).collect();
        loop {
            // What explains others is looked into before them: it may turn out to be a mistake.
            let is_open = |held: &Held| !self.is_explained(&held.suspicion);
            let (open, explained): (Vec<Held>, Vec<Held>) = due.into_iter().partition(is_open);
            due = explained;
            if open.is_empty() {
                break;
            }
            for Held { suspicion, transcript, shower, .. } in open {
                self.turn_to(shower);
                if self.is_mistaken(main, &suspicion, &transcript).await {
                    self.dismiss(&suspicion.signature);
                    continue;
                }
                findings.extend(self.make(main, &transcript, vec![suspicion], &[]).await?);
            }
        }
        for held in due {
            self.known.remove(&held.suspicion.signature);
        }
        Ok(findings)
    }

    fn is_explained(&self, suspicion: &Suspicion) -> bool {
        self.failing.explains(suspicion.rule, suspicion.breach.command.as_deref())
    }

    /// What was suspected is not so.
    fn dismiss(&mut self, signature: &str) {
        self.known.remove(signature);
        self.failing.strike(signature);
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
        let known = match (within, rule.terms.yields_to.is_empty()) {
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

    /// Whether a suspicion about a peer that says more than it is asked came of that: it does not show again
    /// when there is time to tell what was asked for from what was not.
    async fn is_mistaken(&mut self, main: &mut Runner, of: &Suspicion, transcript: &Transcript) -> bool {
        let is_certain = UNSETTLING.iter().any(|(rule, _)| *rule == of.rule.slug);
        if !self.unsettled || is_certain {
            return false;
        }
        let mistaken = self.mistaken.entry(of.rule.slug).or_default();
        if *mistaken >= MISTAKES_MAX {
            return true;
        }
        let shows = self.bench.shows_patiently(main, &transcript.case, &of.signature).await;
        *mistaken += usize::from(!shows);
        !shows
    }

    /// Confirms what one transcript shows for the first time, and makes findings of it.
    async fn make(
        &mut self,
        main: &mut Runner,
        transcript: &Transcript,
        fresh: Vec<Suspicion>,
        history: &[Arc<Case>],
    ) -> Result<Vec<Finding>, Error> {
        if fresh.is_empty() {
            return Ok(Vec::new());
        }
        let lost = transcript.ending != Ending::Alive;
        let signatures: Vec<&str> = fresh.iter().map(|one| one.signature.as_str()).collect();
        let known_hang = fresh.iter().all(|one| one.breach.class == HANG && self.is_waived(one, transcript));
        let seen = match known_hang {
            true => Seen { reproduced: vec![0; fresh.len()], tries: 0 },
            false => self.bench.confirm(main, transcript, &signatures).await,
        };
        let mut findings = Vec::new();
        for (suspicion, reproduced) in fresh.into_iter().zip(seen.reproduced) {
            let unshown = self.bench.is_thorough() && !lost && seen.tries > 0;
            if reproduced == 0 && (unshown || !lost && main.was_hasty(transcript)) {
                // There was not the time to tell a late reply from a missing one, or it was chance.
                self.dismiss(&suspicion.signature);
                continue;
            }
            let confirmed = Confirmed { reproduced, tries: seen.tries };
            let doubtful = lost && reproduced == 0 && seen.tries > 0 && suspicion.rule.slug == SURVIVAL;
            let finding = match doubtful {
                true => self.trace(main, transcript, suspicion, confirmed, history).await?,
                false => Some(self.file(main, transcript, suspicion, confirmed).await?),
            };
            findings.extend(finding);
        }
        Ok(findings)
    }

    /// Whether a suspicion is a known defect as it stands.
    fn is_waived(&mut self, suspicion: &Suspicion, transcript: &Transcript) -> bool {
        let Suspicion { rule, breach, signature } = suspicion;
        let draft = evidence::draft(rule, breach, transcript, &self.facts, signature.clone());
        self.waivers.reason(&draft).is_some()
    }

    /// The peer was lost in a case that by itself does not end it: lays that at the right case's door.
    async fn trace(
        &mut self,
        main: &mut Runner,
        transcript: &Transcript,
        suspicion: Suspicion,
        confirmed: Confirmed,
        history: &[Arc<Case>],
    ) -> Result<Option<Finding>, Error> {
        let (shown, before) = match self.bench.trace_back(main, &transcript.case, history).await {
            None if main.was_hasty(transcript) => {
                // Whoever waited to the end had an answer.
                self.dismiss(&suspicion.signature);
                return Ok(None);
            }
            None => return self.file(main, transcript, suspicion, confirmed).await.map(Some),
            Some(Trace::Together(shown)) => (shown, false),
            Some(Trace::Before(shown)) => (shown, true),
        };
        let breach = self.bench.breaches(&shown).find(|(rule, ..)| rule.slug == SURVIVAL);
        if before {
            self.known.remove(&suspicion.signature);
        }
        // The case before may have ended the peer by right.
        let Some((rule, breach, signature)) = breach else { return Ok(None) };
        if signature != suspicion.signature && !self.is_new(rule, &signature) {
            return Ok(None);
        }
        if before {
            self.known.insert(signature.clone(), Known::Reported { occurrences: 1 });
        }
        let seen = self.bench.confirm(main, &shown, &[&signature]).await;
        let reproduced = seen.reproduced.first().copied().unwrap_or_default();
        let confirmed = Confirmed { reproduced, tries: seen.tries };
        self.file(main, &shown, Suspicion { rule, breach, signature }, confirmed).await.map(Some)
    }

    /// Makes the finding as small as can be, and writes it to its file.
    async fn file(
        &mut self,
        main: &Runner,
        transcript: &Transcript,
        suspicion: Suspicion,
        confirmed: Confirmed,
    ) -> Result<Finding, Error> {
        let Suspicion { rule, breach, signature } = suspicion;
        let mut finding = evidence::draft(rule, &breach, transcript, &self.facts, signature.clone());
        finding.waived = self.waivers.reason(&finding);
        let by_signal = matches!(transcript.ending, Ending::Exited { signalled: true, .. });
        if finding.waived.is_none() && confirmed.reproduced > 0 && breach.class != HANG {
            let smaller = self.bench.shrink(main, rule, &transcript.case, &signature).await;
            if let Some((breach, transcript)) = smaller {
                finding = evidence::draft(rule, &breach, &transcript, &self.facts, signature.clone());
            }
        }
        finding.reproduced = confirmed.reproduced;
        finding.tries = confirmed.tries;
        self.make_room(&mut finding);
        finding.by_hand = by_hand::line(&finding.case, self.bench.spec(), main.peer());
        if let Some(Known::Held { occurrences } | Known::Reported { occurrences }) =
            self.known.get(&signature)
        {
            finding.occurrences = *occurrences;
        }
        let reported = Known::Reported { occurrences: finding.occurrences };
        self.known.insert(signature.clone(), reported);
        finding.file = Some(format!("{FINDINGS}/{}/{signature}.{EXTENSION}", rule.slug));
        if finding.reproduced > 0 && finding.waived.is_none() && by_signal {
            finding.core = self.core(main, &finding).await;
        }
        self.write(&finding)?;
        Ok(finding)
    }

    /// Has the case end one more peer, which may leave a core: where that lies, or who was given it. One in a directory
    /// that goes with the peer is put beside the finding, if there is room.
    async fn core(&mut self, main: &Runner, finding: &Finding) -> Option<String> {
        let (core, runner) = self.bench.core(main, &Arc::new(finding.case.clone())).await?;
        let path = match core {
            Core::HandedTo(program) => return Some(format!("handed to {program}")),
            Core::File(path) => path,
        };
        if !runner.peer().scratch().is_some_and(|scratch| path.starts_with(scratch)) {
            return Some(path.display().to_string());
        }
        let takes = fs::metadata(&path).ok()?.blocks() * 512;
        let left = self.room.checked_sub(takes)?;
        let kept = Path::new(finding.file.as_ref()?).with_extension("core");
        let to = self.out.join(&kept);
        fs::create_dir_all(to.parent()?).ok()?;
        move_core(&path, &to).ok()?;
        self.room = left;
        Some(kept.display().to_string())
    }

    /// Leaves out the evidence that there is no room for: the case shows it again.
    fn make_room(&mut self, finding: &mut Finding) {
        let bytes: usize = finding.evidence.iter().map(|line| line.bytes.len()).sum();
        // In the journal and in the file, escaped.
        let bytes = bytes as u64 * EVIDENCE_TAKES;
        match self.room.checked_sub(bytes) {
            Some(left) => self.room = left,
            None => finding.evidence.clear(),
        }
    }

    fn write(&self, finding: &Finding) -> Result<(), Error> {
        let Some(file) = &finding.file else { return Ok(()) };
        let path = self.out.join(file);
        let written = || {
            fs::create_dir_all(path.parent().unwrap_or(&self.out))?;
            let mut text = serde_json::to_vec_pretty(finding)?;
            text.push(b'\n');
            fs::write(&path, text)?;
            match as_scenario::text(finding, self.bench.spec(), self.bench.schema()) {
                Some(text) => fs::write(path.with_extension(as_scenario::EXTENSION), text),
                None => Ok(()),
            }
        };
        written().map_err(|source| Error::Write { path: path.clone(), source })
    }
}
