//! Which reply answers which request where some are answered out of band: replies keep the order of their requests
//! among those in band and among those out of band, and nothing is said of one kind against the other.

/// How far the replies are explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matching {
    /// The request that each explained reply answers, reply by reply.
    pub requests: Vec<usize>,
    /// The requests of which one is to be answered next; none when all are.
    pub due: Vec<usize>,
}

/// Matches `replies` replies with requests, of which `out_of_band` says for each how it is answered. Where a
/// reply `fits` the next request of either kind, both are followed: the longest row of replies is explained that
/// can be.
///
/// Takes time and memory for the replies times the requests out of band.
pub(crate) fn match_up(
    out_of_band: &[bool],
    replies: usize,
    mut fits: impl FnMut(usize, usize) -> bool,
) -> Matching {
    let lane = |urgent: bool| (0..out_of_band.len()).filter(move |at| out_of_band[*at] == urgent);
    let (ordinary, urgent): (Vec<usize>, Vec<usize>) = (lane(false).collect(), lane(true).collect());
    // At [n], by how many requests out of band may be answered after n replies: whether the last of those replies
    // answered one of them. `None` where that many cannot be.
    let mut reached: Vec<Vec<Option<bool>>> = vec![vec![None; urgent.len() + 1]];
    reached[0][0] = Some(false);
    for reply in 0..replies {
        let mut next = vec![None; urgent.len() + 1];
        for answered in (0..=urgent.len()).filter(|answered| reached[reply][*answered].is_some()) {
            if ordinary.get(reply - answered).is_some_and(|request| fits(*request, reply)) {
                next[answered] = Some(false);
            }
            if urgent.get(answered).is_some_and(|request| fits(*request, reply)) {
                next[answered + 1] = Some(true);
            }
        }
        if next.iter().all(Option::is_none) {
            break;
        }
        reached.push(next);
    }
    let explained = reached.len() - 1;
    let mut due = Vec::new();
    for answered in (0..=urgent.len()).filter(|answered| reached[explained][*answered].is_some()) {
        due.extend(ordinary.get(explained - answered));
        due.extend(urgent.get(answered));
    }
    due.sort_unstable();
    due.dedup();
    Matching { requests: retrace(&reached, &ordinary, &urgent), due }
}

/// The way to the last of what was reached, from its end.
fn retrace(reached: &[Vec<Option<bool>>], ordinary: &[usize], urgent: &[usize]) -> Vec<usize> {
    let explained = reached.len() - 1;
    let mut answered = reached[explained].iter().position(Option::is_some).unwrap_or_default();
    let mut requests = vec![0; explained];
    for reply in (0..explained).rev() {
        if reached[reply + 1][answered] == Some(true) {
            answered -= 1;
            requests[reply] = urgent[answered];
        } else {
            requests[reply] = ordinary[reply - answered];
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests by the letter of their reply; those out of band are capitals.
    fn matched(requests: &str, replies: &str) -> Matching {
        let (requests, replies) = (requests.as_bytes(), replies.as_bytes());
        let out_of_band: Vec<bool> = requests.iter().map(u8::is_ascii_uppercase).collect();
        match_up(&out_of_band, replies.len(), |request, reply| {
            requests[request].eq_ignore_ascii_case(&replies[reply])
        })
    }

    #[test]
    fn a_reply_out_of_band_may_come_anywhere() {
        for replies in ["abcx", "abxc", "axbc", "xabc"] {
            let found = matched("abXc", replies);
            assert_eq!((found.requests.len(), found.due), (4, vec![]), "{replies}");
        }
        assert_eq!(matched("abXc", "axbc").requests, [0, 2, 1, 3]);
    }

    #[test]
    fn each_kind_keeps_its_order() {
        let swapped = matched("abXc", "bxac");
        assert_eq!((swapped.requests, swapped.due), (vec![], vec![0, 2]));
        let swapped = matched("aXbY", "ayxb");
        assert_eq!((swapped.requests, swapped.due), (vec![0], vec![1, 2]));
    }

    #[test]
    fn replies_that_look_alike_are_given_to_whom_the_rest_leaves_them() {
        assert_eq!(matched("aAb", "aba").requests, [0, 2, 1]);
        assert_eq!(matched("abA", "aab").requests.len(), 3);
        assert_eq!(matched("aAbB", "abab").requests.len(), 4);
        assert_eq!(matched("aAbB", "abba").requests.len(), 2);
    }

    #[test]
    fn what_did_not_come_is_still_due() {
        assert_eq!(matched("aXb", "x").due, [0]);
        assert_eq!(matched("aXb", "a").due, [1, 2]);
        assert_eq!(matched("a", "aa"), Matching { requests: vec![0], due: vec![] });
    }
}
