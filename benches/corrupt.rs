//! Hop 3 once more: one command corrupted in every affordable way, and streams of such commands.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_benches::peer;
use qmprobe_generate::corruption::{ALL, Command, Weight};
use qmprobe_generate::{Entropy, Streams};
use qmprobe_wire::Dialect;
use std::hint::black_box;

/// Streams of one round.
const STREAMS: u64 = 50;

fn corrupt(criterion: &mut Criterion) {
    let schema = peer::schema().expect("it comes along");
    let command = Command::new("query-status", Some("{}"), "\"\\u00e9\"");
    let mut group = criterion.benchmark_group("corrupt");
    for (name, weight) in [("light", Weight::Light), ("heavy", Weight::Heavy)] {
        let of: Vec<_> = ALL.iter().filter(|corruption| corruption.weight == weight).collect();
        group.throughput(Throughput::Elements(of.len() as u64));
        group.bench_function(name, |bencher| {
            let mut entropy = Entropy::new(1, 0);
            bencher.iter(|| {
                of.iter().map(|one| one.apply(black_box(&command), &mut entropy).len()).sum::<usize>()
            });
        });
    }
    let streams = Streams::new(&schema, Dialect::Qmp, 1).without_heavy();
    group.throughput(Throughput::Elements(STREAMS));
    group.bench_function("stream", |bencher| {
        bencher.iter(|| (0..STREAMS).map(|nth| streams.case(nth).bytes()).sum::<usize>());
    });
    group.finish();
}

criterion_group! { name = benches; config = qmprobe_benches::paced(); targets = corrupt }
criterion_main!(benches);
