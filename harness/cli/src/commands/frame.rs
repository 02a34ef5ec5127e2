//! `qmprobe frame`: what QEMU's parser makes of standard input, one JSON line per outcome, in the order in
//! which a server answers them.

use crate::args::{FrameArgs, ModelArg};
use crate::exit::Failure;
use crate::stdout::Stdout;
use qmprobe_report::Outcome;
use qmprobe_wire::automaton::{self, Automaton, Model, Stage};
use serde_json::json;
use std::io::{self, Read, Write};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Runs the command.
pub fn run(args: &FrameArgs) -> Result<Outcome, Failure> {
    let mut out = Stdout::new();
    predict(io::stdin().lock(), args.model, &mut out)?;
    out.flush()?;
    Ok(Outcome::Conforming)
}

fn predict(mut input: impl Read, model: ModelArg, out: &mut impl Write) -> io::Result<()> {
    let tolerant = model == ModelArg::Tolerant;
    let mut automaton = Automaton::new(if model == ModelArg::V11 { Model::V11 } else { Model::V3_1 });
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut outcomes = Vec::new();
    let mut in_error = false;
    loop {
        let n = input.read(&mut chunk)?;
        if n == 0 {
            break;
        }
        automaton.feed(&chunk[..n], &mut outcomes);
        for outcome in outcomes.drain(..) {
            let error = matches!(outcome, automaton::Outcome::Error { .. });
            // How many errors one defect gives is QEMU's own affair: a run of them counts as one or more.
            if !(tolerant && error && in_error) {
                writeln!(out, "{}", line(&outcome, tolerant))?;
            }
            in_error = error;
        }
    }
    if automaton.pending() {
        writeln!(out, "{}", json!({ "outcome": "pending" }))?;
    }
    Ok(())
}

fn line(outcome: &automaton::Outcome, tolerant: bool) -> serde_json::Value {
    match outcome {
        automaton::Outcome::Value { offset, value } => {
            let mut text = Vec::new();
            value.encode_into(&mut text);
            json!({ "offset": offset, "outcome": "value", "value": String::from_utf8_lossy(&text) })
        }
        automaton::Outcome::Error { offset, .. } if tolerant => {
            json!({ "offset": offset, "outcome": "error", "errors": "one or more" })
        }
        automaton::Outcome::Error { offset, stage, desc } => {
            let stage = match stage {
                Stage::Lexical => "lexical",
                Stage::Syntax => "syntax",
                Stage::Limit => "limit",
            };
            json!({ "offset": offset, "outcome": "error", "stage": stage, "desc": desc })
        }
    }
}
