//! The program of a target where there is no libFuzzer: replays files, and for some seconds mutants of them. An
//! input that fails is kept in a file.

use crate::Target;
use qmprobe_generate::Entropy;
use std::any::Any;
use std::fs;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Where inputs that fail are kept, as cargo-fuzz does.
const ARTIFACTS: &str = "fuzz/artifacts";
/// Bytes of an input that is not from a file.
const INPUT_MAX: usize = 4096;
/// Bytes, at most, of noise. It is mostly short: a reader that meets one odd byte after another learns nothing new from
/// the thousandth, and takes as long over it as over a hundred mutants.
const NOISE: [usize; 8] = [16, 64, 64, 64, 256, 256, 1024, INPUT_MAX];
/// Seconds after which an input counts as endless.
const SECONDS_MAX: u64 = 60;
const USAGE: &str = "[--seconds N] [--seed N] [FILE|DIRECTORY]...";

/// What the words ask for.
#[derive(Debug, Default, PartialEq)]
struct Wish {
    seconds: u64,
    seed: u64,
    paths: Vec<PathBuf>,
}

/// Replays what the words name, and goes on with mutants of it for as long as they say. 0 where all held, 1 where
/// an input did not, 2 where the words make no sense or a file cannot be read.
pub fn main(target: Target, words: impl Iterator<Item = String>) -> ExitCode {
    let mut out = io::stderr();
    let done = wish(words).and_then(|wish| {
        let corpus = corpus(&wish.paths).map_err(|error| error.to_string())?;
        Ok(run(target, &wish, &corpus))
    });
    // Where nobody reads what is said the code says it all.
    let (text, code) = match done {
        Ok(Ok(ran)) => (ran.to_string(), ExitCode::SUCCESS),
        Ok(Err(failure)) => (failure.kept(target.name), ExitCode::FAILURE),
        Err(why) => (format!("{why}\nusage: {} {USAGE}", target.name), ExitCode::from(2)),
    };
    let _ = writeln!(out, "{}: {text}", target.name);
    code
}

fn wish(mut words: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut wish = Wish::default();
    while let Some(word) = words.next() {
        let mut number =
            || words.next().and_then(|word| word.parse().ok()).ok_or(format!("{word} takes a number"));
        match word.as_str() {
            "--seconds" => wish.seconds = number()?,
            "--seed" => wish.seed = number()?,
            option if option.starts_with('-') => return Err(format!("{option} is no option")),
            path => wish.paths.push(PathBuf::from(path)),
        }
    }
    Ok(wish)
}

/// The files, and those in the directories, in an order that does not depend on the disk.
///
/// # Errors
/// One cannot be read.
pub fn corpus(paths: &[PathBuf]) -> io::Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries: io::Result<Vec<PathBuf>> =
                fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect();
            files.extend(entries?);
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.iter().map(fs::read).collect()
}

/// What a run came to.
#[derive(Debug)]
struct Ran {
    inputs: u64,
    seconds: f64,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ran { inputs, seconds } = self;
        write!(f, "{inputs} inputs held in {seconds:.1} s, {:.0} /s", *inputs as f64 / seconds.max(1e-3))
    }
}

/// An input that does not hold.
#[derive(Debug, PartialEq)]
pub struct Failure {
    /// The input.
    pub input: Vec<u8>,
    /// In what our code does not hold, or that it panicked.
    pub why: String,
}

impl Failure {
    /// Keeps the input in a file, and says why and where.
    fn kept(&self, target: &str) -> String {
        let path = Path::new(ARTIFACTS).join(target).join(name(&self.input));
        let kept =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &self.input));
        match kept {
            Ok(()) => format!("{}\nthe input is {}", self.why, path.display()),
            Err(error) => format!("{}\nthe input cannot be kept in {}: {error}", self.why, path.display()),
        }
    }
}

/// The name of an input, which follows from its content.
pub fn name(input: &[u8]) -> String {
    blake3::hash(input).to_hex()[..16].to_owned()
}

fn run(target: Target, wish: &Wish, corpus: &[Vec<u8>]) -> Result<Ran, Failure> {
    let execution = Execution::of(target);
    let began = Instant::now();
    let until = began + Duration::from_secs(wish.seconds);
    let mut inputs = 0;
    for input in corpus {
        execution.hold(input)?;
        inputs += 1;
    }
    for index in 0.. {
        if Instant::now() >= until {
            break;
        }
        let input = seeded(corpus, wish.seed, index);
        execution.hold(&input)?;
        inputs += 1;
    }
    Ok(Ran { inputs, seconds: began.elapsed().as_secs_f64() })
}

/// A target at work, under the eye of a thread that ends the process when an input takes too long.
#[derive(Debug)]
pub struct Execution {
    target: Target,
    watch: Watch,
}

impl Execution {
    /// Of this target.
    pub fn of(target: Target) -> Execution {
        Execution { target, watch: Watch::start(target.name) }
    }

