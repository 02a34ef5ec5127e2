//! A client that gets back in step with a guest agent, whatever happened to the bytes between them: every class
//! of corruption at every offset of a few exchanges, and seeded mixtures. One class per file of a family, one
//! line each in [`ALL`].

mod connection;
mod farewell;
mod limits;
mod mixture;
mod to_client;
mod to_peer;
mod whole_commands;

pub use farewell::farewells;
use qmprobe_wire::{Case, CaseId, Damage, Fault, Payload, Start, Step, Sync, Toward, Value, request};

/// These cases count from here, so that they share an id with no other: streams, of which there may be any number,
/// begin at 2^33.
pub const FIRST_INDEX: u64 = 1 << 40;
/// The rule that they put to the test.
pub const AIM: &str = "sync-recovers";

/// Places of an exchange that is longer than this are sampled.
const PLACES_MAX: usize = 96;
/// Characters that make the reply of an exchange a big one: it carries them back.
const BIG_CHARS: usize = 4096;

/// One way in which a stream can go wrong.
#[derive(Debug)]
pub struct Class {
    /// Its everyday name.
    pub name: &'static str,
    /// What happens, in one line.
    pub title: &'static str,
    /// What a conforming agent does, and the client with it.
    pub expected: &'static str,
    /// Tries after which a client is back in step at the latest.
    pub tries: u32,
    make: fn(&mut Trials),
}

/// Every class.
pub static ALL: &[&Class] = &[
    &to_peer::CUT,
    &to_peer::LOST,
    &to_peer::DOUBLED,
    &to_peer::FLIPPED,
    &to_peer::SENTINEL,
    &to_peer::CONTROL,
    &to_peer::QUOTE,
    &to_peer::BRACKET,
    &to_peer::GARBAGE,
    &whole_commands::SPLIT,
    &whole_commands::MERGED,
    &whole_commands::REPEATED,
    &whole_commands::UNTERMINATED,
    &limits::PASSED,
    &to_peer::REQUEST,
    &to_client::STALE,
    &to_client::STALE_HALF,
    &to_client::STALE_SYNC,
    &to_client::LATE,
    &to_client::CUT,
    &to_client::LOST,
    &to_client::DOUBLED,
    &to_client::FLIPPED,
    &to_client::INSERTED,
    &connection::LEFT,
    &connection::SLOW,
    &mixture::MIXED,
];

/// What the class of this name does to bytes on their way, each in turn, and in which direction they go. Empty for
/// classes in which the client itself does something else, and for names of none.
pub fn damages(class: &str) -> Vec<(Toward, Damage)> {
    let toward = |toward: Toward| move |damage: Damage| (toward, damage);
    let mut all: Vec<_> = to_peer::damages(class).into_iter().map(toward(Toward::Peer)).collect();
    all.extend(to_client::damages(class).into_iter().map(toward(Toward::Client)));
    if class == mixture::MIXED.name {
        let others = ALL.iter().filter(|other| other.name != class);
        all.extend(others.flat_map(|other| damages(other.name)));
    }
    all
}

/// One case with what it is a case of.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The class.
    pub class: &'static Class,
    /// Where in the exchange the stream goes wrong.
    pub at: usize,
    /// Bytes of the exchange.
    pub of: usize,
    /// The case.
    pub case: Case,
}

/// Every trial. The seed chooses tokens, garbage and mixtures.
pub fn trials(seed: u64) -> Vec<Trial> {
    let mut trials = Trials { seed, class: ALL[0], made: Vec::new() };
    for class in ALL {
        trials.class = class;
        (class.make)(&mut trials);
    }
    trials.made.shrink_to_fit();
    trials.made
}

/// The same trials in an order of which any beginning is spread evenly: over the classes in turn, and within each
/// over its places.
pub fn spread(trials: Vec<Trial>) -> Vec<Trial> {
    let mut turns: Vec<(usize, usize, Trial)> = Vec::with_capacity(trials.len());
    let mut class = 0;
    let mut rest = trials.into_iter().peekable();
    while let Some(name) = rest.peek().map(|trial| trial.class.name) {
        let of_class: Vec<Trial> =
            std::iter::from_fn(|| rest.next_if(|trial| trial.class.name == name)).collect();
        let order = golden(of_class.len());
        turns.extend(of_class.into_iter().zip(order).map(|(trial, turn)| (turn, class, trial)));
        class += 1;
    }
    turns.sort_by_key(|(turn, class, _)| (*turn, *class));
    turns.into_iter().map(|(.., trial)| trial).collect()
}

/// For each of so many positions in a row, when it is taken. Multiples of the golden ratio leave gaps of few sizes
/// (the three-gap theorem), and keep no step with places that come in rounds.
fn golden(count: usize) -> Vec<usize> {
    const RATIO: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| (*at as u64).wrapping_mul(RATIO));
    let mut turns = vec![0; count];
    for (turn, at) in order.into_iter().enumerate() {
        turns[at] = turn;
    }
    turns
}

