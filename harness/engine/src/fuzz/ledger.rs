//! The rounds under way, a line for each case that was judged: what is with the system when the harness dies.
//! The journal has whole rounds; of those the file is rid now and then.

use crate::error::Error;
use crate::event::Round;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file in the output directory.
const FILE: &str = "round.jsonl";

/// Bytes that the file may have before what is said of whole rounds is taken out.
const BYTES_MAX: usize = 64 << 10;

/// What one case came to. Names are short because there is one for each case; the fields are in the order of
/// [`Round`]'s.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Line {
    /// The round.
    #[serde(rename = "r")]
    pub round: u64,
    /// Where the round goes on after it.
    #[serde(rename = "n")]
    pub next: u64,
    /// Those of its commands that ran for the first time.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// The rules that passed, by their place among all.
    #[serde(rename = "p")]
    pub passed: Vec<usize>,
    /// The rules that failed, likewise.
    #[serde(rename = "f")]
    pub failed: Vec<usize>,
    /// The signatures of what failed.
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
    /// Sequences that were kept.
    #[serde(rename = "k")]
    pub kept: u64,
}

impl Line {
    /// Adds the case to the figures of its round.
    pub fn add_to(&self, round: &mut Round) {
        round.cases += 1;
        round.commands.extend(self.commands.iter().cloned());
        round.kept += self.kept;
        for rule in self.passed.iter().filter_map(|at| qmprobe_check::ALL.get(*at)) {
            round.rules.entry(rule.slug.to_owned()).or_default().0 += 1;
        }
        for rule in self.failed.iter().filter_map(|at| qmprobe_check::ALL.get(*at)) {
            round.rules.entry(rule.slug.to_owned()).or_default().1 += 1;
        }
        for signature in &self.signatures {
            *round.signatures.entry(signature.clone()).or_default() += 1;
        }
    }
}

/// The file, open.
#[derive(Debug)]
pub(super) struct Ledger {
    file: File,
    path: PathBuf,
    /// Where each rule stands among all.
    places: HashMap<&'static str, usize>,
    /// What it says of each round under way.
    under_way: BTreeMap<u64, Vec<u8>>,
    /// Its bytes.
    bytes: usize,
}

impl Ledger {
    /// Opens the file in `out`, and reads what it says of the rounds of these numbers.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(out: &Path, rounds: &HashSet<u64>) -> Result<(Ledger, Vec<Line>), Error> {
        let path = out.join(FILE);
        let text = if rounds.is_empty() { Vec::new() } else { fs::read(&path).unwrap_or_default() };
        let (mut lines, mut under_way) = (Vec::new(), BTreeMap::<u64, Vec<u8>>::new());
        // The last line may be cut off: its case was in flight.
        for whole in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            let Ok(line) = serde_json::from_slice::<Line>(whole) else { continue };
            if rounds.contains(&line.round) {
                under_way.entry(line.round).or_default().extend_from_slice(whole);
                lines.push(line);
            }
        }
        let (file, bytes) = anew(&path, &under_way)?;
        let places = qmprobe_check::ALL.iter().enumerate().map(|(at, rule)| (rule.slug, at)).collect();
        Ok((Ledger { file, path, places, under_way, bytes }, lines))
    }

    /// The places of these rules.
    pub fn places(&self, slugs: &[String]) -> Vec<usize> {
        slugs.iter().filter_map(|slug| self.places.get(slug.as_str()).copied()).collect()
    }

    /// Writes a line: one call, so that it is there whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn append(&mut self, line: &Line) -> Result<(), Error> {
        let under_way = self.under_way.entry(line.round).or_default();
        let from = under_way.len();
        let made = serde_json::to_writer(&mut *under_way, line).map_err(std::io::Error::from);
        under_way.push(b'\n');
        let text = &under_way[from..];
        self.bytes += text.len();
        let written = made.and_then(|()| self.file.write_all(text));
        written.map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// The journal has the round.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn clear(&mut self, round: u64) -> Result<(), Error> {
        self.under_way.remove(&round);
        if self.under_way.is_empty() || self.bytes > BYTES_MAX {
            (self.file, self.bytes) = anew(&self.path, &self.under_way)?;
        }
        Ok(())
    }
}

