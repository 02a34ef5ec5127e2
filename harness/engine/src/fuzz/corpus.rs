//! Sequences that showed something new, in files of one request per line, named by their content.

use super::edges::Edges;
use super::novelty::Novelty;
use crate::error::Error;
use qmprobe_generate::Entropy;
use qmprobe_generate::state::{Request, shape};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
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
/// Bytes that files are given at once by usual file systems.
const BLOCK_BYTES: u64 = 4096;
/// Digits of a file's name.
const NAME_DIGITS: usize = 16;

/// A kept sequence.
#[derive(Debug)]
pub(super) struct Kept {
    pub name: String,
    pub requests: Vec<Request>,
    /// What it was kept for; nothing where that was another run's affair.
    shown: Shown,
    /// Values that can be changed.
    values: usize,
    picked: u32,
}

/// What a sequence showed.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// What the peer said and did.
    pub features: Vec<u64>,
    /// The edges of which it was the first to show something.
    pub edges: Vec<u32>,
}

impl Shown {
    /// All of it, told apart.
    fn marks(&self) -> impl Iterator<Item = u64> {
        let edges = self.edges.iter().map(|edge| !u64::from(*edge));
        self.features.iter().copied().chain(edges)
    }
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
    /// Opens the corpus in a directory. What is there is read, in the order of the names.
    ///
    /// # Errors
    /// The directory cannot be made or read.
    pub fn open(directory: &Path, bytes_max: u64) -> Result<Corpus, Error> {
        let directory = directory.to_owned();
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
            corpus.bytes += on_disk(&text);
            corpus.names.insert(name(&text));
            let (name, values) = (name(&text), values(&requests));
            corpus.kept.push(Kept { name, requests, shown: Shown::default(), values, picked: 0 });
        }
        Ok(corpus)
    }

    /// Keeps a sequence, unless it is there already or there is no room. True when it was kept.
    ///
    /// # Errors
    /// Its file cannot be written.
    pub fn keep(&mut self, requests: Vec<Request>, shown: Shown) -> Result<bool, Error> {
        let text = text(&requests);
        let name = name(&text);
        let fits = self.kept.len() < SEQUENCES_MAX && self.bytes + on_disk(&text) <= self.bytes_max;
        if !fits || !self.names.insert(name.clone()) {
            return Ok(false);
        }
        let path = self.directory.join(format!("{name}.{EXTENSION}"));
        fs::write(&path, &text).map_err(|source| Error::Write { path, source })?;
        self.bytes += on_disk(&text);
        let values = values(&requests);
        self.kept.push(Kept { name, requests, shown, values, picked: 0 });
        Ok(true)
    }

    /// Lets go of sequences that show nothing which others that stay do not show, the longest first. What an earlier
    /// campaign kept stays: what it showed is not known.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn minimise(&mut self) -> Result<(), Error> {
        let mut shown_by: HashMap<u64, u32> = HashMap::new();
        for mark in self.kept.iter().flat_map(|kept| kept.shown.marks()) {
            *shown_by.entry(mark).or_default() += 1;
        }
        self.kept.sort_by_key(|kept| Reverse(kept.requests.len()));
        let (names, directory) = (&mut self.names, &self.directory);
        let mut gone = Vec::new();
        self.kept.retain(|kept| {
            let mut marks = kept.shown.marks().peekable();
            let idle = marks.peek().is_some() && marks.all(|mark| shown_by[&mark] > 1);
            if idle {
                for mark in kept.shown.marks() {
                    shown_by.entry(mark).and_modify(|count| *count -= 1);
                }
                names.remove(&kept.name);
                gone.push(directory.join(format!("{}.{EXTENSION}", kept.name)));
            }
            !idle
        });
        gone.into_iter()
            .try_for_each(|path| fs::remove_file(&path).map_err(|source| Error::Write { path, source }))
    }

    /// One of the sequences, more likely one that showed what few others do and that was seldom picked.
    pub fn pick(&mut self, novelty: &Novelty, entropy: &mut Entropy) -> Option<&Kept> {
        let worth = |kept: &Kept| {
            let features = &kept.shown.features;
            let rarest = if features.is_empty() { 4 } else { novelty.rarest(features) };
            1.0 / (1.0 + f64::from(rarest)).sqrt() / (1.0 + f64::from(kept.picked) / 4.0)
        };
        let at = weighted(&self.kept, worth, entropy)?;
        let kept = &mut self.kept[at];
        kept.picked += 1;
        Some(kept)
    }

    /// One of the sequences, where edges lead: one whose edges few cases take, or that was found of late, since it may
    /// be the way to what comes next, or any, by how much of it there is to change.
    pub fn guide(&self, edges: &Edges, entropy: &mut Entropy) -> Option<&Kept> {
        let rarity = |kept: &Kept| 1.0 / (1.0 + f64::from(edges.rarest(&kept.shown.edges).unwrap_or(1)));
        let at = match entropy.below(4) {
            0 => weighted(&self.kept, rarity, entropy),
            1 => (0..self.kept.len()).rev().find(|_| entropy.coin()),
            _ => weighted(&self.kept, |kept| kept.values as f64, entropy),
        };
        self.kept.get(at.or(self.kept.len().checked_sub(1))?)
    }
}

