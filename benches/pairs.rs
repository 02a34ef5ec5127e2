//! Our readers beside serde_json's, in rounds that take turns: a machine's moods hit both of a pair. Prints a line for
//! each comparison: its name and the quartiles of the ratios, or of the pace. `cargo bench --bench pairs -- ROUNDS
//! [FUZZ TARGET]`, of which only that is compared.

use arbitrary::Unstructured;
use qmprobe_benches::peer;
use qmprobe_check::judge;
use qmprobe_fuzz::program::{self, Execution};
use qmprobe_fuzz::{ALL, Target};
use qmprobe_generate::Entropy;
use qmprobe_generate::value::Values;
use qmprobe_schema::{Era, SourceFiles, SourceOptions, from_introspection, from_source};
use qmprobe_wire::{Dialect, Transcript, request};
use serde::de::IgnoredAny;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where the inputs of fuzz targets are kept.
const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpora/fuzz");
/// Rounds when none are given.
const ROUNDS: usize = 15;
/// What each side of a round repeats.
const REPEATS: u32 = 20;
/// The fuzz targets of ours that parse an input as it is.
const PARSING: [&str; 4] = [JSON, "frame_split", "schema_load", "scenario_roundtrip"];
/// The one whose inputs are JSON, more or less.
const JSON: &str = "frame_vs_serde";
/// What each of them is beside, with the same inputs where they are JSON, else with JSON of their length.
const SERDE: Target = Target {
    name: "serde_json",
    body: |input| black_box(serde_json::from_slice::<serde_json::Value>(input)).map_or(Ok(()), |_| Ok(())),
};
/// Inputs that a fuzz target is given in one go.
const INPUTS: u64 = 500;
/// Bytes of entropy that one command may use.
const ENTROPY_BYTES: usize = 256;

fn main() {
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(ROUNDS);
    match std::env::args().find(|word| PARSING.contains(&word.as_str())) {
        Some(target) => targets(rounds, |name| name == target),
        None => {
            readers(rounds);
            targets(rounds, |_| true);
        }
    }
}

/// What reads a monitor's replies, its schema, and what makes commands of that.
fn readers(rounds: usize) {
    let declared = peer::schema().expect("it comes along");
    let schema = peer::told_schema().expect("it tells what it is");
    let request = "{\"execute\":\"query-qmp-schema\",\"id\":3}\n";
    let mut reply = Vec::new();
    peer::answer(&mut peer::monitor(&declared), request.as_bytes(), &mut reply);
    let text = String::from_utf8(reply.clone()).expect("replies are ASCII");

    let judged = || {
        let transcript = Transcript::of_write(Dialect::Qmp, peer::VERSION, request.into(), black_box(&reply));
        black_box(judge(&schema, &transcript));
    };
    let passed_over = || {
        black_box(serde_json::from_slice::<IgnoredAny>(black_box(&reply)).expect("it is JSON"));
    };
    // Of paces, so the other way round.
    tell("judge", pairs(rounds, &passed_over, &judged));

    let loaded = || {
        black_box(from_introspection(black_box(&text), "reply").expect("it loads"));
    };
    let read = || {
        black_box(serde_json::from_slice::<serde_json::Value>(black_box(&reply)).expect("it is JSON"));
    };
    tell("load", pairs(rounds, &loaded, &read));

    if let Some(main) = std::env::var_os("QMPROBE_BENCH_SOURCE").map(PathBuf::from) {
        let options = SourceOptions { era: Some(Era { major: 7, minor: 2 }), ..SourceOptions::default() };
        let source = || {
            black_box(from_source(&main, &Disk, &options).expect("it is source of 7.2"));
        };
        let each = 1e9 / f64::from(REPEATS);
        tell("source", (0..rounds).map(|_| time(&source).as_secs_f64() * each).collect());
    }

    let commands: Vec<_> =
        schema.commands.iter().filter_map(|one| Some((&one.name, one.arguments?))).collect();
    let entropy: Vec<Vec<u8>> = (0..commands.len() as u64).map(entropy).collect();
    let values = Values::new(&schema);
    let generated = || {
        for ((name, arguments), entropy) in commands.iter().zip(&entropy) {
            let made = values.valid(*arguments, &mut Unstructured::new(entropy));
            black_box(made.map(|arguments| request::execute(name, Some(&arguments), None)).ok());
        }
    };
    let made = f64::from(REPEATS) * commands.len() as f64;
    tell("commands", (0..rounds).map(|_| made / time(&generated).as_secs_f64()).collect());
}

