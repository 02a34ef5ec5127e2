//! The statistics on made-up latencies, whose truth is known.

use super::*;

/// Latencies around `ns`: a body, a tail of 2 %, and a whole sitting that is off by up to `drift`.
fn made(random: &mut Random, sittings: usize, samples: usize, ns: f64, drift: f64) -> Vec<Sitting> {
    let mut uniform = |random: &mut Random| (random.next() >> 11) as f64 / (1u64 << 53) as f64;
    let sitting = |random: &mut Random, uniform: &mut dyn FnMut(&mut Random) -> f64| {
        let level = ns * (1.0 + drift * (2.0 * uniform(random) - 1.0));
        let mut all: Vec<u64> = (0..samples)
            .map(|_| {
                let body = level * (1.0 + 0.1 * (uniform(random) + uniform(random) - 1.0));
                let tail = if uniform(random) < 0.02 { 2.0 + uniform(random) } else { 1.0 };
                (body * tail) as u64
            })
            .collect();
        all.sort_unstable();
        Sitting(all.into_iter().map(|ns| (ns, 1)).collect())
    };
    (0..sittings).map(|_| sitting(random, &mut uniform)).collect()
}

/// How often, of `runs`, a comparison comes to each word.
fn words(pairing: Pairing, factor: f64, quantile: f64, runs: usize) -> [usize; 4] {
    let mut random = Random(7);
    let mut counts = [0; 4];
    for _ in 0..runs {
        let base = made(&mut random, 10, 200, 200_000.0, 0.03);
        let new = made(&mut random, 10, 200, 200_000.0 * factor, 0.03);
        let word = Budget::new(0.1, pairing).word(compare(&base, &new, pairing, quantile));
        counts[word as usize] += 1;
    }
    counts
}

#[test]
fn the_same_peer_twice_is_never_called_slower_or_faster() {
    let [faster, same, _, slower] = words(Pairing::Paired, 1.0, 0.5, 60);
    assert_eq!((faster, slower), (0, 0));
    assert!(same >= 57, "{same} of 60");
    let [faster, _, _, slower] = words(Pairing::Paired, 1.0, 0.99, 60);
    assert!(faster + slower <= 1);
}

#[test]
fn fifteen_per_cent_more_is_slower_and_less_is_faster() {
    assert!(words(Pairing::Paired, 1.15, 0.5, 40)[Word::Slower as usize] >= 39);
    assert!(words(Pairing::Paired, 1.0 / 1.15, 0.5, 40)[Word::Faster as usize] >= 39);
    assert!(words(Pairing::Apart, 1.2, 0.5, 40)[Word::Slower as usize] >= 38);
}

#[test]
fn a_noisy_tail_gives_no_decision() {
    let mut random = Random(3);
    let base = made(&mut random, 10, 30, 1000.0, 0.4);
    let new = made(&mut random, 10, 30, 1000.0, 0.4);
    let interval = compare(&base, &new, Pairing::Paired, 0.99);
    assert_eq!(Budget::new(0.1, Pairing::Paired).word(interval), Word::NoDecision);
}

#[test]
fn the_interval_holds_the_ratio_and_few_sittings_give_none() {
    let mut random = Random(5);
    let base = made(&mut random, 8, 100, 1000.0, 0.02);
    let new = made(&mut random, 8, 100, 1500.0, 0.02);
    let Interval { low, ratio, high } = compare(&base, &new, Pairing::Apart, 0.5).unwrap();
    assert!(low <= ratio && ratio <= high && (1.4..1.6).contains(&ratio), "{low} {ratio} {high}");
    assert_eq!(compare(&base[..3], &new[..3], Pairing::Paired, 0.5), None);
    assert_eq!(compare(&[], &new, Pairing::Apart, 0.5), None);
}

#[test]
fn a_disturbance_of_both_sides_cancels_only_in_turns() {
    let mut random = Random(11);
    let levels = [1.0, 1.6, 1.0, 1.7, 1.0, 1.5, 1.0, 1.6, 1.0, 1.6];
    let side = |random: &mut Random| -> Vec<Sitting> {
        levels.iter().flat_map(|level| made(random, 1, 100, 1000.0 * level, 0.0)).collect()
    };
    let (base, new) = (side(&mut random), side(&mut random));
    let width = |pairing| compare(&base, &new, pairing, 0.9).map(|one| one.high - one.low).unwrap();
    assert!(width(Pairing::Paired) < width(Pairing::Apart) / 2.0);
}

#[test]
fn the_word_follows_the_interval() {
    let budget = Budget::new(0.1, Pairing::Paired);
    let word = |low, high| budget.word(Some(Interval { low, ratio: 1.0, high }));
    assert_eq!(word(1.06, 3.0), Word::Slower);
    assert_eq!(word(1.01, 1.09), Word::Same);
    assert_eq!(word(0.95, 1.2), Word::NoDecision);
    assert_eq!(word(0.5, 0.9), Word::Faster);
    assert_eq!(budget.word(None), Word::NoDecision);
    let spent = |low, ratio| budget.is_spent(Some(Interval { low, ratio, high: 2.0 }));
    assert!(spent(1.06, 1.1) && !spent(1.06, 1.08) && !spent(1.04, 1.2));
}

#[test]
fn students_quantiles_are_those_of_the_tables() {
    for (freedom, known) in [(4.0, 4.604), (9.0, 3.250), (19.0, 2.861)] {
        assert!((student(freedom) - known).abs() < 0.06, "{freedom}: {}", student(freedom));
    }
}

#[test]
fn any_counts_are_taken_without_overflow() {
    let huge = vec![Sitting(vec![(1, u64::MAX), (u64::MAX, u64::MAX)]); 5];
    assert!(compare(&huge, &huge, Pairing::Paired, 0.5).is_some());
    let zero = vec![Sitting(vec![(0, 9)]); 5];
    assert_eq!(compare(&zero, &zero, Pairing::Paired, 0.5), None);
}

#[test]
fn what_the_machine_explains_is_not_the_peers() {
    let interval = |low, ratio, high| Interval { low, ratio, high };
    let budget = Budget::new(0.1, Pairing::Apart);
    let (seen, slow, steady) =
        (interval(1.18, 1.2, 1.22), interval(1.1, 1.2, 1.3), interval(0.99, 1.0, 1.01));
    assert_eq!(budget.word(seen.less(Some(slow))), Word::NoDecision);
    assert_eq!(budget.word(seen.less(Some(steady))), Word::Slower);
    assert_eq!(budget.word(seen.less(None)), Word::NoDecision);
}
