//! Which replies answer which requests where their ids do not tell: the assignment in their order that leaves the least
//! to explain. Where a silence explains as much as a wrong answer does, it stays open.

/// What a reply costs that is not of a kind which the request may be given.
pub(crate) const DEVIATES: u32 = 9;
/// What it costs where that is an answer to malformed text that JSON libraries mostly take.
pub(crate) const TAKEN: u32 = 8;
/// What a reply costs that has another id than the request, or a value that is none of its command's.
pub(crate) const MISFITS: u32 = 6;
/// What it costs besides that its id is that of another request: more than two of the wrong kind.
pub(crate) const ANOTHERS: u32 = 24;
/// What a reply costs that has an id where no request could be read.
pub(crate) const INVENTED: u32 = 3;
/// What a request costs that must be answered and is not.
pub(crate) const MISSING: u32 = 9;
/// What it costs where the peer was lost, or did not answer in time: then something is missing.
pub(crate) const LOST: u32 = 1;
/// What a reply costs that answers nothing: more than one of the wrong kind, which it might be.
pub(crate) const SURPLUS: u32 = 12;
/// What it costs where it is the one before once more: hardly anything else can be meant by that, unless the same was
/// asked twice. With a value that is none of its command's it costs more than one of the wrong kind.
pub(crate) const REPEATED: u32 = 4;

/// What a reply costs that the request cannot have provoked: more than one that answers nothing.
pub(crate) const UNFIT: u32 = 15;

/// Requests times replies of an exchange beyond which it is not worth the time.
const CELLS_MAX: usize = 1 << 16;

/// What the best assignments of an exchange say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Alignment {
    /// For each request its reply.
    Told(Vec<Option<usize>>),
    /// Nothing is known of who was answered: something was left out, or answered wrongly.
    Open,
    /// There is too much of it.
    Unknown,
}

/// Whether an answer has been assigned that is wrong in itself.
const RIGHT: usize = 0;
const WRONG: usize = 1;

/// A way to a cell: what it costs, and the step that ends it.
#[derive(Clone, Copy)]
struct Way {
    cost: u32,
    step: Step,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Start,
    Answer { from: usize },
    Silence,
    Stray,
}

/// Aligns requests, given by what each costs if it goes unanswered, with `replies` replies. `cost` says how badly a reply
/// suits a request: 0 when it is as it should be; `stray` what it costs that a reply answers nothing.
pub(crate) fn align(
    silences: &[u32],
    replies: usize,
    cost: impl Fn(usize, usize) -> u32,
    stray: impl Fn(usize) -> u32,
) -> Alignment {
    let width = replies + 1;
    if silences.len().saturating_mul(width) > CELLS_MAX {
        return Alignment::Unknown;
    }
    let none = Way { cost: u32::MAX, step: Step::Start };
    let mut ways = vec![[none; 2]; (silences.len() + 1) * width];
    ways[0][RIGHT].cost = 0;
    for request in 0..=silences.len() {
        for reply in 0..=replies {
            let here = request * width + reply;
            for state in [RIGHT, WRONG] {
                let so_far = ways[here][state].cost;
                if so_far == u32::MAX {
                    continue;
                }
                let mut improve = |at: usize, state: usize, more: u32, step: Step| {
                    let way = &mut ways[at][state];
                    // Of two that cost the same, the one in which what came last is left out.
                    let better = so_far + more < way.cost;
                    if better || so_far + more == way.cost && step == Step::Silence {
                        *way = Way { cost: so_far + more, step };
                    }
                };
                if request < silences.len() && reply < replies {
                    let cost = cost(request, reply);
                    let next = if cost > 0 { WRONG } else { state };
                    improve(here + width + 1, next, cost, Step::Answer { from: state });
                }
                if request < silences.len() {
                    improve(here + width, state, silences[request], Step::Silence);
                }
                if reply < replies {
                    improve(here + 1, state, stray(reply), Step::Stray);
                }
            }
        }
    }
    let [right, wrong] = ways[ways.len() - 1];
    match right.cost.cmp(&wrong.cost) {
        std::cmp::Ordering::Equal => Alignment::Open,
        std::cmp::Ordering::Less => Alignment::Told(walk_back(&ways, width, silences.len(), RIGHT)),
        std::cmp::Ordering::Greater => Alignment::Told(walk_back(&ways, width, silences.len(), WRONG)),
    }
}

