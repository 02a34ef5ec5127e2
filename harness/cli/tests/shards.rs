//! A campaign in shards: together they are the campaign, in whatever order they are put together.
#![allow(clippy::expect_used, reason = "a test")]

mod campaigns;

use campaigns::{Over, bug_of, fuzz, never, options};
use qmprobe_engine::error::Error;
use qmprobe_engine::event::{Event, Round, Summary};
use qmprobe_engine::fuzz::Options;
use qmprobe_engine::fuzz::shard::Shard;
use qmprobe_engine::journal::read_journal;
use qmprobe_engine::merge::{Merged, merge};
use qmprobe_wire::Dialect;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose bug the peer has: one that does not depend on what was asked before.
const RULE: &str = "arguments-unknown";
/// Cases of the whole: so few that no rule has more findings than are reported of one.
const CASES: u64 = 240;

/// What each block of the systematic part showed: how often each signature failed in it.
fn shown<'r>(rounds: impl Iterator<Item = &'r Round>) -> BTreeMap<u64, BTreeMap<String, u64>> {
    rounds.filter_map(|round| Some((round.block?, round.signatures.clone()))).collect()
}

fn rounds(events: &[Event]) -> impl Iterator<Item = &Round> {
    events.iter().filter_map(|event| if let Event::RoundEnded(round) = event { Some(round) } else { None })
}

fn summary(events: &[Event]) -> &Summary {
    let Some(Event::RunFinished(summary)) = events.last() else { panic!("it ended") };
    summary
}

/// The figures that a campaign comes to. Which event this peer sends next depends on how many it has sent, in all
/// rounds, and with that whether it is one whose rate is limited.
fn figures(summary: &Summary) -> (u64, BTreeMap<String, (u64, u64)>, bool) {
    let mut rules = summary.rules.clone();
    rules.remove("event-rate");
    (summary.judged, rules, summary.complete)
}

fn signatures(events: &[Event]) -> BTreeMap<&str, u64> {
    let counted = events.iter().filter_map(|event| match event {
        Event::FindingCounted { signature, occurrences } => Some((signature.as_str(), *occurrences)),
        _ => None,
    });
    counted.collect()
}

fn part(shard: Shard, out: &Path, change: impl Fn(&mut Options)) -> Over {
    let mut asked = options((Dialect::Qmp, Some(bug_of(RULE))), CASES, out);
    asked.shard = shard;
    change(&mut asked);
    fuzz(asked, &never)
}

fn systematic(asked: &mut Options) {
    asked.only_systematic = true;
}

fn put_together(dirs: &[&PathBuf], out: &Path) -> Merged {
    let dirs: Vec<PathBuf> = dirs.iter().map(|dir| (*dir).clone()).collect();
    merge(&dirs, out).expect("they are of one campaign")
}

fn files(out: &Path, folder: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(out.join(folder)).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.path().is_dir() {
            true => names.extend(files(out, &format!("{folder}/{name}"))),
            false => drop(names.insert(name)),
        }
    }
    names
}

#[test]
fn the_union_of_the_shards_is_the_campaign_in_any_order_and_however_often() {
    let place = tempfile::tempdir().expect("a directory");
    let whole = part(Shard::WHOLE, &place.path().join("whole"), systematic);
    let dirs: Vec<PathBuf> = (1..=4).map(|number| place.path().join(format!("shard-{number}"))).collect();
    for (dir, number) in dirs.iter().zip(1..) {
        let over = part(Shard { number, of: 4 }, dir, systematic);
        assert!(over.summary.complete && over.rounds().all(|round| round.block.is_some()));
        assert!(over.rounds().all(|round| round.block.is_some_and(|block| block % 4 == number - 1)));
    }
    let out = |name: &str| place.path().join(name);
    let all = put_together(&dirs.iter().collect::<Vec<_>>(), &out("all"));
    assert_eq!(all.missing, []);
    let due = shown(whole.rounds());
    assert_eq!(shown(rounds(&all.events)), due);
    assert!(whole.rules().contains(RULE) && whole.findings().count() > 1, "the bug shows");
    assert_eq!(signatures(&all.events), signatures(&whole.events));
    assert_eq!(figures(summary(&all.events)), figures(&whole.summary));

    // In another order, twice, and by way of a part.
    let some = put_together(&[&dirs[3], &dirs[1]], &out("some"));
    assert_eq!(some.missing, [Shard { number: 1, of: 4 }, Shard { number: 3, of: 4 }]);
    let again = put_together(&[&dirs[2], &out("some"), &dirs[0], &dirs[1], &out("some")], &out("again"));
    let text = |merged: &Merged| serde_json::to_string(&merged.events).expect("JSON");
    assert_eq!(text(&again), text(&all));
    let idle = put_together(&[&out("again")], &out("idle"));
    assert_eq!(text(&idle), text(&all));
    for folder in ["corpus", "findings"] {
        assert_eq!(files(&out("again"), folder), files(&out("all"), folder));
    }
    assert!(!files(&out("all"), "findings").is_empty());
    let kept = read_journal(&out("all").join("journal.jsonl")).expect("a journal");
    assert_eq!(serde_json::to_string(&kept.events).expect("JSON"), text(&all));
}

