//! `qmprobe schema`: look at a schema, record a peer's, convert one into our own format.

use super::runtime;
use crate::args::{SchemaCommand, SchemaImportArgs, SchemaRecordArgs, SchemaShowArgs};
use crate::exit::Failure;
use crate::peers;
use crate::schemas;
use crate::stdout::Stdout;
use qmprobe_report::Outcome;
use qmprobe_schema::{Provenance, Schema, fingerprint, shipped_names, to_own};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

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
    let Some(name) = &args.schema else {
        for name in shipped_names() {
            writeln!(out, "{name}")?;
        }
        return Ok(out.flush()?);
    };
    let schema = schemas::load(name)?;
    if args.json {
        out.write_all(to_own(&schema, &provenance(name)).as_bytes())?;
    } else {
        overview(&schema, &mut out)?;
    }
    Ok(out.flush()?)
}

fn overview(schema: &Schema, out: &mut impl Write) -> io::Result<()> {
    let (commands, events) = (schema.commands.len(), schema.events.len());
    writeln!(
        out,
        "{commands} commands, {events} events, {} types, {}",
        schema.types.len(),
        fingerprint(schema)
    )?;
    for command in &schema.commands {
        let marks = [
            (command.allow_oob, " oob"),
            (!command.success_response, " no-reply"),
            (command.features.has("deprecated"), " deprecated"),
            (command.features.has("unstable"), " unstable"),
        ];
        let marks: String = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
        writeln!(out, "  {}{marks}", command.name)?;
    }
    for event in &schema.events {
        writeln!(out, "  {} (event)", event.name)?;
    }
    Ok(())
}

fn record(args: &SchemaRecordArgs) -> Result<(), Failure> {
    let peer = peers::choose_one(&args.peers)?
        .ok_or_else(|| Failure::usage("say which peer to ask: --qemu, --connect ADDRESS, …"))?;
    let label = peer.label();
    let schema = runtime()?.block_on(qmprobe_engine::ask_schema(&peer.spec)).map_err(Failure::trouble)?;
    write(args.output.as_deref(), &to_own(&schema, &provenance(&label)))
}

fn import(args: &SchemaImportArgs) -> Result<(), Failure> {
    let schema = schemas::load(&args.schema)?;
    write(args.output.as_deref(), &to_own(&schema, &provenance(&args.schema)))
}

fn provenance(source: &str) -> Provenance {
    Provenance { source: source.to_owned(), ..Provenance::default() }
}

fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = path else {
        let mut out = Stdout::new();
        out.write_all(text.as_bytes())?;
        return Ok(out.flush()?);
    };
    fs::write(path, text).map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))
}
