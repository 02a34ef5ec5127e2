//! Hops 5 and 6: replies framed and judged, small ones by the command and the largest by the byte; beside what
//! serde_json takes to pass over the same bytes.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_benches::peer;
use qmprobe_check::judge;
use qmprobe_wire::{Dialect, Transcript};
use serde::de::IgnoredAny;
use std::hint::black_box;

fn verdicts(criterion: &mut Criterion) {
    let declared = peer::schema().expect("it comes along");
    let schema = peer::told_schema().expect("it tells what it is");
    let mut group = criterion.benchmark_group("judge");
    for (name, request) in [
        ("query-status", "{\"execute\":\"query-status\",\"id\":1}\n"),
        ("refused", "{\"execute\":\"device_del\",\"arguments\":{\"id\":1},\"id\":2}\n"),
        ("query-qmp-schema", "{\"execute\":\"query-qmp-schema\",\"id\":3}\n"),
    ] {
        let mut reply = Vec::new();
        peer::answer(&mut peer::monitor(&declared), request.as_bytes(), &mut reply);
        let record = |reply: &[u8]| Transcript::of_write(Dialect::Qmp, peer::VERSION, request.into(), reply);
        group.throughput(Throughput::Bytes(reply.len() as u64));
        let transcript = record(&reply);
        group.bench_function(format!("{name}-judged"), |bencher| {
            bencher.iter(|| judge(&schema, black_box(&transcript)));
        });
        group.bench_function(format!("{name}-framed-and-judged"), |bencher| {
            bencher.iter(|| judge(&schema, &record(black_box(&reply))));
        });
        group.bench_function(format!("{name}-serde-ignored"), |bencher| {
            bencher.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(&reply)).expect("it is JSON"));
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = qmprobe_benches::paced(); targets = verdicts }
criterion_main!(benches);
