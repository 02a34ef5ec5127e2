//! `qmprobe frame`: what QEMU's parser makes of standard input, one JSON line per outcome, in the order in
//! which a server answers them.

use crate::args::{FrameArgs, ModelArg};
use crate::exit::Failure;
use crate::stdout::Stdout;
use qmprobe_report::Outcome;
use qmprobe_wire::automaton::{self, Automaton, Model, Stage};
use std::io::{self, Read, Write};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Runs the command.
pub fn run(args: &FrameArgs) -> Result<Outcome, Failure> {
    let mut out = Stdout::new();
    predict(io::stdin().lock(), model(args.model), &mut out)?;
    out.flush()?;
    Ok(Outcome::Conforming)
}

fn model(arg: ModelArg) -> Model {
    match arg {
        ModelArg::V3_1 => Model::V3_1,
        ModelArg::V11 => Model::V11,
        ModelArg::Tolerant => Model::Tolerant,
    }
}

fn predict(mut input: impl Read, model: Model, out: &mut impl Write) -> io::Result<()> {
    let mut automaton = Automaton::outlining(model);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut outcomes = Vec::new();
    loop {
        let n = match input.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        automaton.feed(&chunk[..n], &mut outcomes);
        for outcome in outcomes.drain(..) {
            write_line(&outcome, out)?;
        }
    }
}

fn write_line(outcome: &automaton::Outcome<bool>, out: &mut impl Write) -> io::Result<()> {
    match outcome {
        automaton::Outcome::Value { offset, value: object } => {
            writeln!(out, r#"{{"outcome":"value","offset":{offset},"object":{object}}}"#)
        }
        automaton::Outcome::Error { offset, stage, desc } => {
            let stage = match stage {
                Stage::Lexical => "lexical",
                Stage::Syntax => "syntax",
                Stage::Limit => "limit",
            };
            write!(out, r#"{{"outcome":"error","stage":"{stage}","offset":{offset},"desc":"#)?;
            serde_json::to_writer(&mut *out, &desc.to_string())?;
            writeln!(out, "}}")
        }
    }
}