/// The number of one of the sequences, by chance in proportion to what each is worth.
fn weighted(all: &[Kept], worth: impl Fn(&Kept) -> f64, entropy: &mut Entropy) -> Option<usize> {
    const GRAIN: usize = 1 << 20;
    let total: f64 = all.iter().map(&worth).sum();
    let mut left = entropy.below(GRAIN) as f64 / GRAIN as f64 * total;
    let at = all.iter().position(|kept| {
        left -= worth(kept);
        left <= 0.0
    });
    at.or(all.len().checked_sub(1))
}

/// The values in the arguments of the last request.
fn values(requests: &[Request]) -> usize {
    let arguments = requests.last().and_then(|request| request.arguments.as_ref());
    arguments.map_or(1, |arguments| shape::features(arguments, &|_| false).len())
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

/// Bytes that a file takes up.
fn on_disk(text: &[u8]) -> u64 {
    (text.len() as u64).next_multiple_of(BLOCK_BYTES)
}

fn name(text: &[u8]) -> String {
    blake3::hash(text).to_hex()[..NAME_DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(one: u64) -> Shown {
        Shown { features: vec![one], edges: Vec::new() }
    }

    fn request(command: &str) -> Request {
        Request { command: command.to_owned(), arguments: None }
    }

    #[test]
    fn a_corpus_is_read_back_without_what_is_damaged() {
        let out = tempfile::tempdir().unwrap();
        let mut corpus = Corpus::open(out.path(), 1 << 20).unwrap();
        assert!(corpus.keep(vec![request("a"), request("b")], features(1)).unwrap());
        assert!(!corpus.keep(vec![request("a"), request("b")], features(2)).unwrap(), "it is there already");
        assert!(corpus.keep(vec![request("c")], features(3)).unwrap());
        fs::write(out.path().join("torn.requests"), "{\"execute\":\"x").unwrap();
        let again = Corpus::open(out.path(), 1 << 20).unwrap();
        assert_eq!(again.kept.len(), 2);
        let mut kept: Vec<_> = again.kept.iter().map(|kept| kept.requests.len()).collect();
        kept.sort_unstable();
        assert_eq!(kept, [1, 2]);
    }

    #[test]
    fn of_sequences_that_show_the_same_the_shortest_stays() {
        let out = tempfile::tempdir().unwrap();
        let mut corpus = Corpus::open(out.path(), 1 << 20).unwrap();
        let shown = |all: &[u64]| Shown { features: all.to_vec(), edges: Vec::new() };
        corpus.keep(vec![request("a"), request("b"), request("c")], shown(&[1, 2])).unwrap();
        corpus.keep(vec![request("b"), request("c")], shown(&[2, 3])).unwrap();
        corpus.keep(vec![request("a")], shown(&[1])).unwrap();
        corpus.keep(vec![request("d")], Shown::default()).unwrap();
        corpus.minimise().unwrap();
        let left = Corpus::open(out.path(), 1 << 20).unwrap();
        let mut lengths: Vec<_> = left.kept.iter().map(|kept| kept.requests.len()).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, [1, 1, 2], "1 and 2 are shown without the longest, and of one nothing is known");
    }

    #[test]
    fn a_full_corpus_takes_no_more() {
        let out = tempfile::tempdir().unwrap();
        let mut corpus = Corpus::open(out.path(), BLOCK_BYTES).unwrap();
        assert!(corpus.keep(vec![request("a")], Shown::default()).unwrap());
        assert!(!corpus.keep(vec![request("b")], Shown::default()).unwrap());
    }

    #[test]
    fn what_is_picked_often_is_picked_less() {
        let out = tempfile::tempdir().unwrap();
        let mut corpus = Corpus::open(out.path(), 1 << 20).unwrap();
        let novelty = Novelty::default();
        assert!(corpus.pick(&novelty, &mut Entropy::new(0, 0)).is_none());
        for command in ["a", "b", "c", "d"] {
            corpus.keep(vec![request(command)], Shown::default()).unwrap();
        }
        for nth in 0..400 {
            corpus.pick(&novelty, &mut Entropy::new(1, nth)).unwrap();
        }
        assert!(corpus.kept.iter().all(|kept| (60..140).contains(&kept.picked)), "{:?}", corpus.kept);
    }
}