/// Fuzz targets, by executions a second: again the other way round.
fn targets(rounds: usize, is_wanted: impl Fn(&str) -> bool) {
    let declared = peer::schema().expect("it comes along");
    let mut reply = Vec::new();
    peer::answer(&mut peer::monitor(&declared), b"{\"execute\":\"query-qmp-schema\"}", &mut reply);
    for target in ALL.iter().filter(|target| PARSING.contains(&target.name) && is_wanted(target.name)) {
        let seeds = program::corpus(&[Path::new(CORPORA).join(target.name)]).expect("it comes along");
        let beside = match target.name {
            JSON => seeds.clone(),
            _ => seeds.iter().map(|seed| alike(&reply, seed.len())).collect(),
        };
        tell(target.name, pairs(rounds, &executed(SERDE, beside), &executed(*target, seeds)));
    }
}

/// JSON of this length, of what a reply says: what serde_json has to read of another notation's text it would leave
/// at the first byte.
fn alike(reply: &[u8], length: usize) -> Vec<u8> {
    let told: serde_json::Value = serde_json::from_slice(reply).expect("it is JSON");
    let mut text = b"[".to_vec();
    let definitions = told["return"].as_array().expect("a list of definitions");
    // Whole definitions first, and in what room they leave the names alone.
    for one in definitions.iter().chain(definitions.iter().map(|one| &one["name"])) {
        let one = one.to_string();
        if text.len() + one.len() + 4 > length {
            continue;
        }
        text.extend_from_slice(one.as_bytes());
        text.push(b',');
    }
    match length.checked_sub(text.len() + 3) {
        Some(rest) => text.extend([b"\"".as_slice(), &vec![b'x'; rest], b"\"]"].concat()),
        None => text = vec![b'1'; length],
    }
    text
}

/// Inputs made of some, and executed, as a target's program does.
fn executed(target: Target, seeds: Vec<Vec<u8>>) -> impl Fn() {
    let execution = Execution::of(target);
    move || {
        for index in 0..INPUTS {
            execution.hold(&program::seeded(&seeds, 0, index)).expect("it holds");
        }
    }
}

/// Files where they are: QEMU's own parser reads them each time as well.
struct Disk;

impl SourceFiles for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }
}

fn time(work: &dyn Fn()) -> Duration {
    let began = Instant::now();
    for _ in 0..REPEATS {
        work();
    }
    began.elapsed()
}

/// What one takes of the time of the other; who goes first alternates.
fn pairs(rounds: usize, one: &dyn Fn(), other: &dyn Fn()) -> Vec<f64> {
    let pair = |round: usize| {
        let (one, other) = if round.is_multiple_of(2) {
            (time(one), time(other))
        } else {
            let other = time(other);
            (time(one), other)
        };
        one.as_secs_f64() / other.as_secs_f64()
    };
    (0..rounds).map(pair).collect()
}

fn tell(name: &str, mut found: Vec<f64>) {
    found.sort_by(f64::total_cmp);
    let at = |part: usize| found.get(found.len() * part / 4).copied().unwrap_or_default();
    // Whoever does not read them has no use for them.
    let _ = writeln!(io::stdout(), "{name} {} {} {}", at(1), at(2), at(3));
}

fn entropy(seed: u64) -> Vec<u8> {
    let mut entropy = Entropy::new(seed, 0);
    (0..ENTROPY_BYTES).map(|_| entropy.below(256) as u8).collect()
}
