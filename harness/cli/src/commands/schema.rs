//! `qmprobe schema`: look at a schema, record a peer's, convert one into our own format.

use super::runtime;
use crate::args::{ReadingArgs, SchemaCommand, SchemaImportArgs, SchemaRecordArgs, SchemaShowArgs};
use crate::exit::{Failure, complain};
use crate::names::did_you_mean;
use crate::peers::{self, Chosen};
use crate::schemas::{self, Reading};
use crate::stdout::Stdout;
use qmprobe_report::Outcome;
use qmprobe_schema::{Provenance, Schema, inventory, resolved, shipped_names, show, to_own};
use qmprobe_wire::Dialect;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Stands for all symbols at once.
const EVERY_SYMBOL: &str = "all";

/// Runs the command.
pub fn run(command: &SchemaCommand) -> Result<Outcome, Failure> {
    match command {
        SchemaCommand::Show(args) => show(args)?,
        SchemaCommand::Record(args) => record(args)?,
        SchemaCommand::Import(args) => import(args)?,
    }
    Ok(Outcome::Conforming)
}

fn show(args: &SchemaShowArgs) -> Result<(), Failure> {
    let mut out = Stdout::new();
    let Some(schema) = shown(args)? else {
        for name in shipped_names() {
            writeln!(out, "{name}")?;
        }
        return Ok(out.flush()?);
    };
    let text = match &args.command {
        Some(path) => show::show(&schema, path).ok_or_else(|| {
            let hint = did_you_mean(path, show::names(&schema));
            Failure::usage(format!("the schema declares no command, event or type `{path}`{hint}"))
        })?,
        None if args.json => inventory(&schema),
        None if args.tree => show::tree(&schema),
        None => show::overview(&schema),
    };
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// The schema to show: one that is named, or a peer's. `None` when neither is given.
fn shown(args: &SchemaShowArgs) -> Result<Option<Schema>, Failure> {
    let peer = peers::choose_one(&args.peers)?;
    match (args.of.as_deref().or(args.peers.schema.as_deref()), peer) {
        (Some(_), Some(_)) => Err(Failure::usage("show a schema or a peer's, not both")),
        (Some(name), None) => Ok(Some(read(name, &args.reading)?.0)),
        (None, Some(peer)) => Ok(Some(ask(&peer)?.0)),
        (None, None) => Ok(None),
    }
}

/// The schema of that name, read as asked for, and what is to be said of it.
fn read(name: &str, args: &ReadingArgs) -> Result<(Schema, Vec<String>), Failure> {
    let (schema, notes) = schemas::read(name, Reading { era: args.era, scraped: args.scrape })?;
    if args.defines.is_empty() {
        return Ok((schema, notes));
    }
    let is_defined = |symbol: &str| args.defines.iter().any(|one| one == symbol || one == EVERY_SYMBOL);
    Ok((resolved(schema, &is_defined), notes))
}

fn record(args: &SchemaRecordArgs) -> Result<(), Failure> {
    let peer = peers::choose_one(&args.peers)?
        .ok_or_else(|| Failure::usage("say which peer to ask: --qemu, --connect ADDRESS, …"))?;
    let (schema, provenance) = ask(&peer)?;
    write(args.output.as_deref(), &to_own(&schema, &provenance))
}

/// What the peer declares, and how that was learnt.
fn ask(peer: &Chosen) -> Result<(Schema, Provenance), Failure> {
    let told = runtime()?.block_on(qmprobe_engine::ask_schema(&peer.spec)).map_err(Failure::trouble)?;
    let source = match peer.spec.dialect() {
        Dialect::Qmp => "query-qmp-schema",
        Dialect::Qga => "the shipped schema nearest to the agent's version",
    };
    let label = peer.label();
    // A path says where the program was, not what it is.
    let binary = label.rsplit('/').next().unwrap_or(&label).to_owned();
    let version = told.version.map(|version| version.to_string()).unwrap_or_default();
    Ok((told.schema, Provenance { source: source.to_owned(), binary, version }))
}

fn import(args: &SchemaImportArgs) -> Result<(), Failure> {
    let (schema, notes) = read(&args.schema, &args.reading)?;
    for note in notes {
        complain(&note);
    }
    let version = args.reading.era.map(|era| era.to_string()).unwrap_or_default();
    let provenance = Provenance { version, ..provenance(&args.schema) };
    write(args.output.as_deref(), &to_own(&schema, &provenance))
}

/// A path says where the document was, and its last part what it is.
fn provenance(source: &str) -> Provenance {
    let path = Path::new(source);
    let name =
        path.file_name().filter(|_| path.exists()).map_or(source.into(), |name| name.to_string_lossy());
    Provenance { source: name.into_owned(), ..Provenance::default() }
}

fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = path else {
        let mut out = Stdout::new();
        out.write_all(text.as_bytes())?;
        return Ok(out.flush()?);
    };
    fs::write(path, text).map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))
}
