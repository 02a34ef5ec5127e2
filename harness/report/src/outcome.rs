//! What a run, or several, came to: one word, and one exit code that scripts depend on.

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was planned ran, and no unwaived finding was made.
    Conforming,
    /// Unwaived findings.
    Findings,
    /// The command line or a file that it names is wrong.
    Usage,
    /// A peer could not be started or reached, or we had trouble of our own.
    Trouble,
    /// Nothing ran, or (strict) a waiver matched nothing.
    NothingRan,
    /// A budget or a vanished peer cut the run short.
    Incomplete,
    /// A signal ended the run early: its number.
    Interrupted(u8),
}

impl Outcome {
    /// The exit code: part of the command line's contract.
    pub const fn code(self) -> u8 {
        match self {
            Outcome::Conforming => 0,
            Outcome::Findings => 1,
            Outcome::Usage => 2,
            Outcome::Trouble => 3,
            Outcome::NothingRan => 4,
            Outcome::Incomplete => 5,
            Outcome::Interrupted(signal) => 128u8.saturating_add(signal),
        }
    }

    /// The word for it in a verdict line.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Conforming => "conforming",
            Outcome::Findings => "NOT CONFORMING",
            Outcome::Usage => "not tested: wrong usage",
            Outcome::Trouble => "NOT TESTED",
            Outcome::NothingRan => "NOTHING SHOWN",
            Outcome::Incomplete => "INCOMPLETE",
            Outcome::Interrupted(_) => "INTERRUPTED",
        }
    }

    /// The graver of two. Trouble outweighs findings: what could not be tested may hide more of them.
    pub fn worse(self, other: Outcome) -> Outcome {
        if other.weight() > self.weight() { other } else { self }
    }

    const fn weight(self) -> u8 {
        match self {
            Outcome::Conforming => 0,
            Outcome::NothingRan => 1,
            Outcome::Incomplete => 2,
            Outcome::Findings => 3,
            Outcome::Trouble => 4,
            Outcome::Usage => 5,
            Outcome::Interrupted(_) => 6,
        }
    }
}

/// What each run came to, and all of them together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// The worst of all, peers that could not be started included.
    pub whole: Outcome,
    /// One per `RunStarted`, in order.
    pub runs: Vec<Outcome>,
}

impl Outcomes {
    /// The outcome of run `index`; a run that the caller knows nothing of shares the whole's.
    pub fn of(&self, index: usize) -> Outcome {
        self.runs.get(index).copied().unwrap_or(self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_the_contract() {
        let codes = [
            (Outcome::Conforming, 0),
            (Outcome::Findings, 1),
            (Outcome::Usage, 2),
            (Outcome::Trouble, 3),
            (Outcome::NothingRan, 4),
            (Outcome::Incomplete, 5),
            (Outcome::Interrupted(2), 130),
            (Outcome::Interrupted(15), 143),
        ];
        for (outcome, code) in codes {
            assert_eq!(outcome.code(), code, "{outcome:?}");
        }
    }

    #[test]
    fn the_worse_of_two_does_not_depend_on_their_order() {
        let pair = (Outcome::Findings, Outcome::Trouble);
        assert_eq!(pair.0.worse(pair.1), Outcome::Trouble);
        assert_eq!(pair.1.worse(pair.0), Outcome::Trouble);
        assert_eq!(Outcome::Conforming.worse(Outcome::Conforming), Outcome::Conforming);
    }
}
