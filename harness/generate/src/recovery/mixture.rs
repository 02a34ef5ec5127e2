//! Several things going wrong one after another, in both directions and in more than one try.

use super::{Class, exchanges, mix, to_peer};
use qmprobe_wire::{Damage, Fault, Toward};

/// Mixtures.
const MIXTURES: u64 = 2_500;
/// Faults of one at most.
const FAULTS_MAX: u64 = 5;
/// Tries that faults are spread over.
const ATTEMPTS: u64 = 3;
/// Bytes of a try, about, over which faults are spread.
const SPREAD: u64 = 180;

pub(super) static MIXED: Class = Class {
    name: "several-faults",
    title: "several of all this, in both directions",
    expected: "the try after the last fault is answered and recognised",
    tries: ATTEMPTS as u32 + 1,
    make: |trials| {
        let exchanges = exchanges();
        for nth in 0..MIXTURES {
            let mut dice = Dice { seed: mix(trials.seed, nth), rolled: 0 };
            // The big ones are not worth their bytes here.
            let exchange = &exchanges[dice.roll(4) as usize];
            let count = 1 + dice.roll(FAULTS_MAX);
            let faults: Vec<Fault> = (0..count).map(|_| dice.fault()).collect();
            let before = exchange.command.repeat(dice.roll(3) as usize);
            let place = (faults.iter().map(|fault| fault.at).min().unwrap_or_default(), SPREAD as usize);
            let what = format!("mixture {nth} with {}", exchange.name);
            trials.push(&what, place, Vec::new(), before, faults);
        }
    },
};

struct Dice {
    seed: u64,
    rolled: u64,
}

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.rolled += 1;
        mix(self.seed, self.rolled) % sides
    }

    fn fault(&mut self) -> Fault {
        let at = self.roll(SPREAD) as usize;
        let insert = |bytes: &[u8]| Damage::Insert(bytes.to_vec());
        let damage = match self.roll(10) {
            0 => Damage::Lose,
            1 => Damage::Double,
            2 => Damage::Flip(1 << self.roll(8)),
            3 => Damage::Cut,
            4 => Damage::Hold,
            5 => insert(b"\xff"),
            6 => insert(b"\""),
            7 => insert(b"{"),
            8 => insert(b"\xff{\"return\": 1}\n"),
            _ => Damage::Insert(to_peer::garbage(self.seed, at)),
        };
        let toward = if self.roll(2) == 0 { Toward::Peer } else { Toward::Client };
        Fault { attempt: self.roll(ATTEMPTS) as u32, toward, at, damage }
    }
}
