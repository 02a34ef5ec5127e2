//! Hop 1: what a peer declares becomes a schema, beside what serde_json takes to read the same text into a tree.
//! QAPI source is read where `QMPROBE_BENCH_SOURCE` names a main document (`…/qapi/qapi-schema.json`).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_benches::peer;
use qmprobe_schema::{
    Provenance, SourceFiles, SourceOptions, from_introspection, from_own, from_source, to_own,
};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::{env, io};

fn introspection(criterion: &mut Criterion) {
    let schema = peer::schema().expect("it comes along");
    let reply = String::from_utf8(peer::introspection(&schema)).expect("replies are ASCII");
    let own = to_own(&schema, &Provenance::default());
    let mut group = criterion.benchmark_group("schema_load");
    group.throughput(Throughput::Bytes(reply.len() as u64));
    group.bench_function("introspection", |bencher| {
        bencher.iter(|| from_introspection(black_box(&reply), "reply").expect("it loads"));
    });
    group.bench_function("introspection-serde-value", |bencher| {
        bencher.iter(|| {
            serde_json::from_slice::<serde_json::Value>(black_box(reply.as_bytes())).expect("it is JSON")
        });
    });
    group.throughput(Throughput::Bytes(own.len() as u64));
    group.bench_function("own", |bencher| {
        bencher.iter(|| from_own(black_box(&own), "own").expect("it loads"));
    });
    group.finish();
}

fn source(criterion: &mut Criterion) {
    let Some(main) = env::var_os("QMPROBE_BENCH_SOURCE").map(PathBuf::from) else { return };
    let files = Kept::default();
    let options = SourceOptions::default();
    let loaded = from_source(&main, &files, &options).expect("it loads");
    let bytes: usize = files.0.borrow().values().map(String::len).sum();
    let mut group = criterion.benchmark_group("schema_load");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("source", |bencher| {
        bencher.iter(|| from_source(&main, &files, &options).expect("it loads"));
    });
    let options = SourceOptions { era: Some(loaded.era), ..options };
    group.bench_function("source-of-a-known-era", |bencher| {
        bencher.iter(|| from_source(&main, &files, &options).expect("it loads"));
    });
    group.finish();
}

/// Documents that were read once: the disk is no part of what is measured.
#[derive(Default)]
struct Kept(RefCell<HashMap<PathBuf, String>>);

impl SourceFiles for Kept {
    fn read(&self, path: &Path) -> io::Result<String> {
        if let Some(text) = self.0.borrow().get(path) {
            return Ok(text.clone());
        }
        let text = std::fs::read_to_string(path)?;
        self.0.borrow_mut().insert(path.to_owned(), text.clone());
        Ok(text)
    }
}

criterion_group! { name = benches; config = qmprobe_benches::paced(); targets = introspection, source }
criterion_main!(benches);