fn walk_back(ways: &[[Way; 2]], width: usize, requests: usize, mut state: usize) -> Vec<Option<usize>> {
    let mut answers = vec![None; requests];
    let mut here = ways.len() - 1;
    loop {
        here -= match ways[here][state].step {
            Step::Start => return answers,
            Step::Silence => width,
            Step::Stray => 1,
            Step::Answer { from } => {
                state = from;
                answers[here / width - 1] = Some(here % width - 1);
                width + 1
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests and replies as letters: a reply suits the request of its letter; a capital one need not be answered.
    fn aligned(requests: &str, replies: &str) -> Alignment {
        let (requests, replies) = (requests.as_bytes(), replies.as_bytes());
        let silence = |letter: &u8| if letter.is_ascii_uppercase() { 0 } else { MISSING };
        let silences: Vec<u32> = requests.iter().map(silence).collect();
        let cost = |request: usize, reply: usize| {
            if requests[request].eq_ignore_ascii_case(&replies[reply]) { 0 } else { DEVIATES }
        };
        let repeats = |reply: usize| reply > 0 && replies[reply] == replies[reply - 1];
        align(&silences, replies.len(), cost, |reply| if repeats(reply) { REPEATED } else { SURPLUS })
    }

    #[test]
    fn what_was_left_out_shows_in_what_follows() {
        assert_eq!(aligned("pis", "is"), Alignment::Told(vec![None, Some(0), Some(1)]));
        assert_eq!(aligned("pEs", "ps"), Alignment::Told(vec![Some(0), None, Some(1)]));
        assert_eq!(aligned("ps", "pes"), Alignment::Told(vec![Some(0), Some(2)]));
    }

    #[test]
    fn what_came_first_answers_what_was_asked_first() {
        assert_eq!(aligned("sis", "s"), Alignment::Told(vec![Some(0), None, None]));
    }

    #[test]
    fn a_reply_that_comes_twice_takes_no_later_place() {
        assert_eq!(aligned("ps", "ppxx"), Alignment::Told(vec![Some(0), Some(2)]));
        assert_eq!(aligned("pps", "pps"), Alignment::Told(vec![Some(0), Some(1), Some(2)]));
    }

    #[test]
    fn a_wrong_answer_stands_in_its_place() {
        assert_eq!(aligned("pis", "pxs"), Alignment::Told(vec![Some(0), Some(1), Some(2)]));
        assert_eq!(aligned("Es", "xs"), Alignment::Told(vec![Some(0), Some(1)]));
    }

    #[test]
    fn what_is_asked_twice_is_not_answered_once_too_often() {
        // Two pings, an error that may be silent, a sync; an empty return where the error is due.
        let (requests, replies) = (b"ppEs", b"ppxs");
        let cost = |request: usize, reply: usize| match (requests[request], replies[reply]) {
            (asked, came) if asked == came => 0,
            (b'p', b'x') => MISFITS,
            (b'E', _) => DEVIATES,
            _ => UNFIT,
        };
        let stray = |reply: usize| if reply == 1 { REPEATED } else { SURPLUS };
        let silences = [MISSING, MISSING, 0, MISSING];
        assert_eq!(align(&silences, 4, cost, stray), Alignment::Told((0..4).map(Some).collect()));
    }

    #[test]
    fn a_silence_that_explains_as_much_as_a_wrong_answer_leaves_it_open() {
        assert_eq!(aligned("uEs", "es"), Alignment::Open);
    }

    #[test]
    fn nothing_of_nothing_is_told_and_too_much_is_not() {
        assert_eq!(aligned("", ""), Alignment::Told(vec![]));
        assert_eq!(align(&[0; 1 << 12], 1 << 12, |_, _| 0, |_| 0), Alignment::Unknown);
    }
}
