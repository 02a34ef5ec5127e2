//! Sequences that showed something new, in files of one request per line, named by their content.

use super::novelty::Novelty;
use crate::error::Error;
use qmprobe_generate::Entropy;
use qmprobe_generate::state::Request;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The directory of the corpus in a run's output directory.
pub const DIRECTORY: &str = "corpus";
/// The extension of its files.
const EXTENSION: &str = "requests";
/// Sequences that are kept.
const SEQUENCES_MAX: usize = 8192;
/// Bytes of a file that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Digits of a file's name.
const NAME_DIGITS: usize = 16;

/// A kept sequence.
#[derive(Debug)]
pub(super) struct Kept {
    pub name: String,
    pub requests: Vec<Request>,
    /// What it was kept for; nothing where that was another run's affair.
    features: Vec<u64>,
    picked: u32,
}

/// The sequences of a campaign.
#[derive(Debug)]
pub(super) struct Corpus {
    directory: PathBuf,
    kept: Vec<Kept>,
    names: HashSet<String>,
    bytes: u64,
    bytes_max: u64,
}

impl Corpus {
    /// Opens the corpus in `out`. What is there is read, in the order of the names.
    ///
    /// # Errors
    /// The directory cannot be made or read.
    pub fn open(out: &Path, bytes_max: u64) -> Result<Corpus, Error> {
        let directory = out.join(DIRECTORY);
        fs::create_dir_all(&directory).map_err(|source| Error::Write { path: directory.clone(), source })?;
        let unreadable = |source| Error::Read { path: directory.clone(), source };
        let mut files = Vec::new();
        for entry in fs::read_dir(&directory).map_err(unreadable)? {
            files.push(entry.map_err(unreadable)?.path());
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == EXTENSION));
        files.sort();
        let mut corpus = Corpus { directory, kept: Vec::new(), names: HashSet::new(), bytes: 0, bytes_max };
        for file in files.into_iter().take(SEQUENCES_MAX) {
            let fits = fs::metadata(&file).is_ok_and(|facts| facts.len() <= FILE_BYTES_MAX);
            // One that was cut off, or that is no file of ours, is as good as none.
            let Ok(text) = fs::read(&file) else { continue };
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let requests: Option<Vec<Request>> = lines.map(Request::read).collect();
            let Some(requests) = requests.filter(|requests| fits && !requests.is_empty()) else { continue };
            corpus.bytes += text.len() as u64;
            corpus.names.insert(name(&text));
            corpus.kept.push(Kept { name: name(&text), requests, features: Vec::new(), picked: 0 });
        }
        Ok(corpus)
    }

    /// Keeps a sequence, unless it is there already or there is no room. True when it was kept.
    ///
    /// # Errors
    /// Its file cannot be written.
    pub fn keep(&mut self, requests: Vec<Request>, features: Vec<u64>) -> Result<bool, Error> {
        let text = text(&requests);
        let name = name(&text);
        let fits = self.kept.len() < SEQUENCES_MAX && self.bytes + text.len() as u64 <= self.bytes_max;
        if !fits || !self.names.insert(name.clone()) {
            return Ok(false);
        }
        let path = self.directory.join(format!("{name}.{EXTENSION}"));
        fs::write(&path, &text).map_err(|source| Error::Write { path, source })?;
        self.bytes += text.len() as u64;
        self.kept.push(Kept { name, requests, features, picked: 0 });
        Ok(true)
    }

    /// One of the sequences, more likely one that showed what few others do and that was seldom picked.
    pub fn pick(&mut self, novelty: &Novelty, entropy: &mut Entropy) -> Option<&Kept> {
        const GRAIN: usize = 1 << 20;
        let worth = |kept: &Kept| {
            let rarest = if kept.features.is_empty() { 4 } else { novelty.rarest(&kept.features) };
            1.0 / (1.0 + f64::from(rarest)).sqrt() / (1.0 + f64::from(kept.picked) / 4.0)
        };
        let total: f64 = self.kept.iter().map(worth).sum();
        let mut left = entropy.below(GRAIN) as f64 / GRAIN as f64 * total;
        let at = self.kept.iter().position(|kept| {
            left -= worth(kept);
            left <= 0.0
        });
        let at = at.or(self.kept.len().checked_sub(1))?;
        let kept = &mut self.kept[at];
        kept.picked += 1;
        Some(kept)
    }
}

