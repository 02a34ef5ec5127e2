//! `qmprobe replay FINDING`: its case again on fresh peers. One word: FIXED, FAILS n/m, or FLAKY n/m.

use super::runtime;
use crate::args::ReplayArgs;
use crate::exit::Failure;
use crate::peers::{self, Chosen};
use crate::signals::Signals;
use crate::stdout::Stdout;
use qmprobe_engine::Finding;
use qmprobe_engine::replay::{self, Replay};
use qmprobe_report::{Outcome, printable};
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits};
use std::io::Write;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &ReplayArgs) -> Result<Outcome, Failure> {
    let finding = replay::load(&args.finding).map_err(|error| Failure::Usage(error.into()))?;
    let peer = match peers::choose_one(&args.peers)? {
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
    let Replay { fails, tries } = match result {
        Ok(replay) => replay,
        Err(interrupted) => return Ok(interrupted),
    };
    let mut out = Stdout::new();
    let what = format!("{} {}", printable(&finding.rule), printable(&finding.case.name));
    let (word, outcome) = match fails {
        0 => ("FIXED".to_owned(), Outcome::Conforming),
        fails if fails == tries => (format!("FAILS {fails}/{tries}"), Outcome::Findings),
        fails => (format!("FLAKY {fails}/{tries}"), Outcome::Findings),
    };
    writeln!(out, "{word}  {what}")?;
    out.flush()?;
    Ok(outcome)
}

/// A peer of the kind that showed the finding, where that says enough to start one.
fn same_kind(finding: &Finding, args: &ReplayArgs) -> Result<Chosen, Failure> {
    let extra = args.peers.extra.clone();
    // The first word of our own command lines is the program.
    let binary = PathBuf::from(finding.peer.command_line.split(' ').next().unwrap_or_default());
    let spec = match finding.peer.kind.as_str() {
        "qemu" => PeerSpec::Qemu { binary, extra },
        "storage-daemon" => PeerSpec::StorageDaemon { binary, extra },
        "guest-agent" => PeerSpec::GuestAgent { binary, extra },
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
