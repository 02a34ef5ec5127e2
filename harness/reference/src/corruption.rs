//! A reference peer whose answers are damaged on their way: for authors of clients that have to live with that.
//! Every other answer is damaged, the first to begin with, so that a client which tries again gets through.

use qmprobe_generate::recovery::{ALL, reply_damages};
use qmprobe_wire::fault::Channel;
use qmprobe_wire::{Damage, Fault, Toward};

/// What happens to answers, and where in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    damages: Vec<Damage>,
    /// Bytes of the answer before the place; `None` is another place each time.
    at: Option<usize>,
}

impl Corruption {
    /// The corruption called `CLASS` or `CLASS@OFFSET`; `None` when there is none.
    pub fn parse(text: &str) -> Option<Corruption> {
        let (class, at) = match text.split_once('@') {
            Some((class, at)) => (class, Some(at.parse().ok()?)),
            None => (text, None),
        };
        let damages = reply_damages(class);
        (!damages.is_empty()).then_some(Corruption { damages, at })
    }

    /// The classes, each with what it does.
    pub fn classes() -> impl Iterator<Item = (&'static str, &'static str)> {
        ALL.iter()
            .filter(|class| !reply_damages(class.name).is_empty())
            .map(|class| (class.name, class.title))
    }
}

/// The way of one connection's answers.
#[derive(Debug)]
pub(crate) struct Corrupter {
    corruption: Corruption,
    answers: u32,
    late: Vec<u8>,
}

impl Corrupter {
    pub fn new(corruption: Corruption) -> Corrupter {
        Corrupter { corruption, answers: 0, late: Vec::new() }
    }

    /// What becomes of one answer, with what is late of the one before.
    pub fn pass(&mut self, answer: &[u8], out: &mut Vec<u8>) {
        out.append(&mut self.late);
        let number = self.answers;
        self.answers = number.wrapping_add(1);
        if number % 2 == 1 {
            return out.extend_from_slice(answer);
        }
        let turn = number as usize / 2;
        let damages = &self.corruption.damages;
        // A prime step: one place after another, all of them in the end.
        let at = self.corruption.at.unwrap_or_else(|| turn.wrapping_mul(7) % answer.len().max(1));
        let damage = damages[turn % damages.len()].clone();
        let mut channel =
            Channel::new(&[Fault { attempt: 0, toward: Toward::Client, at, damage }], Toward::Client);
        channel.pass(answer, out);
        channel.begin(1, &mut self.late);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str) -> Vec<String> {
        let mut corrupter = Corrupter::new(Corruption::parse(text).unwrap());
        let pass = |_| {
            let mut out = Vec::new();
            corrupter.pass(b"abc", &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        (0..5).map(pass).collect()
    }

    #[test]
    fn every_other_answer_is_damaged() {
        assert_eq!(through("reply-byte-lost@1"), ["ac", "abc", "ac", "abc", "ac"]);
        assert_eq!(through("reply-late@2"), ["ab", "cabc", "ab", "cabc", "ab"]);
        assert_eq!(through("reply-cut@0"), ["", "abc", "", "abc", ""]);
    }

    #[test]
    fn without_an_offset_the_place_moves_on() {
        assert_eq!(through("reply-byte-lost"), ["bc", "abc", "ac", "abc", "ab"]);
    }

    #[test]
    fn a_class_that_damages_no_answer_is_none() {
        for text in ["command-cut", "reply-byte-lost@", "reply-byte-lost@x", "nonsense", ""] {
            assert_eq!(Corruption::parse(text), None, "{text}");
        }
        assert!(Corruption::classes().count() >= 9);
    }
}