#[test]
fn several_peers_at_once_come_to_what_one_comes_to() {
    let place = tempfile::tempdir().expect("a directory");
    let alone = part(Shard::WHOLE, &place.path().join("alone"), systematic);
    let three = part(Shard::WHOLE, &place.path().join("three"), |asked| {
        systematic(asked);
        asked.jobs = 3;
    });
    assert_eq!(shown(three.rounds()), shown(alone.rounds()));
    assert_eq!(signatures(&three.events), signatures(&alone.events));
    assert_eq!((three.summary.judged, three.summary.complete), (alone.summary.judged, true));
    let began = |over: &Over| over.events.iter().position(|event| matches!(event, Event::RoundEnded(_)));
    let begun = |event: &&Event| matches!(event, Event::RoundBegan { .. });
    let before = &three.events[..began(&three).expect("a round ended")];
    assert!(before.iter().filter(begun).count() > 1, "they were at work at once");
}

#[test]
fn shards_of_a_campaign_with_both_parts_have_their_corpora_and_counts_added() {
    let place = tempfile::tempdir().expect("a directory");
    let dirs: Vec<PathBuf> = (1..=2).map(|number| place.path().join(format!("{number}"))).collect();
    let cases = |asked: &mut Options| asked.run.max_cases = Some(2_000);
    let overs: Vec<Over> =
        dirs.iter().zip(1..).map(|(dir, number)| part(Shard { number, of: 2 }, dir, cases)).collect();
    let merged = put_together(&dirs.iter().collect::<Vec<_>>(), &place.path().join("all"));
    let both: u64 = overs.iter().map(|over| over.summary.judged).sum();
    assert_eq!(both, 2_000, "what was asked for is what all of them do together");
    assert_eq!(summary(&merged.events).judged, both);
    let numbers: Vec<u64> = rounds(&merged.events).map(|round| round.round).collect();
    assert!(numbers.is_sorted_by(|one, other| one < other), "no number is used twice");
    let kept = |dir: &Path| files(dir, "corpus");
    let union: BTreeSet<String> = kept(&dirs[0]).union(&kept(&dirs[1])).cloned().collect();
    assert_eq!(kept(&place.path().join("all")), union);
    assert!(union.len() > kept(&dirs[0]).len().max(kept(&dirs[1]).len()));
}

#[test]
fn what_is_of_another_campaign_is_refused_by_what_it_differs_in() {
    let place = tempfile::tempdir().expect("a directory");
    let dir = |name: &str| place.path().join(name);
    let shard = |number| Shard { number, of: 2 };
    let few = |asked: &mut Options| {
        systematic(asked);
        asked.run.max_cases = Some(96);
    };
    part(shard(1), &dir("one"), few);
    let refused = |other: &str| match merge(&[dir("one"), dir(other)], &dir("out")) {
        Err(Error::OtherCampaign { what, .. }) => what.to_owned(),
        Err(other) => other.to_string(),
        Ok(_) => "merged".to_owned(),
    };
    part(shard(2), &dir("seed"), |asked| {
        few(asked);
        asked.run.seed = 2;
    });
    assert_eq!(refused("seed"), "seed");
    part(Shard { number: 2, of: 3 }, &dir("of"), few);
    assert_eq!(refused("of"), "number of shards");
    let journal = fs::read_to_string(dir("one").join("journal.jsonl")).expect("a journal");
    for (name, from, to) in [
        ("version of the tool", r#""tool":""#, r#""tool":"9"#),
        ("schema", r#""schema":""#, r#""schema":"9"#),
        ("protocol", r#""dialect":"qmp""#, r#""dialect":"qga""#),
    ] {
        fs::create_dir_all(dir(name)).expect("a directory");
        fs::write(dir(name).join("journal.jsonl"), journal.replacen(from, to, 1)).expect("written");
        assert_eq!(refused(name), name);
    }
    part(shard(1), &dir("twice"), few);
    assert!(refused("twice").contains("already"), "two runs of a shard differ at least in their time");
    assert!(refused("nothing").contains("no fuzz campaign"));
}

#[test]
fn a_missing_shard_is_exit_five_and_named() {
    let place = tempfile::tempdir().expect("a directory");
    let dir = |name: &str| place.path().join(name);
    let qmprobe = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qmprobe"));
        let output = command.args(args).current_dir(place.path()).output().expect("qmprobe starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for shard in ["1/3", "3/3"] {
        let out = shard.replace('/', "-");
        let args = ["fuzz", "--reference", "--systematic", "--cases", "144", "--shard", shard, "--out", &out];
        assert_eq!(qmprobe(&args).0, Some(0));
    }
    let (code, said) = qmprobe(&["merge", "1-3", "3-3", "-o", "all"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("2/3") && !said.contains("1/3"), "{said}");
    let args = ["fuzz", "--reference", "--systematic", "--cases", "144", "--shard", "2/3", "--out", "2-3"];
    assert_eq!(qmprobe(&args).0, Some(0));
    assert_eq!(qmprobe(&["merge", "all", "2-3", "-o", "whole"]), (Some(0), String::new()));
    assert_eq!(qmprobe(&["report", "whole"]).0, Some(0));
    assert_eq!(qmprobe(&["merge", "whole", "-o", "whole"]).0, Some(2));
    assert_eq!(qmprobe(&["merge", "nowhere", "-o", "other"]).0, Some(2));
    assert!(dir("whole").join("journal.jsonl").is_file());
}
