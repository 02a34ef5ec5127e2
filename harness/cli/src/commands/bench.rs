//! `qmprobe bench`: how long a peer takes, beside another or an earlier self, and one exit code for it.

use super::runtime;
use crate::args::{BenchArgs, PeerArgs};
use crate::exit::Failure;
use crate::peers::{self, Chosen};
use crate::signals::Signals;
use crate::stdout::Stdout;
use qmprobe_engine::Error;
use qmprobe_engine::bench::{self, Baseline, Bench, Options, Record, Side, Wanted};
use qmprobe_report::Outcome;
use qmprobe_report::bench::{document, svg, table};
use qmprobe_target::{Address, Wait};
use qmprobe_wire::{Limits, Value, parse};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Levels of nesting of arguments.
const NESTING_MAX: usize = 64;
/// The budget when none is given.
const BUDGET: f64 = 0.1;

/// Runs the command.
pub fn run(args: &BenchArgs) -> Result<Outcome, Failure> {
    let mut choice = peers::choose(&args.peers, args.allow)?;
    let (Some(peer), true) = (choice.peers.pop(), choice.peers.is_empty()) else {
        return Err(Failure::usage("bench takes one peer; the one to compare it with goes to --baseline"));
    };
    let json_on_stdout = args.json.as_deref() == Some(Path::new("-"));
    let mut page: Box<dyn Write> =
        if json_on_stdout { Box::new(io::stderr()) } else { Box::new(Stdout::new()) };
    if let Some(text) = &choice.announcement {
        writeln!(page, "{text}\n")?;
    }
    let options = options(args, peer)?;
    // A bad path is told before the run.
    let mut json = args.json.as_deref().map(open).transpose()?;
    let mut plot = args.plot.as_deref().map(open).transpose()?;
    let (bench, interrupted) = runtime()?.block_on(async {
        let signals = Signals::listen()?;
        let ended = bench::run(&options, signals.stop.clone()).await;
        Ok::<_, Failure>((ended.map_err(failure)?, signals.outcome()))
    })?;
    let outcome = interrupted.unwrap_or_else(|| of_bench(&bench, args.fail_above.is_some()));
    page.write_all(table(&bench).as_bytes())?;
    page.flush()?;
    if let Some(path) = &args.save {
        bench.record.save(path).map_err(Failure::trouble)?;
    }
    if let Some(out) = &mut json {
        document(&bench, outcome.code(), out)?;
    }
    if let Some(out) = &mut plot {
        out.write_all(svg(&bench).as_bytes())?;
        out.flush()?;
    }
    Ok(outcome)
}

/// What a bench came to. `gate`: slower than the budget counts as a finding.
fn of_bench(bench: &Bench, gate: bool) -> Outcome {
    let measured = bench.record.commands.values().any(|figures| figures.samples > 0);
    let compared = bench.against.as_ref().is_none_or(|against| !against.commands.is_empty());
    if !bench.faults.is_empty() || gate && bench.is_over_budget() {
        Outcome::Findings
    } else if !bench.complete {
        Outcome::Incomplete
    } else if !measured || !compared {
        Outcome::NothingRan
    } else {
        Outcome::Conforming
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::NoBench { .. } => Failure::Usage(error.into()),
        error => Failure::trouble(error),
    }
}

fn options(args: &BenchArgs, peer: Chosen) -> Result<Options, Failure> {
    let commands = args.commands.iter().map(|text| wanted(text)).collect::<Result<_, _>>()?;
    Ok(Options {
        side: side(peer),
        baseline: args.baseline.as_deref().map(|text| baseline(text, args)).transpose()?,
        commands,
        pipeline: args.pipeline,
        samples: args.samples,
        wait: if args.busy_poll { Wait::Spin } else { Wait::Sleep },
        budget: args.fail_above.unwrap_or(BUDGET),
        limits: Limits::default(),
    })
}

fn side(peer: Chosen) -> Side {
    Side { peer: peer.spec, schema: peer.schema, allow: peer.allow }
}

/// `NAME`, or `NAME {"argument": …}`.
fn wanted(text: &str) -> Result<Wanted, Failure> {
    let Some((name, arguments)) = text.split_once([' ', '=']) else {
        return Ok(Wanted { name: text.to_owned(), arguments: None });
    };
    let parsed = parse::parse(arguments.trim().as_bytes(), NESTING_MAX);
    match parsed.value {
        Some(value @ Value::Object(_)) => Ok(Wanted { name: name.to_owned(), arguments: Some(value) }),
        _ => Err(Failure::usage(format!("the arguments of {name} are no JSON object: {arguments}"))),
    }
}

/// A kept bench, or a peer: an address, or a peer flag without its dashes.
fn baseline(text: &str, args: &BenchArgs) -> Result<Baseline, Failure> {
    let path = Path::new(text);
    if path.is_file() {
        let record = Record::load(path).map_err(|error| Failure::Usage(error.into()))?;
        return Ok(Baseline::Kept(Box::new(record)));
    }
    let mut other =
        PeerArgs { protocol: args.peers.protocol, schema: args.peers.schema.clone(), ..PeerArgs::default() };
    other.extra = args.peers.extra.clone();
    other.channel = args.peers.channel;
    let (word, value) = text.strip_prefix("--").unwrap_or(text).split_once('=').unzip();
    let value = value.unwrap_or_default().to_owned();
    match word.unwrap_or(text.strip_prefix("--").unwrap_or(text)) {
        "qemu" => other.qemu.push(value),
        "storage-daemon" => other.storage_daemon.push(value),
        "guest-agent" => other.guest_agent.push(value),
        "spawn" => other.spawn.push(value),
        "reference" => other.reference = true,
        _ => match text.parse::<Address>() {
            Ok(address) => other.connect.push(address),
            Err(_) => {
                return Err(Failure::usage(format!(
                    "--baseline {text}: no such file, and no peer (qemu[=PATH], storage-daemon[=PATH], \
                     guest-agent[=PATH], spawn=COMMAND, reference, unix:PATH, tcp:HOST:PORT)"
                )));
            }
        },
    }
    match peers::choose(&other, args.allow)?.peers.pop() {
        Some(peer) => Ok(Baseline::Peer(side(peer))),
        None => Err(Failure::usage("--baseline names no peer")),
    }
}

/// `10%`, or `10`: a part of the whole.
pub fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>();
    match number {
        Ok(percent) if percent > 0.0 && percent <= 1000.0 => Ok(percent / 100.0),
        _ => Err("a percentage above 0, such as 10%".to_owned()),
    }
}

fn open(path: &Path) -> Result<Box<dyn Write>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(Stdout::new()));
    }
    let shown = PathBuf::from(path);
    let file = File::create(path)
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", shown.display())))?;
    Ok(Box::new(BufWriter::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_may_have_arguments() {
        assert_eq!(wanted("query-name").unwrap(), Wanted { name: "query-name".into(), arguments: None });
        let one = wanted(r#"qom-list {"path": "/"}"#).unwrap();
        assert_eq!((one.name.as_str(), one.arguments.is_some()), ("qom-list", true));
        assert!(wanted("qom-list [1]").is_err() && wanted("qom-list {").is_err());
    }

    #[test]
    fn a_percentage_is_a_part_of_the_whole() {
        assert_eq!((percent("10%"), percent("2.5")), (Ok(0.1), Ok(0.025)));
        for wrong in ["", "x", "0", "-1%", "NaN", "inf"] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }
}
