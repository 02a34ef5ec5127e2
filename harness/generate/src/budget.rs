//! Shares a command's budget of cases among its places: each gets one, then each a second, and so on.

/// At most `max` of the items, in rounds over the lists. Of the round that does not fit, three quarters of
/// the room go to the first lists, the rest to later ones in a run whose beginning `spin` chooses.
pub(crate) fn round_robin<T>(lists: Vec<Vec<T>>, max: usize, spin: u64) -> Vec<T> {
    let total: usize = lists.iter().map(Vec::len).sum();
    let mut taken = Vec::with_capacity(total.min(max));
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    loop {
        let round: Vec<T> = lists.iter_mut().filter_map(Iterator::next).collect();
        let room = max - taken.len();
        if round.len() <= room {
            if round.is_empty() {
                return taken;
            }
            taken.extend(round);
            continue;
        }
        let near = room - room / 4;
        let far = room - near;
        let later = round.len() - near;
        let skip = (spin % (later - far + 1) as u64) as usize;
        let mut round = round.into_iter();
        taken.extend(round.by_ref().take(near));
        taken.extend(round.skip(skip).take(far));
        return taken;
    }
}

#[cfg(test)]
mod tests {
    use super::round_robin;

    #[test]
    fn what_fits_is_taken_whole_in_rounds() {
        let lists = vec![vec!["a1", "a2", "a3"], vec![], vec!["b1"], vec!["c1", "c2"]];
        assert_eq!(round_robin(lists, 100, 7), ["a1", "b1", "c1", "a2", "c2", "a3"]);
    }

    #[test]
    fn the_seed_moves_only_the_last_quarter_of_a_round_that_does_not_fit() {
        let lists = || (0..20).map(|nth| vec![nth]).collect::<Vec<_>>();
        assert_eq!(round_robin(lists(), 8, 0), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(round_robin(lists(), 8, 12), [0, 1, 2, 3, 4, 5, 18, 19]);
        assert_eq!(round_robin(lists(), 8, 13), round_robin(lists(), 8, 0));
    }

    #[test]
    fn no_room_means_no_item() {
        assert_eq!(round_robin(vec![vec![1], vec![2]], 0, 3), Vec::<i32>::new());
    }
}
