//! Hop 3: cases out of the schema of QEMU 7.2.

use arbitrary::Unstructured;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_benches::peer;
use qmprobe_generate::value::Values;
use qmprobe_generate::{Entropy, Plan};
use qmprobe_wire::{Dialect, request};
use std::hint::black_box;

/// Cases of one round, spread over the plan.
const CASES: u64 = 1_000;
/// Bytes of entropy that one command may use.
const ENTROPY_BYTES: usize = 256;

fn generate(criterion: &mut Criterion) {
    let schema = peer::schema().expect("it comes along");
    let plan = Plan::new(&schema, Dialect::Qmp, 1);
    let step = plan.len() / CASES;
    let mut group = criterion.benchmark_group("generate");
    group.bench_function("plan", |bencher| bencher.iter(|| Plan::new(black_box(&schema), Dialect::Qmp, 1)));
    group.throughput(Throughput::Elements(CASES));
    group.bench_function("case", |bencher| {
        bencher.iter(|| {
            (0..CASES).filter_map(|nth| plan.case(nth * step)).map(|case| case.bytes()).sum::<usize>()
        });
    });
    let commands: Vec<_> = schema.commands.iter().filter(|command| command.arguments.is_some()).collect();
    let entropy: Vec<Vec<u8>> = (0..commands.len() as u64).map(entropy).collect();
    let values = Values::new(&schema);
    group.throughput(Throughput::Elements(commands.len() as u64));
    group.bench_function("valid-command", |bencher| {
        bencher.iter(|| {
            let made = commands.iter().zip(&entropy).filter_map(|(command, entropy)| {
                let arguments = values.valid(command.arguments?, &mut Unstructured::new(entropy)).ok()?;
                Some(request::execute(&command.name, Some(&arguments), None).len())
            });
            made.sum::<usize>()
        });
    });
    group.finish();
}

fn entropy(seed: u64) -> Vec<u8> {
    let mut entropy = Entropy::new(seed, 0);
    (0..ENTROPY_BYTES).map(|_| entropy.below(256) as u8).collect()
}

criterion_group! { name = benches; config = qmprobe_benches::paced(); targets = generate }
criterion_main!(benches);
