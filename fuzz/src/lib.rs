//! Fuzz targets for our own code. Each body is one generator and one oracle over bytes: it makes something of
//! them, and says in what our code does not hold. Only the last line of a target panics.

pub mod corruption_breaks_one;
pub mod frame_split;
pub mod frame_vs_serde;
pub mod generated_conforms;
pub mod hostile_peer;
pub mod journal_torn;
pub mod judge_total;
pub mod live;
pub mod program;
pub mod scenario_roundtrip;
pub mod schema_load;
mod schemas;
pub mod sync_recovers;
mod transcripts;

use std::borrow::Cow;

#[cfg(fuzzing)]
#[doc(hidden)]
pub use libfuzzer_sys;

/// What an oracle says: our code holds, or in what it does not.
pub type Held = Result<(), String>;

/// Whether a refusal of this input is to be shown as a person sees it, which takes longer than to find it: of one in
/// sixteen, by its length, so that a fuzzer comes to all.
pub(crate) fn is_shown(input: &[u8]) -> bool {
    input.len().is_multiple_of(16)
}

/// The text of an input, whatever it is. Most have nothing to mend.
pub(crate) fn text(input: &[u8]) -> Cow<'_, str> {
    str::from_utf8(input).map_or_else(|_| String::from_utf8_lossy(input), Cow::Borrowed)
}

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: the module's, the program's, and that of its directory in `corpora/fuzz`.
    pub name: &'static str,
    /// What it does with an input.
    pub body: fn(&[u8]) -> Held,
}

/// Every target.
pub const ALL: &[Target] = &[
    Target { name: "frame_split", body: frame_split::body },
    Target { name: "frame_vs_serde", body: frame_vs_serde::body },
    Target { name: "schema_load", body: schema_load::body },
    Target { name: "generated_conforms", body: generated_conforms::body },
    Target { name: "corruption_breaks_one", body: corruption_breaks_one::body },
    Target { name: "judge_total", body: judge_total::body },
    Target { name: "scenario_roundtrip", body: scenario_roundtrip::body },
    Target { name: "journal_torn", body: journal_torn::body },
    Target { name: "sync_recovers", body: sync_recovers::body },
    Target { name: "hostile_peer", body: hostile_peer::body },
    Target { name: "live", body: live::body },
];

/// The program of a target: for libFuzzer where cargo-fuzz builds it, else one that replays and mutates inputs.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            if let Err(why) = $crate::$name::body(data) {
                panic!("{why}");
            }
        });

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            let target = $crate::Target { name: stringify!($name), body: $crate::$name::body };
            $crate::program::main(target, std::env::args().skip(1))
        }
    };
}

/// Says so where what should be equal is not. Neither side is shown: an input tells more.
pub(crate) fn equal<T: PartialEq>(a: &T, b: &T, what: &str) -> Held {
    if a == b { Ok(()) } else { Err(what.to_owned()) }
}
