//! The round under way, a line for each case that was judged: what is with the system when the harness dies.
//! The journal has whole rounds; this file begins anew with each.

use crate::error::Error;
use crate::event::Round;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file in the output directory.
const FILE: &str = "round.jsonl";

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
    /// Its command, when it ran for the first time.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The rules that passed, by their place among all.
    #[serde(rename = "p")]
    pub passed: Vec<usize>,
    /// The rules that failed, likewise.
    #[serde(rename = "f")]
    pub failed: Vec<usize>,
    /// The signatures of what failed.
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
    /// A sequence was kept.
    #[serde(rename = "k")]
    pub kept: bool,
}

impl Line {
    /// Adds the case to the figures of its round.
    pub fn add_to(&self, round: &mut Round) {
        round.cases += 1;
        round.commands.extend(self.command.clone());
        round.kept += u64::from(self.kept);
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
    text: Vec<u8>,
}

impl Ledger {
    /// Opens the file in `out`, and reads what it says of the round of this number.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(out: &Path, round: Option<u64>) -> Result<(Ledger, Vec<Line>), Error> {
        let path = out.join(FILE);
        let failed = |source| Error::Write { path: path.clone(), source };
        let text = match round {
            Some(_) => fs::read(&path).unwrap_or_default(),
            None => Vec::new(),
        };
        // The last line may be cut off: its case was in flight.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines = text[..whole].split(|byte| *byte == b'\n');
        let lines = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        let lines = lines.filter(|line| Some(line.round) == round).collect();
        if round.is_none() {
            fs::write(&path, b"").map_err(failed)?;
        } else if whole < text.len() {
            let file = File::options().write(true).open(&path).map_err(failed)?;
            file.set_len(whole as u64).map_err(failed)?;
        }
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        let places = qmprobe_check::ALL.iter().enumerate().map(|(at, rule)| (rule.slug, at)).collect();
        Ok((Ledger { file, path, places, text: Vec::new() }, lines))
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
        self.text.clear();
        let made = serde_json::to_writer(&mut self.text, line).map_err(std::io::Error::from);
        self.text.push(b'\n');
        let written = made.and_then(|()| self.file.write_all(&self.text));
        written.map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// The journal has the round: begins anew.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn clear(&mut self) -> Result<(), Error> {
        self.file.set_len(0).map_err(|source| Error::Write { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(round: u64, next: u64) -> Line {
        let signatures = vec!["s".to_owned()];
        Line { round, next, passed: vec![0, 1], failed: vec![1], signatures, kept: true, ..Line::default() }
    }

    #[test]
    fn what_was_written_is_there_after_a_cut_anywhere_in_the_last_line() {
        let out = tempfile::tempdir().unwrap();
        let (mut ledger, _) = Ledger::open(out.path(), None).unwrap();
        ledger.append(&line(4, 9)).unwrap();
        let first = fs::metadata(out.path().join(FILE)).unwrap().len();
        ledger.append(&line(5, 1)).unwrap();
        ledger.append(&line(5, 2)).unwrap();
        let whole = fs::read(out.path().join(FILE)).unwrap();
        let last = 2 * first;
        for cut in last..whole.len() as u64 {
            fs::write(out.path().join(FILE), &whole[..cut as usize]).unwrap();
            let (mut ledger, lines) = Ledger::open(out.path(), Some(5)).unwrap();
            assert_eq!(lines.len(), 1, "of this round, and whole");
            let mut round = Round::default();
            lines.iter().for_each(|line| line.add_to(&mut round));
            assert_eq!((round.cases, round.kept, round.signatures["s"]), (1, 1, 1));
            assert_eq!(round.rules[qmprobe_check::ALL[1].slug], (1, 1));
            ledger.append(&line(5, 3)).unwrap();
            assert_eq!(Ledger::open(out.path(), Some(5)).unwrap().1.len(), 2);
        }
    }

    #[test]
    fn a_new_round_begins_with_nothing() {
        let out = tempfile::tempdir().unwrap();
        let (mut ledger, _) = Ledger::open(out.path(), None).unwrap();
        ledger.append(&line(1, 1)).unwrap();
        ledger.clear().unwrap();
        ledger.append(&line(2, 1)).unwrap();
        assert_eq!(Ledger::open(out.path(), Some(2)).unwrap().1.len(), 1);
        assert!(Ledger::open(out.path(), None).unwrap().1.is_empty());
        assert!(Ledger::open(out.path(), Some(2)).unwrap().1.is_empty());
    }
}
