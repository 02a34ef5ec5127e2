//! The desk without peers: who gets which case, who waits for whom, and what ends a run.

use super::*;
use crate::journal::Journal;
use qmprobe_wire::{CaseId, Start};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What comes of it without waiting.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn case(index: u64, aim: Option<&str>) -> Case {
    let id = CaseId { seed: 0, index };
    let aim = aim.map(str::to_owned);
    Case { id, name: "a case".into(), command: None, aim, start: Start::Command, steps: Vec::new() }
}

fn bounds() -> Bounds {
    Bounds { cases: None, began: Instant::now(), time: None, stop: watch::channel(false).1 }
}

/// Runs with a desk for so many hands and cases.
fn with_desk(hands: usize, bounds: Bounds, cases: impl Iterator<Item = Case>, run: impl FnOnce(&Desk<'_>)) {
    let out = tempfile::tempdir().unwrap();
    let schema = Schema::default();
    let mut sink = |_: &Event| {};
    let log = Log { journal: Journal::create(out.path()).unwrap(), sink: &mut sink };
    let course = Course { streams: Streams::new(None), matrix: Matrix::new(&[], None) };
    run(&Desk::new(&schema, log, course, bounds, cases, hands));
}

/// The place of a hand's next case, if it may begin one at once.
fn next(desk: &Desk<'_>, hand: usize) -> Option<Option<u64>> {
    now(desk.next(hand)).map(|dealt| dealt.unwrap().map(|dealt| dealt.place))
}

fn done(hand: usize) -> Done {
    Done { hand, case: Arc::new(case(0, None)), outcome: Outcome::Stopped, lost: None }
}

#[test]
fn whose_a_case_is_depends_on_its_place_and_not_on_who_asks_first() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        with_desk(3, bounds(), (0..100).map(|index| case(index, None)), |desk| {
            for hand in order {
                let own: Vec<u64> = (0..=SHARE).map(|_| next(desk, hand).unwrap().unwrap()).collect();
                let first = SHARE * hand as u64;
                assert_eq!(own[..8], (first..first + SHARE).collect::<Vec<_>>());
                assert_eq!(own[8], first + 3 * SHARE, "then it is the turn of the others");
            }
        });
    }
}

#[test]
fn several_go_on_while_one_is_busy_but_not_without_bounds() {
    with_desk(2, bounds(), (0..2 * AHEAD).map(|index| case(index, None)), |desk| {
        assert_eq!(next(desk, 1), Some(Some(SHARE)));
        let mut begun = 0;
        while next(desk, 0).is_some() {
            begun += 1;
        }
        assert_eq!(begun, AHEAD / 2, "it waits for what the other has not begun");
        desk.settle(Turn::default(), false);
        assert_eq!(next(desk, 0), Some(Some(AHEAD)), "one more, for the one that is told of");
        assert_eq!(next(desk, 0), None);
    });
}

#[test]
fn a_hand_alone_waits_until_its_case_is_told_of() {
    with_desk(1, bounds(), (0..9).map(|index| case(index, None)), |desk| {
        assert_eq!(next(desk, 0), Some(Some(0)));
        assert_eq!(next(desk, 0), None);
        let turn = Turn::default();
        assert_eq!(now(desk.see_settled(turn)), None);
        let again = desk.settle(turn, true);
        assert_eq!((again.place, again.losses), (0, 1));
        assert_eq!(next(desk, 0), None, "another go at the same case comes first");
        assert_eq!(now(desk.see_settled(turn)), Some(()));
        assert_eq!(desk.settle(again, false), Turn { place: 1, losses: 0 });
        assert_eq!(next(desk, 0), Some(Some(1)));
    });
}

#[test]
fn what_is_handed_in_early_waits_for_its_turn() {
    with_desk(2, bounds(), (0..99).map(|index| case(index, None)), |desk| {
        let (first, second) = (Turn::default(), Turn { place: 1, losses: 0 });
        desk.hand_in(second, done(1));
        assert!(now(desk.done(first)).is_none(), "it is still to come");
        desk.hand_in(first, done(0));
        assert_eq!(now(desk.done(first)).flatten().map(|done| done.hand), Some(0));
        assert_eq!(now(desk.done(second)).flatten().map(|done| done.hand), Some(1));
        assert!(now(desk.renewed(first)).is_none());
        desk.tell_renewed(first, Ok(()));
        assert!(matches!(now(desk.renewed(first)), Some(Some(Ok(())))));
        desk.leave(false);
        assert!(now(desk.done(first)).is_none(), "another hand may hand in");
        desk.leave(false);
        assert!(matches!(now(desk.done(first)), Some(None)), "nobody is left");
    });
}

#[test]
fn a_number_of_cases_ends_a_run_and_says_so_only_if_there_are_more() {
    for (there, allowed, why) in [(5, 5, None), (6, 5, Some("5 cases were allowed"))] {
        let bounds = Bounds { cases: Some(allowed), ..bounds() };
        with_desk(2, bounds, (0..there).map(|index| case(index, None)), |desk| {
            let begun = std::iter::from_fn(|| next(desk, 0).flatten()).count();
            assert_eq!((begun, next(desk, 1)), (5, Some(None)));
            assert_eq!(desk.why_cut().as_deref(), why);
        });
    }
}

#[test]
fn when_its_time_is_up_a_run_ends_with_the_cases_that_are_begun() {
    let bounds = Bounds { time: Some(Duration::ZERO), ..bounds() };
    with_desk(2, bounds, (0..99).map(|index| case(index, None)), |desk| {
        desk.begun.set(3);
        let begun: Vec<u64> = std::iter::from_fn(|| next(desk, 0).flatten()).collect();
        assert_eq!((begun, next(desk, 1)), (vec![0, 1, 2], Some(None)));
        assert!(!desk.is_over(), "what is begun is still told of");
        assert_eq!(desk.why_cut().as_deref(), Some("the time of 0 s was up"));
    });
}

#[test]
fn a_run_that_is_to_stop_begins_nothing_and_the_first_reason_is_kept() {
    let (stopper, stop) = watch::channel(false);
    with_desk(2, Bounds { stop, ..bounds() }, (0..99).map(|index| case(index, None)), |desk| {
        assert_eq!(next(desk, 0), Some(Some(0)));
        let _ = stopper.send(true);
        assert_eq!(next(desk, 0), Some(None));
        desk.end("something else".to_owned());
        assert_eq!((desk.is_over(), desk.why_cut().as_deref()), (true, Some("interrupted")));
    });
}

#[test]
fn a_hand_in_trouble_ends_the_run_for_all() {
    for trouble in [false, true] {
        with_desk(2, bounds(), (0..99).map(|index| case(index, None)), |desk| {
            desk.leave(trouble);
            assert_eq!(next(desk, 1), Some(if trouble { None } else { Some(SHARE) }));
        });
    }
}

#[test]
fn streams_that_failed_too_often_take_no_place() {
    let cases =
        || (0..20).map(|index| case(index, (index % 2 == 0).then_some(qmprobe_generate::stream::AIM)));
    let begun = |failed: u32| {
        let mut count = 0;
        with_desk(2, bounds(), cases(), |desk| {
            (0..failed).for_each(|_| desk.course.borrow_mut().streams.count(Duration::ZERO, true));
            count = (0..2).map(|hand| std::iter::from_fn(|| next(desk, hand).flatten()).count()).sum();
        });
        count
    };
    assert_eq!((begun(0), begun(8)), (20, 10));
}
