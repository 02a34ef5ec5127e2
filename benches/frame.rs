//! Hop 4: the input automaton on its own, which does what `qmprobe frame` does with bytes, but for reading and
//! printing them; and a peer's output cut into messages.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_benches::{commands, deep, long_string, malformed, peer};
use qmprobe_wire::automaton::{Automaton, Model};
use qmprobe_wire::{Framer, Limits};
use std::hint::black_box;

/// Bytes of each stream: more than a cache holds, and few enough for many rounds.
const STREAM_BYTES: usize = 8 << 20;
/// Bytes fed at a time, as `qmprobe frame` reads them.
const CHUNK_BYTES: usize = 64 << 10;

fn frame(criterion: &mut Criterion) {
    let streams = [
        ("commands", commands(STREAM_BYTES)),
        ("long-string", long_string(STREAM_BYTES)),
        ("deep", deep(STREAM_BYTES / 16)),
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

/// Replies of a monitor, small ones and the largest, in the pieces that a socket gives.
fn framer(criterion: &mut Criterion) {
    let schema = peer::schema().expect("it comes along");
    let large = peer::introspection(&schema);
    let mut small = Vec::new();
    let mut monitor = peer::monitor(&schema);
    while small.len() < large.len() {
        peer::answer(&mut monitor, b"{\"execute\":\"query-status\",\"id\":17}", &mut small);
    }
    let mut group = criterion.benchmark_group("framer");
    for (name, stream) in [("small-replies", &small), ("large-reply", &large)] {
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), stream, |bencher, stream| {
            bencher.iter(|| messages(stream));
        });
    }
    group.finish();
}

/// How many frames the stream has.
fn messages(stream: &[u8]) -> usize {
    let mut framer = Framer::new(&Limits::default());
    let pieces = stream.chunks(CHUNK_BYTES).map(|chunk| {
        framer.feed(black_box(chunk));
        std::iter::from_fn(|| framer.next_frame()).count()
    });
    pieces.sum()
}

criterion_group! { name = benches; config = qmprobe_benches::paced(); targets = frame, framer }
criterion_main!(benches);
