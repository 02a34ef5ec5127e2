//! Whether replies are just those that are due, in another order. Where ids do not tell, that explains more than
//! several wrong answers do.

/// Requests times replies beyond which it is not worth the time.
const CELLS_MAX: usize = 1 << 16;

/// For each request the reply that suits it, where all replies suit one and all that must be answered (`true`) are.
pub(crate) fn shuffled(
    must: &[bool],
    replies: usize,
    suits: impl Fn(usize, usize) -> bool,
) -> Option<Vec<Option<usize>>> {
    if must.len().saturating_mul(replies) > CELLS_MAX {
        return None;
    }
    let edges: Vec<Vec<usize>> = (0..must.len())
        .map(|request| (0..replies).filter(|reply| suits(request, *reply)).collect())
        .collect();
    let mut back = vec![Vec::new(); replies];
    for (request, reply) in edges.iter().enumerate().flat_map(|(at, to)| to.iter().map(move |to| (at, *to))) {
        back[reply].push(request);
    }
    let mut answers = vec![None; must.len()];
    let mut owners = vec![None; replies];
    // What has its counterpart keeps one: those that need one come first, whatever is found for the others.
    for request in (0..must.len()).filter(|request| must[*request]) {
        if !find(request, &edges, &mut answers, &mut owners) {
            return None;
        }
    }
    for reply in 0..replies {
        if owners[reply].is_none() && !find(reply, &back, &mut owners, &mut answers) {
            return None;
        }
    }
    Some(answers)
}

/// Finds a counterpart for `one` of this side, on whichever others must change theirs for it.
fn find(one: usize, edges: &[Vec<usize>], own: &mut [Option<usize>], other: &mut [Option<usize>]) -> bool {
    let mut came_from = vec![None; other.len()];
    let mut open = vec![one];
    while let Some(here) = open.pop() {
        for &there in &edges[here] {
            if came_from[there].is_some() {
                continue;
            }
            came_from[there] = Some(here);
            match other[there] {
                Some(next) => open.push(next),
                None => {
                    turn(one, there, &came_from, own, other);
                    return true;
                }
            }
        }
    }
    false
}

/// Gives everyone on the way to `last` the counterpart by which it was left.
fn turn(
    one: usize,
    last: usize,
    came_from: &[Option<usize>],
    own: &mut [Option<usize>],
    other: &mut [Option<usize>],
) {
    let mut there = last;
    while let Some(here) = came_from[there] {
        let before = own[here].replace(there);
        other[there] = Some(here);
        match before {
            Some(before) if here != one => there = before,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests and replies as letters: a reply suits the request of its letter, or of a question mark; a capital one
    /// need not be answered.
    fn answers(requests: &str, replies: &str) -> Option<Vec<Option<usize>>> {
        let (requests, replies) = (requests.as_bytes(), replies.as_bytes());
        let must: Vec<bool> = requests.iter().map(u8::is_ascii_lowercase).collect();
        shuffled(&must, replies.len(), |request, reply| {
            requests[request].eq_ignore_ascii_case(&replies[reply]) || replies[reply] == b'?'
        })
    }

    #[test]
    fn replies_in_another_order_are_known_again() {
        assert_eq!(answers("abc", "cab"), Some(vec![Some(1), Some(2), Some(0)]));
        assert_eq!(answers("ab", "?a"), Some(vec![Some(1), Some(0)]));
        assert_eq!(answers("Ebs", "sb"), Some(vec![None, Some(1), Some(0)]));
        assert_eq!(answers("Es", "se"), Some(vec![Some(1), Some(0)]));
        assert_eq!(answers("", ""), Some(vec![]));
    }

    #[test]
    fn what_is_wrong_missing_or_too_much_is_no_matter_of_order() {
        assert_eq!(answers("ab", "ax"), None);
        assert_eq!(answers("ab", "a"), None);
        assert_eq!(answers("ab", "baa"), None);
        assert_eq!(answers("aE", "eea"), None);
    }

    #[test]
    fn too_much_is_left_alone() {
        assert_eq!(shuffled(&[true; 300], 300, |_, _| true), None);
    }
}
