//! A reference peer at the end of a bad line: for authors of clients that have to live with that. Every other request
//! or answer is damaged on its way, the first to begin with, so that a client which tries again gets through.

use qmprobe_generate::recovery::{ALL, damages};
use qmprobe_wire::fault::Channel;
use qmprobe_wire::{Damage, Fault, Toward};

/// The class that closes the connection.
const SEVERED: (&str, &str) = ("connection-severed", "the connection is closed in the middle of an answer");
/// The class in which what is sent arrives twice.
const REPEATED: &str = "command-repeated";

/// What happens to what is sent and answered, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    effects: Vec<Effect>,
    /// Bytes before the place; `None` is another place each time.
    at: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Effect {
    Damage(Toward, Damage),
    /// What is sent arrives twice.
    Twice,
    /// The answer ends, and the connection with it.
    Severed,
}

impl Effect {
    fn toward(&self) -> Toward {
        match self {
            Effect::Damage(toward, _) => *toward,
            Effect::Twice => Toward::Peer,
            Effect::Severed => Toward::Client,
        }
    }
}

impl Corruption {
    /// The corruption called `CLASS` or `CLASS@OFFSET`; `None` when there is none.
    pub fn parse(text: &str) -> Option<Corruption> {
        let (class, at) = match text.split_once('@') {
            Some((class, at)) => (class, Some(at.parse().ok()?)),
            None => (text, None),
        };
        let effects = effects(class);
        (!effects.is_empty()).then_some(Corruption { effects, at })
    }

    /// The classes, each with what it does.
    pub fn classes() -> impl Iterator<Item = (&'static str, &'static str)> {
        let of_line = ALL.iter().filter(|class| !effects(class.name).is_empty());
        of_line.map(|class| (class.name, class.title)).chain([SEVERED])
    }
}

fn effects(class: &str) -> Vec<Effect> {
    match class {
        REPEATED => vec![Effect::Twice],
        _ if class == SEVERED.0 => vec![Effect::Severed],
        _ => damages(class).into_iter().map(|(toward, damage)| Effect::Damage(toward, damage)).collect(),
    }
}

/// The way of one connection's requests and answers.
#[derive(Debug)]
pub(crate) struct Corrupter {
    to_peer: Way,
    to_client: Way,
}

/// One direction of it.
#[derive(Debug)]
struct Way {
    effects: Vec<Effect>,
    at: Option<usize>,
    /// What has gone this way.
    count: u32,
    late: Vec<u8>,
    severed: bool,
}

impl Corrupter {
    pub fn new(corruption: &Corruption) -> Corrupter {
        let way = |toward| {
            let effects = corruption.effects.iter().filter(|effect| effect.toward() == toward);
            let effects = effects.cloned().collect();
            Way { effects, at: corruption.at, count: 0, late: Vec::new(), severed: false }
        };
        Corrupter { to_peer: way(Toward::Peer), to_client: way(Toward::Client) }
    }

    /// What arrives of what the client has sent in one go.
    pub fn take(&mut self, sent: &[u8], out: &mut Vec<u8>) {
        self.to_peer.pass(sent, out);
    }

    /// What becomes of one answer, with what is late of the one before.
    pub fn pass(&mut self, answer: &[u8], out: &mut Vec<u8>) {
        self.to_client.pass(answer, out);
    }

    /// The next client comes: what was late for the last is lost.
    pub fn reconnect(&mut self) {
        for way in [&mut self.to_peer, &mut self.to_client] {
            way.late.clear();
            way.severed = false;
        }
    }

    /// Whether the connection is to be closed.
    pub fn is_severed(&self) -> bool {
        self.to_client.severed
    }
}

