//! Hops 3 to 6 without a socket: a case is made, a conforming peer answers it, and the answer is framed and judged.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use qmprobe_benches::peer;
use qmprobe_check::judge;
use qmprobe_generate::Plan;
use qmprobe_wire::{Case, Dialect, Step, Transcript};

/// Cases of one round, spread over the plan.
const CASES: u64 = 500;

fn roundtrip(criterion: &mut Criterion) {
    let schema = peer::schema().expect("it comes along");
    let plan = Plan::new(&schema, Dialect::Qmp, 1);
    let step = plan.len() / CASES;
    let mut group = criterion.benchmark_group("roundtrip");
    group.throughput(Throughput::Elements(CASES));
    // `quit` would be the last word.
    let ends = |case: &Case| case.command.as_deref() == Some("quit");
    let mut monitor = peer::monitor(&schema);
    let mut reply = Vec::new();
    group.bench_function("case", |bencher| {
        bencher.iter(|| {
            let cases = (0..CASES).filter_map(|nth| plan.case(nth * step)).filter(|case| !ends(case));
            let verdicts = cases.map(|case| {
                let Some(Step::Send(request)) = case.steps.into_iter().next() else { return 0 };
                reply.clear();
                peer::answer(&mut monitor, &request, &mut reply);
                judge(&schema, &Transcript::of_write(Dialect::Qmp, peer::VERSION, request, &reply)).len()
            });
            verdicts.sum::<usize>()
        });
    });
    group.finish();
}

criterion_group! { name = benches; config = qmprobe_benches::paced(); targets = roundtrip }
criterion_main!(benches);