/// The file with no more than what is said of the rounds under way, and its bytes. Whoever dies here leaves the old
/// one or the new one.
fn anew(path: &Path, under_way: &BTreeMap<u64, Vec<u8>>) -> Result<(File, usize), Error> {
    let text: Vec<u8> = under_way.values().flatten().copied().collect();
    let fresh = path.with_extension("new");
    let made = || {
        fs::write(&fresh, &text)?;
        fs::rename(&fresh, path)?;
        File::options().append(true).open(path)
    };
    let file = made().map_err(|source| Error::Write { path: path.to_owned(), source })?;
    Ok((file, text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(round: u64, next: u64) -> Line {
        let signatures = vec!["s".to_owned()];
        Line { round, next, passed: vec![0, 1], failed: vec![1], signatures, kept: 1, ..Line::default() }
    }

    #[test]
    fn what_was_written_is_there_after_a_cut_anywhere_in_the_last_line() {
        let out = tempfile::tempdir().unwrap();
        let (mut ledger, _) = Ledger::open(out.path(), &HashSet::new()).unwrap();
        ledger.append(&line(4, 9)).unwrap();
        let first = fs::metadata(out.path().join(FILE)).unwrap().len();
        ledger.append(&line(5, 1)).unwrap();
        ledger.append(&line(5, 2)).unwrap();
        let whole = fs::read(out.path().join(FILE)).unwrap();
        let last = 2 * first;
        for cut in last..whole.len() as u64 {
            fs::write(out.path().join(FILE), &whole[..cut as usize]).unwrap();
            let (mut ledger, lines) = Ledger::open(out.path(), &HashSet::from([5])).unwrap();
            assert_eq!(lines.len(), 1, "of this round, and whole");
            let mut round = Round::default();
            lines.iter().for_each(|line| line.add_to(&mut round));
            assert_eq!((round.cases, round.kept, round.signatures["s"]), (1, 1, 1));
            assert_eq!(round.rules[qmprobe_check::ALL[1].slug], (1, 1));
            ledger.append(&line(5, 3)).unwrap();
            assert_eq!(Ledger::open(out.path(), &HashSet::from([5])).unwrap().1.len(), 2);
        }
    }

    #[test]
    fn what_is_said_of_another_round_under_way_stays() {
        let out = tempfile::tempdir().unwrap();
        let (mut ledger, _) = Ledger::open(out.path(), &HashSet::new()).unwrap();
        ledger.append(&line(7, 1)).unwrap();
        for round in 8..2_000 {
            ledger.append(&line(round, 1)).unwrap();
            ledger.clear(round).unwrap();
        }
        ledger.append(&line(7, 2)).unwrap();
        assert!(fs::metadata(out.path().join(FILE)).unwrap().len() <= BYTES_MAX as u64 + 256);
        let (_, lines) = Ledger::open(out.path(), &HashSet::from([7])).unwrap();
        assert_eq!(lines.iter().map(|line| line.next).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_new_round_begins_with_nothing() {
        let out = tempfile::tempdir().unwrap();
        let (mut ledger, _) = Ledger::open(out.path(), &HashSet::new()).unwrap();
        ledger.append(&line(1, 1)).unwrap();
        ledger.clear(1).unwrap();
        ledger.append(&line(2, 1)).unwrap();
        assert_eq!(Ledger::open(out.path(), &HashSet::from([2])).unwrap().1.len(), 1);
        assert!(Ledger::open(out.path(), &HashSet::new()).unwrap().1.is_empty());
        assert!(Ledger::open(out.path(), &HashSet::from([2])).unwrap().1.is_empty());
    }
}
