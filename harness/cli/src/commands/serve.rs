//! `qmprobe serve`: the reference peer on a unix socket, conforming or with bugs, until it is interrupted.

use super::runtime;
use crate::args::ServeArgs;
use crate::exit::Failure;
use crate::names::known_bug;
use crate::peers::{REFERENCE_VERSION, dialect};
use crate::schemas;
use crate::signals::Signals;
use crate::stdout::Stdout;
use qmprobe_reference::{Bug, Config, Corruption, Server, bugs};
use qmprobe_report::Outcome;
use qmprobe_target::Address;
use qmprobe_wire::Dialect;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Runs the command.
pub fn run(args: &ServeArgs) -> Result<Outcome, Failure> {
    let path = match &args.listen {
        _ if args.list_bugs => return list(),
        Some(Address::Unix(path)) => path,
        Some(other) => return Err(Failure::usage(format!("cannot listen on {other}: only on unix:PATH"))),
        None => return Err(Failure::usage("say where to listen: --listen unix:PATH")),
    };
    let bugs: Vec<&'static Bug> = args.bugs.iter().map(|name| known_bug(name)).collect::<Result<_, _>>()?;
    let corruption = args.corrupt.as_deref().map(known_corruption).transpose()?;
    let usual = if corruption.is_some() { Dialect::Qga } else { Dialect::Qmp };
    let shows_in = bugs.first().map_or(usual, |bug| bug.dialect);
    let dialect = args.protocol.map_or(shows_in, dialect);
    let schema = match &args.schema {
        Some(name) => schemas::load(name)?,
        None => schemas::default_for(dialect)?,
    };
    let config =
        Config { schema: Arc::new(schema), dialect, bugs, version: REFERENCE_VERSION, seed: args.seed };
    let server = if args.strict_json { Server::strict(config) } else { Server::new(config) };
    runtime()?.block_on(serve(path, server, corruption))
}

async fn serve(path: &Path, server: Server, corruption: Option<Corruption>) -> Result<Outcome, Failure> {
    let mut signals = Signals::listen()?;
    let served = tokio::select! {
        served = server.listen(path, corruption) => served.map_err(Failure::trouble),
        _ = signals.stop.changed() => Ok(()),
    };
    // Ours since we bound it; somebody else may have removed it already.
    if served.is_ok() {
        let _ = std::fs::remove_file(path);
    }
    served?;
    // Ending a server by a signal is how it ends: no failure.
    Ok(Outcome::Conforming)
}

fn list() -> Result<Outcome, Failure> {
    let mut out = Stdout::new();
    let name = bugs().iter().map(|bug| bug.name.len()).max().unwrap_or_default();
    let rule = bugs().iter().map(|bug| bug.rule.len()).max().unwrap_or_default();
    for bug in bugs() {
        writeln!(out, "{:<name$}  {:<rule$}  {}", bug.name, bug.rule, bug.summary)?;
    }
    writeln!(out)?;
    for (class, title) in Corruption::classes() {
        writeln!(out, "{class:<name$}  {:<rule$}  {title}", "--corrupt")?;
    }
    out.flush()?;
    Ok(Outcome::Conforming)
}

fn known_corruption(text: &str) -> Result<Corruption, Failure> {
    Corruption::parse(text).ok_or_else(|| {
        let classes: Vec<&str> = Corruption::classes().map(|(class, _)| class).collect();
        Failure::usage(format!("`{text}` is no class of corruption: {}", classes.join(", ")))
    })
}
