//! The input automaton on its own: what `qmprobe frame` does with bytes, but for reading and printing them.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_benches::{commands, deep, long_string, malformed};
use qmprobe_wire::automaton::{Automaton, Model};
use std::hint::black_box;

/// Bytes of each stream: more than a cache holds, and few enough for many rounds.
const STREAM_BYTES: usize = 8 << 20;
/// Bytes fed at a time, as `qmprobe frame` reads them.
const CHUNK_BYTES: usize = 64 << 10;

fn frame(criterion: &mut Criterion) {
    let streams = [
        ("commands", commands(STREAM_BYTES)),
        ("long-string", long_string(STREAM_BYTES)),
        ("deep", deep(STREAM_BYTES / 2)),
        ("malformed", malformed(STREAM_BYTES)),
    ];
    let mut group = criterion.benchmark_group("frame");
    for (name, stream) in &streams {
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_with_input(BenchmarkId::new("outline", name), stream, |bencher, stream| {
            bencher.iter(|| outcomes(Automaton::outlining(Model::V3_1), stream, Automaton::feed));
        });
        group.bench_with_input(BenchmarkId::new("whole", name), stream, |bencher, stream| {
            bencher.iter(|| outcomes(Automaton::new(Model::V3_1), stream, Automaton::feed));
        });
    }
    group.finish();
}

/// How many outcomes the stream has.
fn outcomes<A, O>(mut automaton: A, stream: &[u8], feed: fn(&mut A, &[u8], &mut Vec<O>)) -> usize {
    let mut outcomes = Vec::new();
    let mut count = 0;
    for chunk in stream.chunks(CHUNK_BYTES) {
        feed(&mut automaton, black_box(chunk), &mut outcomes);
        count += outcomes.len();
        outcomes.clear();
    }
    count
}

criterion_group!(benches, frame);
criterion_main!(benches);
