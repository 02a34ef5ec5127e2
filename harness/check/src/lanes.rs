//! Which reply answers which request where some are answered out of band and something is wrong: the assignment that
//! leaves the least to explain, in which each kind keeps its order and may overtake the other.

/// Ways to have answered so many of either kind with so many replies beyond which it is not worth the time.
const CELLS_MAX: usize = 1 << 16;

/// A request: whether it is answered out of band, and what it costs if it goes unanswered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub out_of_band: bool,
    pub silence: u32,
}

/// For each request its reply, and what that leaves to explain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub cost: u32,
    pub answers: Vec<Option<usize>>,
}

/// The step that ends a way, of the requests in band (`false`) or out of band.
#[derive(Clone, Copy)]
enum Step {
    Start,
    Answer(bool),
    Silence(bool),
    Stray,
}

/// Assigns `replies` replies. `cost` says how badly a reply suits a request: 0 when it is as it should be; `stray` what
/// it costs that a reply answers nothing. `None` where there is too much of it.
pub(crate) fn assign(
    requests: &[Request],
    replies: usize,
    cost: impl Fn(usize, usize) -> u32,
    stray: u32,
) -> Option<Assigned> {
    let lane = |urgent: bool| (0..requests.len()).filter(move |at| requests[*at].out_of_band == urgent);
    let lanes: [Vec<usize>; 2] = [lane(false).collect(), lane(true).collect()];
    let [ordinary, urgent] = [lanes[0].len() + 1, lanes[1].len() + 1];
    let cells = ordinary.checked_mul(urgent)?.checked_mul(replies + 1).filter(|cells| *cells <= CELLS_MAX)?;
    // A cell by how many replies, requests out of band and requests in band are done with.
    let strides = [1, ordinary];
    let row = ordinary * urgent;
    let mut ways = vec![(u32::MAX, Step::Start); cells];
    ways[0].0 = 0;
    for here in 0..cells {
        let so_far = ways[here].0;
        if so_far == u32::MAX {
            continue;
        }
        let (reply, done) = (here / row, [here % ordinary, here % row / ordinary]);
        let mut improve = |at: usize, more: u32, step: Step| {
            if so_far + more < ways[at].0 {
                ways[at] = (so_far + more, step);
            }
        };
        for kind in [false, true] {
            let (lane, stride) = (&lanes[usize::from(kind)], strides[usize::from(kind)]);
            let Some(&request) = lane.get(done[usize::from(kind)]) else { continue };
            if reply < replies {
                improve(here + row + stride, cost(request, reply), Step::Answer(kind));
            }
            improve(here + stride, requests[request].silence, Step::Silence(kind));
        }
        if reply < replies {
            improve(here + row, stray, Step::Stray);
        }
    }
    let mut answers = vec![None; requests.len()];
    let mut here = cells - 1;
    loop {
        let (step, done) = (ways[here].1, [here % ordinary, here % row / ordinary]);
        match step {
            Step::Start => return Some(Assigned { cost: ways[cells - 1].0, answers }),
            Step::Stray => here -= row,
            Step::Silence(kind) => here -= strides[usize::from(kind)],
            Step::Answer(kind) => {
                let request = lanes[usize::from(kind)][done[usize::from(kind)] - 1];
                here -= row + strides[usize::from(kind)];
                answers[request] = Some(here / row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::{DEVIATES, MISSING, SURPLUS};

    /// Requests by the letter of their reply; those out of band are capitals, and a reply of another letter deviates.
    fn assigned(requests: &str, replies: &str) -> Assigned {
        let (requests, replies) = (requests.as_bytes(), replies.as_bytes());
        let made: Vec<Request> = requests
            .iter()
            .map(|letter| Request { out_of_band: letter.is_ascii_uppercase(), silence: MISSING })
            .collect();
        let cost = |request: usize, reply: usize| {
            if requests[request].eq_ignore_ascii_case(&replies[reply]) { 0 } else { DEVIATES }
        };
        assign(&made, replies.len(), cost, SURPLUS).unwrap()
    }

    #[test]
    fn what_overtakes_leaves_nothing_to_explain() {
        let found = assigned("abXc", "xabc");
        assert_eq!(found, Assigned { cost: 0, answers: vec![Some(1), Some(2), Some(0), Some(3)] });
    }

    #[test]
    fn a_wrong_answer_is_that_of_the_request_whose_place_it_has() {
        let found = assigned("abXc", "xa?c");
        assert_eq!(found, Assigned { cost: DEVIATES, answers: vec![Some(1), Some(2), Some(0), Some(3)] });
    }

    #[test]
    fn what_is_missing_and_what_is_too_much_is_told() {
        assert_eq!(assigned("aXb", "xb").answers, [None, Some(0), Some(1)]);
        let found = assigned("aX", "xxa");
        assert_eq!((found.cost, found.answers[0]), (SURPLUS, Some(2)));
        assert_eq!(assigned("", "").answers, []);
    }

    #[test]
    fn too_much_is_left_alone() {
        let many = vec![Request { out_of_band: true, silence: 0 }; 300];
        assert_eq!(assign(&many, 300, |_, _| 0, 0), None);
    }
}