/// What is said between client and agent when the stream goes wrong.
struct Exchange {
    name: &'static str,
    command: Vec<u8>,
    /// Bytes of a stock agent's reply, about: places behind its end are none.
    reply: usize,
}

/// The exchanges, each of another kind.
fn exchanges() -> Vec<Exchange> {
    let line = |name: &str, arguments: Option<&Value>, id: Option<&Value>| {
        let mut line = request::execute(name, arguments, id);
        line.push(b'\n');
        line
    };
    let token = Value::Object(vec![("id".to_owned(), Value::int(1_234_567))]);
    let big = Value::String("a".repeat(BIG_CHARS));
    vec![
        Exchange { name: "guest-ping", command: line("guest-ping", None, None), reply: 15 },
        Exchange { name: "guest-info", command: line("guest-info", None, None), reply: 4500 },
        Exchange { name: "guest-sync", command: line("guest-sync", Some(&token), None), reply: 20 },
        Exchange {
            name: "guest-sync-delimited",
            command: line("guest-sync-delimited", Some(&token), None),
            reply: 21,
        },
        Exchange {
            name: "a big reply",
            command: line("guest-ping", None, Some(&big)),
            reply: BIG_CHARS + 23,
        },
    ]
}

/// The places of an exchange of so many bytes.
fn places(bytes: usize) -> impl Iterator<Item = usize> {
    (0..bytes).step_by(bytes.div_ceil(PLACES_MAX).max(1))
}

/// The trials made so far.
struct Trials {
    seed: u64,
    class: &'static Class,
    made: Vec<Trial>,
}

impl Trials {
    /// Adds a trial: `steps` bring the stream to where a client has to get back in step, which it does last,
    /// with `before` in the same write as its first request.
    fn push(
        &mut self,
        what: &str,
        place: (usize, usize),
        steps: Vec<Step>,
        before: impl Into<Payload>,
        faults: Vec<Fault>,
    ) {
        let index = FIRST_INDEX + self.made.len() as u64;
        // Far apart, so that no try of one case has the token of another's.
        let token =
            (1 << 60) + ((mix(self.seed, index) >> 24) << 16 | (self.made.len() as u64 & 0xFFF) << 4) as i64;
        let (at, of) = place;
        let mut steps = steps;
        // There are some ten thousand of them at a time.
        steps.reserve_exact(1);
        steps.push(Step::Sync(Sync { before: before.into().packed(), token, faults }));
        let case = Case {
            id: CaseId { seed: self.seed, index },
            name: format!("{AIM}: {} {what}, byte {at} of {of}", self.class.name),
            command: None,
            aim: Some(AIM.to_owned()),
            start: Start::Command,
            steps,
        };
        self.made.push(Trial { class: self.class, at, of, case });
    }

    /// Adds a trial for each place of each exchange's command, as `damaged` makes of it and the place.
    fn at_each_place(&mut self, what: &str, damaged: impl Fn(&[u8], usize) -> Vec<u8>) {
        for exchange in exchanges() {
            let of = exchange.command.len();
            for at in places(of) {
                let before = damaged(&exchange.command, at);
                let name = if what.is_empty() {
                    exchange.name.to_owned()
                } else {
                    format!("{what} in {}", exchange.name)
                };
                self.push(&name, (at, of), Vec::new(), before, Vec::new());
            }
        }
    }
}

/// SplitMix64 of two numbers.
fn mix(seed: u64, index: u64) -> u64 {
    let mut mixed =
        seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn each_beginning_of_the_spread_order_has_its_share_of_every_class_and_place() {
        let all = trials(3);
        let spread = spread(all.clone());
        let ids = |trials: &[Trial]| trials.iter().map(|trial| trial.case.id.index).collect::<BTreeSet<_>>();
        assert_eq!(ids(&spread), ids(&all));
        let first: BTreeSet<&str> = spread[..ALL.len()].iter().map(|trial| trial.class.name).collect();
        assert_eq!(first.len(), ALL.len(), "each class has its turn");
        let mut quarters: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
        for trial in &spread[..ALL.len() * 32] {
            quarters.entry(trial.class.name).or_default()[(trial.at * 4 / trial.of.max(1)).min(3)] += 1;
        }
        for class in ["command-bit-flipped", "reply-bit-flipped", "sync-request-damaged", "command-cut"] {
            assert!(quarters[class].iter().all(|count| *count >= 2), "{class}: {:?}", quarters[class]);
        }
    }

    #[test]
    fn any_beginning_of_the_golden_order_leaves_no_wide_gap() {
        let turns = golden(1_000);
        for taken in [10, 50, 200] {
            let at: Vec<usize> = (0..1_000).filter(|at| turns[*at] < taken).collect();
            let widest = at.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            assert!(widest <= 3 * 1_000 / taken, "{taken}: {widest}");
        }
    }
}
