//! A bench as JSON. Part of the command line's contract: members may be added, never renamed.

use qmprobe_engine::bench::{Against, Bench, Comparison, Fault, Record};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct Document<'a> {
    complete: bool,
    exit: u8,
    budget: f64,
    #[serde(flatten)]
    record: Record,
    baseline: Option<Baseline<'a>>,
    notes: &'a [String],
    findings: &'a [Fault],
}

#[derive(Serialize)]
struct Baseline<'a> {
    in_turns: bool,
    measured: Record,
    verdicts: &'a BTreeMap<String, Comparison>,
}

/// Writes the document; `exit` is the code that the process ends with.
///
/// # Errors
/// When it cannot be written.
pub fn document(bench: &Bench, exit: u8, mut out: impl Write) -> io::Result<()> {
    let of = |against: &'_ Against| against.record.summary();
    let document = Document {
        complete: bench.complete,
        exit,
        budget: bench.budget,
        record: bench.record.summary(),
        baseline: bench.against.as_ref().map(|against| Baseline {
            in_turns: against.in_turns,
            measured: of(against),
            verdicts: &against.commands,
        }),
        notes: &bench.notes,
        findings: &bench.faults,
    };
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}