impl Way {
    fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.append(&mut self.late);
        let number = self.count;
        self.count = number.wrapping_add(1);
        if number % 2 == 1 || self.effects.is_empty() {
            return out.extend_from_slice(bytes);
        }
        let turn = number as usize / 2;
        // A prime step: one place after another, all of them in the end.
        let at = self.at.unwrap_or_else(|| turn.wrapping_mul(7) % bytes.len().max(1));
        match &self.effects[turn % self.effects.len()] {
            Effect::Twice => {
                out.extend_from_slice(bytes);
                out.extend_from_slice(bytes);
            }
            Effect::Severed => {
                out.extend_from_slice(&bytes[..at.min(bytes.len())]);
                self.severed = true;
            }
            Effect::Damage(toward, damage) => {
                let fault = Fault { attempt: 0, toward: *toward, at, damage: damage.clone() };
                let mut channel = Channel::new(&[fault], *toward);
                channel.pass(bytes, out);
                channel.begin(1, &mut self.late);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Peer};
    use qmprobe_wire::Dialect;
    use qmprobe_wire::recovery::Recovery;

    fn through(text: &str) -> Vec<String> {
        let mut corrupter = Corrupter::new(&Corruption::parse(text).unwrap());
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
    fn what_is_sent_is_damaged_as_well_and_what_is_answered_to_it_is_not() {
        let mut corrupter = Corrupter::new(&Corruption::parse("command-byte-lost@1").unwrap());
        let (mut sent, mut answered) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            corrupter.take(b"abc", &mut sent);
            corrupter.pass(b"abc", &mut answered);
        }
        assert_eq!((sent.as_slice(), answered.as_slice()), (b"acabcac".as_slice(), b"abcabcabc".as_slice()));
        let mut twice = Corrupter::new(&Corruption::parse("command-repeated").unwrap());
        let mut sent = Vec::new();
        twice.take(b"ab", &mut sent);
        assert_eq!(sent, b"abab");
    }

    #[test]
    fn a_severed_connection_ends_in_the_middle_of_an_answer() {
        let mut corrupter = Corrupter::new(&Corruption::parse("connection-severed@2").unwrap());
        let mut out = Vec::new();
        assert!(!corrupter.is_severed());
        corrupter.pass(b"abc", &mut out);
        assert!(corrupter.is_severed());
        assert_eq!(out, b"ab");
    }

    #[test]
    fn a_client_that_tries_again_gets_through_whatever_the_class_and_the_place() {
        let schema = std::sync::Arc::new(qmprobe_schema::shipped("qga-10.0").unwrap().unwrap());
        let config = Config {
            schema,
            dialect: Dialect::Qga,
            bugs: Vec::new(),
            version: qmprobe_wire::Version::new(10, 0),
            seed: 0,
        };
        for (class, _) in Corruption::classes() {
            for place in 0..90 {
                let mut corrupter = Corrupter::new(&Corruption::parse(&format!("{class}@{place}")).unwrap());
                let mut peer = Peer::new(config.clone());
                let mut client = Recovery::new(Dialect::Qga, 1 << 16);
                let tries = (1..6).find(|token| {
                    let (mut arrived, mut answered, mut heard) = (Vec::new(), Vec::new(), Vec::new());
                    corrupter.take(&client.attempt(*token), &mut arrived);
                    peer.take(&arrived);
                    while peer.answer(&mut answered) {}
                    if !answered.is_empty() {
                        corrupter.pass(&answered, &mut heard);
                    }
                    client.feed(&heard, &mut Vec::new());
                    if corrupter.is_severed() {
                        corrupter.reconnect();
                        peer = Peer::new(config.clone());
                    }
                    client.is_synced()
                });
                assert!(tries.is_some_and(|tries| tries <= 3), "{class}@{place}: {tries:?}");
            }
        }
    }

    #[test]
    fn without_an_offset_the_place_moves_on() {
        assert_eq!(through("reply-byte-lost"), ["bc", "abc", "ac", "abc", "ab"]);
    }

    #[test]
    fn a_class_that_damages_nothing_on_its_way_is_none() {
        for text in
            ["reader-slow", "commands-merged", "reply-byte-lost@", "reply-byte-lost@x", "nonsense", ""]
        {
            assert_eq!(Corruption::parse(text), None, "{text}");
        }
        for (class, _) in Corruption::classes() {
            assert!(Corruption::parse(class).is_some(), "{class}");
        }
        assert!(Corruption::classes().count() >= 22);
    }
}
