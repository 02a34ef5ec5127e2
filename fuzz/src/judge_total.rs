//! Any transcript is judged: without a panic, with a word of every rule that speaks about it, in places that there
//! are, and twice alike.

use crate::{Held, schemas, transcripts};
use arbitrary::Unstructured;
use qmprobe_check::{ALL, Outcome, Verdict, judge};
use qmprobe_wire::Transcript;
use std::collections::BTreeSet;

/// Rules whose own cases are about bytes, not about what they say: other rules say nothing of those.
const OF_BYTES: [&str; 2] = ["stream-predicted", "input-framing"];

/// The target.
///
/// # Errors
/// A rule is silent, points nowhere or changes its mind.
pub fn body(data: &[u8]) -> Held {
    let Ok(transcript) = transcripts::transcript(&mut Unstructured::new(data)) else { return Ok(()) };
    let schema = schemas::recorded(transcript.dialect)?;
    let verdicts = judge(schema, &transcript);
    if told(&verdicts) != told(&judge(schema, &transcript)) {
        return Err("judged once more it is judged otherwise".to_owned());
    }
    every_rule_speaks(&transcript, &verdicts)?;
    verdicts.iter().try_for_each(|verdict| points_somewhere(&transcript, verdict))
}

fn told(verdicts: &[Verdict]) -> Vec<(&str, String)> {
    verdicts.iter().map(|verdict| (verdict.rule.slug, format!("{:?}", verdict.outcome))).collect()
}

fn is_of_bytes(transcript: &Transcript) -> bool {
    transcript.case.aim.as_deref().is_some_and(|aim| OF_BYTES.contains(&aim))
}

fn every_rule_speaks(transcript: &Transcript, verdicts: &[Verdict]) -> Held {
    let spoken: BTreeSet<&str> = verdicts.iter().map(|verdict| verdict.rule.slug).collect();
    let applies = ALL.iter().filter(|rule| {
        rule.terms.dialects.contains(&transcript.dialect) && rule.terms.versions.contains(transcript.version)
    });
    let silent: Vec<&str> = applies.map(|rule| rule.slug).filter(|slug| !spoken.contains(slug)).collect();
    if is_of_bytes(transcript) || silent.is_empty() { Ok(()) } else { Err(format!("no word of {silent:?}")) }
}

fn points_somewhere(transcript: &Transcript, verdict: &Verdict) -> Held {
    let Outcome::Fail(breach) = &verdict.outcome else { return Ok(()) };
    let count = transcript.exchanges.len();
    let somewhere = breach.exchange < count || count == 0 && breach.exchange == 0;
    if somewhere && !breach.class.is_empty() && !breach.actual.is_empty() && !breach.expected.is_empty() {
        return Ok(());
    }
    Err(format!("{} says of {count} exchanges {breach:?}", verdict.rule.slug))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_check::Breach;
    use std::collections::BTreeMap;

    fn some(seed: u64) -> Option<Transcript> {
        let bytes = crate::program::noise(seed, 2_000);
        transcripts::transcript(&mut Unstructured::new(&bytes)).ok()
    }

    #[test]
    fn silence_and_a_breach_that_is_nowhere_are_noticed() {
        let transcript = (0..64).filter_map(some).find(|one| !is_of_bytes(one)).unwrap();
        assert!(every_rule_speaks(&transcript, &[]).is_err());
        let breach = Breach {
            exchange: 99,
            class: "x".into(),
            actual: "x".into(),
            expected: vec!["x".into()],
            ..Breach::default()
        };
        assert!(points_somewhere(&transcript, &Verdict::fail(ALL[0], breach)).is_err());
        assert_eq!(points_somewhere(&transcript, &Verdict::pass(ALL[0])), Ok(()));
    }

    #[test]
    fn most_rules_have_something_to_look_at_and_many_fail() {
        let mut seen: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for transcript in (0..1_500).filter_map(some) {
            let schema = schemas::recorded(transcript.dialect).unwrap();
            for verdict in judge(schema, &transcript) {
                let counts = seen.entry(verdict.rule.slug).or_default();
                counts[0] += usize::from(matches!(verdict.outcome, Outcome::Pass));
                counts[1] += usize::from(matches!(verdict.outcome, Outcome::Fail(_)));
            }
        }
        let looked = seen.values().filter(|counts| counts[0] + counts[1] > 0).count();
        let failed = seen.values().filter(|counts| counts[1] > 0).count();
        assert!(
            looked * 4 > ALL.len() * 3 && failed * 2 > ALL.len(),
            "{looked} and {failed} of {}",
            ALL.len()
        );
    }
}
