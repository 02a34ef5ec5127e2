//! Shares a command's budget of cases among its places: each gets its share, then each another, and so on.

/// The cases of one place.
#[derive(Clone, Debug)]
pub(crate) struct Share<T> {
    /// How many of them each round takes.
    pub each: usize,
    /// All of them.
    pub items: Vec<T>,
}

/// At most `max` of the items, in rounds over the places. Of the round that does not fit, three quarters of
/// the room go to the first places, the rest to later ones in a run whose beginning `spin` chooses.
pub(crate) fn round_robin<T>(shares: Vec<Share<T>>, max: usize, spin: u64) -> Vec<T> {
    let total: usize = shares.iter().map(|share| share.items.len()).sum();
    let mut taken = Vec::with_capacity(total.min(max));
    let mut shares: Vec<_> = shares.into_iter().map(|share| (share.each, share.items.into_iter())).collect();
    loop {
        let round: Vec<T> = shares.iter_mut().flat_map(|(each, items)| items.by_ref().take(*each)).collect();
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
    use super::{Share, round_robin};

    fn ones<T>(lists: Vec<Vec<T>>) -> Vec<Share<T>> {
        lists.into_iter().map(|items| Share { each: 1, items }).collect()
    }

    #[test]
    fn what_fits_is_taken_whole_in_rounds() {
        let lists = vec![vec!["a1", "a2", "a3"], vec![], vec!["b1"], vec!["c1", "c2"]];
        assert_eq!(round_robin(ones(lists), 100, 7), ["a1", "b1", "c1", "a2", "c2", "a3"]);
    }

    #[test]
    fn a_larger_share_is_taken_in_each_round() {
        let shares = vec![Share { each: 1, items: vec![1, 2, 3] }, Share { each: 2, items: vec![7, 8, 9] }];
        assert_eq!(round_robin(shares, 5, 0), [1, 7, 8, 2, 9]);
    }

    #[test]
    fn the_seed_moves_only_the_last_quarter_of_a_round_that_does_not_fit() {
        let lists = || ones((0..20).map(|nth| vec![nth]).collect());
        assert_eq!(round_robin(lists(), 8, 0), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(round_robin(lists(), 8, 12), [0, 1, 2, 3, 4, 5, 18, 19]);
        assert_eq!(round_robin(lists(), 8, 13), round_robin(lists(), 8, 0));
    }

    #[test]
    fn no_room_means_no_item() {
        assert_eq!(round_robin(ones(vec![vec![1], vec![2]]), 0, 3), Vec::<i32>::new());
    }
}
