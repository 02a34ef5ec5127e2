//! Hop 7: the two events of a case into the journal, the first of which is with the system before it returns; and
//! a journal read back.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_engine::Event;
use qmprobe_engine::journal::{FILE, Journal, read_journal};
use qmprobe_wire::CaseId;

/// Cases of one round.
const CASES: u64 = 1_000;

fn journal(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let write = || {
        let mut journal = Journal::create(dir.path()).expect("a journal");
        for event in (0..CASES).flat_map(events) {
            journal.append(&event).expect("it is written");
        }
    };
    let mut group = criterion.benchmark_group("journal");
    group.throughput(Throughput::Elements(CASES));
    group.bench_function("write", |bencher| bencher.iter(write));
    write();
    let path = dir.path().join(FILE);
    group.bench_function("read", |bencher| bencher.iter(|| read_journal(&path).expect("it is whole")));
    group.finish();
}

/// As a campaign writes them.
fn events(index: u64) -> [Event; 2] {
    let id = CaseId { seed: 1, index };
    let command = Some("block_set_io_throttle".to_owned());
    let passed =
        ["one-reply", "reply-id-echo", "reply-shape", "error-shape", "error-class", "output-framing"];
    let name = format!("block_set_io_throttle: 'bps_max_length' is beyond its range ({index})");
    [
        Event::CaseBegan { id, name, command: command.clone() },
        Event::CaseEnded {
            id,
            command,
            passed: passed.map(str::to_owned).to_vec(),
            failed: Vec::new(),
            took_us: 120,
        },
    ]
}

criterion_group! { name = benches; config = qmprobe_benches::paced(); targets = journal }
criterion_main!(benches);
