//! `qmprobe replay FINDING`: its case, or its scenario, again on fresh peers. One word: FIXED, FAILS n/m, or
//! FLAKY n/m.

use super::runtime;
use crate::args::{PeerArgs, Protocol, ReplayArgs};
use crate::exit::Failure;
use crate::peers::{self, Chosen};
use crate::scenario_files;
use crate::signals::Signals;
use crate::stdout::Stdout;
use qmprobe_engine::Finding;
use qmprobe_engine::replay::{self, Replay};
use qmprobe_engine::scenarios::{self, Told};
use qmprobe_report::{Outcome, printable};
use qmprobe_target::{Channel, PeerSpec};
use qmprobe_wire::{Dialect, Limits};
use std::io::Write;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &ReplayArgs) -> Result<Outcome, Failure> {
    if scenario_files::is_scenario(&args.finding) {
        return scenario(args);
    }
    let finding = replay::load(&args.finding).map_err(|error| Failure::Usage(error.into()))?;
    // A finding of one protocol says nothing in the other.
    let protocol = if finding.peer.dialect == Dialect::Qga { Protocol::Qga } else { Protocol::Qmp };
    let peer = match peers::choose_one(&PeerArgs { protocol, ..args.peers.clone() })? {
        Some(peer) => peer,
        None => same_kind(&finding, args)?,
    };
    let limits = Limits::default();
    let result = runtime()?.block_on(async {
        let mut signals = Signals::listen()?;
        let run = replay::run(&finding, &peer.spec, peer.schema.clone(), args.tries, &limits);
        tokio::select! {
            result = run => result.map(Ok).map_err(Failure::trouble),
            _ = signals.stop.changed() => Ok(Err(signals.outcome().unwrap_or(Outcome::Trouble))),
        }
    })?;
    let replay = match result {
        Ok(replay) => replay,
        Err(interrupted) => return Ok(interrupted),
    };
    let what = format!("{} {}", printable(&finding.rule), printable(&finding.case.name));
    say(replay, &what)
}

/// Says what came of it.
fn say(replay: Replay, what: &str) -> Result<Outcome, Failure> {
    let Replay { fails, tries } = replay;
    let mut out = Stdout::new();
    let (word, outcome) = match fails {
        0 => ("FIXED".to_owned(), Outcome::Conforming),
        fails if fails == tries => (format!("FAILS {fails}/{tries}"), Outcome::Findings),
        fails => (format!("FLAKY {fails}/{tries}"), Outcome::Findings),
    };
    writeln!(out, "{word}  {what}")?;
    out.flush()?;
    Ok(outcome)
}

/// Plays a scenario so often, and counts how often it does not hold.
fn scenario(args: &ReplayArgs) -> Result<Outcome, Failure> {
    let entries = scenario_files::load(std::slice::from_ref(&args.finding))?;
    let Some(entry) = entries.into_iter().next() else { return Ok(Outcome::NothingRan) };
    let peer = match peers::choose_one(&args.peers)? {
        Some(peer) => peer,
        None => peer_for(&entry, args)?,
    };
    let options = scenarios::Options {
        peer: peer.spec,
        schema: peer.schema,
        allow: peer.allow,
        waivers: Vec::new(),
        strict: true,
        tries: 1,
        limits: Limits::default(),
        entries: vec![entry.clone(); args.tries as usize],
    };
    let (results, interrupted) = runtime()?.block_on(async {
        let signals = Signals::listen()?;
        let run = scenarios::run(&options, signals.stop.clone(), &mut |_| {}).await;
        Ok::<_, Failure>((run.map_err(Failure::trouble)?, signals.outcome()))
    })?;
    if let Some(interrupted) = interrupted {
        return Ok(interrupted);
    }
    if let Some(Told::Skipped(why)) = results.first().map(|result| &result.told) {
        return Err(Failure::usage(format!("{} cannot be played on this peer: {why}", entry.name)));
    }
    // What another rule says of it is not what the scenario is kept for.
    let rules = &entry.scenario.header.rules;
    let fails = |result: &&scenarios::Result| match &result.told {
        Told::Failed { broken, rules: failed, .. } => {
            broken.is_some() || failed.iter().any(|rule| rules.contains(rule))
        }
        Told::Held | Told::Skipped(_) => false,
    };
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let replay = Replay { fails: count(results.iter().filter(fails).count()), tries: count(results.len()) };
    say(replay, &format!("{} {}", printable(&rules.join(", ")), printable(&entry.name)))
}

/// A peer of the first kind that the scenario is for, or the one that is tested when none is named.
fn peer_for(entry: &scenarios::Entry, args: &ReplayArgs) -> Result<Chosen, Failure> {
    let header = &entry.scenario.header;
    let mut wanted = args.peers.clone();
    match (header.peers.first().map(String::as_str), header.dialect) {
        (Some("storage-daemon"), _) => wanted.storage_daemon.push(String::new()),
        (Some("guest-agent"), _) | (None, Dialect::Qga) => wanted.guest_agent.push(String::new()),
        (Some("reference"), _) => wanted.reference = true,
        (Some("qemu"), _) => wanted.qemu.push(String::new()),
        _ => {}
    }
    let mut choice = peers::choose(&wanted, None)?;
    choice.peers.pop().ok_or_else(|| Failure::usage("say which peer to play it on"))
}

/// The channel that is asked for, else the one that showed the finding.
fn channel_of(finding: &Finding, args: &ReplayArgs) -> Channel {
    let words = || finding.peer.command_line.split(' ');
    let shown = words().zip(words().skip(1)).find(|(option, _)| *option == "-m").map(|(_, method)| method);
    let same = |channel: &Channel| Some(channel.name()) == shown;
    let shown = Channel::ALL.into_iter().find(same).unwrap_or_default();
    args.peers.channel.map_or(shown, peers::channel)
}

/// A peer of the kind that showed the finding, where that says enough to start one.
fn same_kind(finding: &Finding, args: &ReplayArgs) -> Result<Chosen, Failure> {
    let extra = args.peers.extra.clone();
    // The first word of our own command lines is the program.
    let binary = PathBuf::from(finding.peer.command_line.split(' ').next().unwrap_or_default());
    let spec = match finding.peer.kind.as_str() {
        "qemu" => PeerSpec::Qemu { binary, extra },
        "storage-daemon" => PeerSpec::StorageDaemon { binary, extra },
        "guest-agent" => PeerSpec::GuestAgent { binary, extra, channel: channel_of(finding, args) },
        "reference" => PeerSpec::Embedded(peers::reference(finding.peer.dialect, None, Vec::new())?),
        _ => {
            let flag = if finding.peer.dialect == Dialect::Qga { " --protocol qga" } else { "" };
            return Err(Failure::usage(format!(
                "say which peer to replay it on: --connect ADDRESS{flag} or --spawn COMMAND{flag}"
            )));
        }
    };
    peers::own(spec)
}