    /// One input through the target.
    ///
    /// # Errors
    /// It does not hold; a panic is a failure too.
    pub fn hold(&self, input: &[u8]) -> Result<(), Failure> {
        let failed = |why: String| Failure { input: input.to_vec(), why };
        let caught =
            self.watch.during(input, || catch_unwind(AssertUnwindSafe(|| (self.target.body)(input))));
        match caught {
            Ok(held) => held.map_err(failed),
            Err(panic) => Err(failed(format!("it panicked: {}", message(&*panic)))),
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// An input that is being tried, since when.
type Current = Arc<Mutex<Option<(Instant, Vec<u8>)>>>;

/// Ends the process when an input takes too long.
#[derive(Debug)]
struct Watch {
    current: Current,
}

impl Watch {
    fn start(target: &'static str) -> Watch {
        let current = Current::default();
        let watched = Arc::downgrade(&current);
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_secs(1));
                let Some(watched) = watched.upgrade() else { return };
                let held = watched.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((since, input)) = &*held else { continue };
                if since.elapsed().as_secs() >= SECONDS_MAX {
                    let why = format!("it goes on for {SECONDS_MAX} seconds");
                    let text = Failure { input: input.clone(), why }.kept(target);
                    let _ = writeln!(io::stderr(), "{target}: {text}");
                    std::process::abort();
                }
            }
        });
        Watch { current }
    }

    fn during<T>(&self, input: &[u8], does: impl FnOnce() -> T) -> T {
        let set = |to| *self.current.lock().unwrap_or_else(PoisonError::into_inner) = to;
        set(Some((Instant::now(), input.to_vec())));
        let done = does();
        set(None);
        done
    }
}

/// An input that follows from the seed and the index: mostly a mutant of one of the corpus.
pub fn seeded(corpus: &[Vec<u8>], seed: u64, index: u64) -> Vec<u8> {
    let mut entropy = Entropy::new(seed, index);
    if corpus.is_empty() || entropy.once_in(16) {
        let most = entropy.pick(&NOISE);
        let length = entropy.below(most);
        return random(&mut entropy, length);
    }
    let mut input = corpus[entropy.below(corpus.len())].clone();
    for _ in 0..1 + entropy.below(4) {
        mutate(&mut input, corpus, &mut entropy);
    }
    input
}

/// Bytes that look random, always the same for a seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    random(&mut Entropy::new(seed, 0), length)
}

fn random(entropy: &mut Entropy, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    entropy.fill(&mut bytes);
    bytes
}

/// One accident: to a bit, a byte or a stretch, which may come from another input.
fn mutate(input: &mut Vec<u8>, corpus: &[Vec<u8>], entropy: &mut Entropy) {
    let at = entropy.below(input.len() + 1);
    let end = (at + 1 + entropy.below(32)).min(input.len());
    match entropy.below(8) {
        0 if at < input.len() => input[at] ^= 1 << entropy.below(8),
        1 if at < input.len() => input[at] = entropy.below(256) as u8,
        2 => drop(input.drain(at..end)),
        3 => {
            let again = input[at..end].to_vec();
            drop(input.splice(at..at, again));
        }
        4 => input.truncate(at),
        5 => {
            let fresh = random(entropy, 1 + end - at);
            drop(input.splice(at..at, fresh));
        }
        _ => {
            let other = &corpus[entropy.below(corpus.len())];
            let from = entropy.below(other.len() + 1);
            let to = (from + 1 + entropy.below(64)).min(other.len());
            let until = if entropy.coin() { at } else { end };
            drop(input.splice(at..until, other[from..to].iter().copied()));
        }
    }
    input.truncate(INPUT_MAX.max(corpus.iter().map(Vec::len).max().unwrap_or_default()));
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: Target = Target {
        name: "even",
        body: |data| if data.len() % 2 == 0 { Ok(()) } else { Err("odd".to_owned()) },
    };
    const PANICS: Target = Target { name: "panics", body: |_| panic!("a word") };

    #[test]
    fn an_input_that_fails_or_panics_is_told() {
        let hold = |target, input: &[u8]| Execution::of(target).hold(input);
        assert_eq!(hold(EVEN, b"ab"), Ok(()));
        assert_eq!(hold(EVEN, b"a"), Err(Failure { input: b"a".to_vec(), why: "odd".to_owned() }));
        assert_eq!(hold(PANICS, b"").unwrap_err().why, "it panicked: a word");
        let wish = Wish { seconds: 5, ..Wish::default() };
        assert!(run(EVEN, &wish, &[b"ab".to_vec()]).is_err(), "some mutant is odd");
        assert_eq!(run(EVEN, &Wish::default(), &[b"ab".to_vec()]).unwrap().inputs, 1);
    }

    #[test]
    fn a_mutant_follows_from_its_seed_and_index() {
        let corpus = [b"{\"execute\":\"query-name\"}".to_vec(), Vec::new(), vec![0xFF; 9000]];
        let mutants: Vec<Vec<u8>> = (0..500).map(|index| seeded(&corpus, 1, index)).collect();
        assert_eq!(mutants, (0..500).map(|index| seeded(&corpus, 1, index)).collect::<Vec<_>>());
        assert!(mutants.iter().all(|mutant| mutant.len() <= 9000));
        let distinct: std::collections::HashSet<_> = mutants.iter().collect();
        assert!(distinct.len() > 400);
    }

    #[test]
    fn words_that_make_no_sense_are_refused() {
        let words = |text: &str| wish(text.split_whitespace().map(str::to_owned));
        let wished = Wish { seconds: 2, seed: 7, paths: vec!["a".into(), "b".into()] };
        assert_eq!(words("a --seconds 2 --seed 7 b"), Ok(wished));
        for text in ["--seconds", "--seconds x", "--second 1"] {
            assert!(words(text).is_err(), "{text}");
        }
    }
}