/// Removes the corpus of an earlier campaign in `out`: the files that are ours.
///
/// # Errors
/// One of them cannot be removed.
pub(crate) fn clear(out: &Path) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(out.join(DIRECTORY)) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
        }
    }
    Ok(())
}

/// Copies the sequences kept in `from` to `into`, where they have the same names. What was cut off while it was
/// written is left out.
///
/// # Errors
/// One of them cannot be read or written.
pub(crate) fn copy(from: &Path, into: &Path) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(from.join(DIRECTORY)) else { return Ok(()) };
    let directory = into.join(DIRECTORY);
    fs::create_dir_all(&directory).map_err(|source| Error::Write { path: directory.clone(), source })?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != EXTENSION) {
            continue;
        }
        let text = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let name = name(&text);
        if path.file_stem().is_some_and(|stem| stem == name.as_str()) {
            let path = directory.join(format!("{name}.{EXTENSION}"));
            fs::write(&path, &text).map_err(|source| Error::Write { path, source })?;
        }
    }
    Ok(())
}

fn text(requests: &[Request]) -> Vec<u8> {
    let mut text = Vec::new();
    for request in requests {
        text.extend(request.bytes(None));
        text.push(b'\n');
    }
    text
}

fn name(text: &[u8]) -> String {
    blake3::hash(text).to_hex()[..NAME_DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(command: &str) -> Request {
        Request { command: command.to_owned(), arguments: None }
    }

    #[test]
    fn a_corpus_is_read_back_without_what_is_damaged() {
        let out = tempfile::tempdir().unwrap();
        let mut corpus = Corpus::open(out.path(), 1 << 20).unwrap();
        assert!(corpus.keep(vec![request("a"), request("b")], vec![1]).unwrap());
        assert!(!corpus.keep(vec![request("a"), request("b")], vec![2]).unwrap(), "it is there already");
        assert!(corpus.keep(vec![request("c")], vec![3]).unwrap());
        fs::write(out.path().join(DIRECTORY).join("torn.requests"), "{\"execute\":\"x").unwrap();
        let again = Corpus::open(out.path(), 1 << 20).unwrap();
        assert_eq!(again.kept.len(), 2);
        let mut kept: Vec<_> = again.kept.iter().map(|kept| kept.requests.len()).collect();
        kept.sort_unstable();
        assert_eq!(kept, [1, 2]);
    }

    #[test]
    fn a_full_corpus_takes_no_more() {
        let out = tempfile::tempdir().unwrap();
        let mut corpus = Corpus::open(out.path(), 30).unwrap();
        assert!(corpus.keep(vec![request("a")], vec![]).unwrap());
        assert!(!corpus.keep(vec![request("b")], vec![]).unwrap());
    }

    #[test]
    fn what_is_picked_often_is_picked_less() {
        let out = tempfile::tempdir().unwrap();
        let mut corpus = Corpus::open(out.path(), 1 << 20).unwrap();
        let novelty = Novelty::default();
        assert!(corpus.pick(&novelty, &mut Entropy::new(0, 0)).is_none());
        for command in ["a", "b", "c", "d"] {
            corpus.keep(vec![request(command)], vec![]).unwrap();
        }
        for nth in 0..400 {
            corpus.pick(&novelty, &mut Entropy::new(1, nth)).unwrap();
        }
        assert!(corpus.kept.iter().all(|kept| (60..140).contains(&kept.picked)), "{:?}", corpus.kept);
    }
}
