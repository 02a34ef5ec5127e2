//! Commands with one thing wrong, in three layers that are kept apart: bytes, JSON, envelope. One file per
//! corruption and one line in [`ALL`]; each names the statement that it is about, and what must come of it.

mod bytes;
mod command;
mod envelope;
mod json;

use crate::entropy::Entropy;
pub use command::Command;
use qmprobe_wire::automaton::Stage;

/// Which layer of the protocol a corruption is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// What happens to bytes on their way.
    Bytes,
    /// What is JSON and what is not.
    Json,
    /// What is a command and what is not.
    Envelope,
}

/// What must come of a corrupted command, of a parser like QEMU's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The first outcome is an error, of this stage where errors wait for the brackets to balance, and the
    /// command is not carried out.
    Refused(Stage),
    /// An error of this stage comes first, and then the command is carried out.
    Preceded(Stage),
    /// The command is carried out, and an error of this stage follows.
    Followed(Stage),
    /// It is one value, which is refused under the rule that the corruption breaks.
    Dispatched,
    /// Nothing comes of it.
    Unfinished,
    /// The command is carried out, and nothing else comes of it.
    Harmless,
    /// Anything may come of it, but a command after a resynchronisation is carried out.
    Recoverable,
}

/// How much a corrupted command costs a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As much as a sound one.
    Light,
    /// Some KiB, and up to two thousand errors.
    Heavy,
    /// Up to 64 MiB.
    Huge,
}

/// One way to corrupt a command.
#[derive(Debug)]
pub struct Corruption {
    /// Its name: the file's, with hyphens.
    pub name: &'static str,
    /// Its layer.
    pub layer: Layer,
    /// The slug of the one rule that it puts to the test.
    pub breaks: &'static str,
    /// The statement that it is about, in one sentence.
    pub statement: &'static str,
    /// What must come of it.
    pub claim: Claim,
    /// What it costs.
    pub weight: Weight,
    apply: fn(&Command, &mut Entropy) -> Vec<u8>,
}

impl Corruption {
    /// The bytes of the command with this wrong in it.
    pub fn apply(&self, command: &Command, entropy: &mut Entropy) -> Vec<u8> {
        (self.apply)(command, entropy)
    }
}

/// Every corruption, layer by layer.
pub const ALL: &[&Corruption] = &[
    &bytes::truncate::CORRUPTION,
    &bytes::drop_byte::CORRUPTION,
    &bytes::duplicate_byte::CORRUPTION,
    &bytes::flip_bit::CORRUPTION,
    &bytes::swap_bytes::CORRUPTION,
    &bytes::insert_ff::CORRUPTION,
    &bytes::insert_fe::CORRUPTION,
    &bytes::insert_nul::CORRUPTION,
    &bytes::insert_control::CORRUPTION,
    &bytes::stray_high_byte::CORRUPTION,
    &bytes::split_character::CORRUPTION,
    &bytes::byte_order_mark::CORRUPTION,
    &bytes::line_ends::CORRUPTION,
    &json::missing_comma::CORRUPTION,
    &json::double_comma::CORRUPTION,
    &json::leading_comma::CORRUPTION,
    &json::trailing_comma::CORRUPTION,
    &json::missing_colon::CORRUPTION,
    &json::double_colon::CORRUPTION,
    &json::missing_value::CORRUPTION,
    &json::unquoted_name::CORRUPTION,
    &json::name_of_another_type::CORRUPTION,
    &json::single_quotes::CORRUPTION,
    &json::escaped_name::CORRUPTION,
    &json::open_string::CORRUPTION,
    &json::control_character_in_string::CORRUPTION,
    &json::unknown_escape::CORRUPTION,
    &json::short_unicode_escape::CORRUPTION,
    &json::lone_surrogate::CORRUPTION,
    &json::noncharacter::CORRUPTION,
    &json::invalid_utf8::CORRUPTION,
    &json::overlong_utf8::CORRUPTION,
    &json::nul_in_string::CORRUPTION,
    &json::leading_zero::CORRUPTION,
    &json::plus_sign::CORRUPTION,
    &json::bare_point::CORRUPTION,
    &json::trailing_point::CORRUPTION,
    &json::empty_exponent::CORRUPTION,
    &json::zero_exponent::CORRUPTION,
    &json::lone_minus::CORRUPTION,
    &json::hexadecimal::CORRUPTION,
    &json::digit_separator::CORRUPTION,
    &json::not_a_number::CORRUPTION,
    &json::keyword_in_capitals::CORRUPTION,
    &json::unknown_keyword::CORRUPTION,
    &json::comment::CORRUPTION,
    &json::interpolation::CORRUPTION,
    &json::duplicate_name::CORRUPTION,
    &json::nested_duplicate_name::CORRUPTION,
    &json::surplus_closer::CORRUPTION,
    &json::missing_closer::CORRUPTION,
    &json::mismatched_closer::CORRUPTION,
    &json::nesting_allowed::CORRUPTION,
    &json::nesting_exceeded::CORRUPTION,
    &json::nesting_hostile::CORRUPTION,
    &json::token_count::CORRUPTION,
    &json::token_size::CORRUPTION,
    &envelope::no_verb::CORRUPTION,
    &envelope::empty_object::CORRUPTION,
    &envelope::verb_of_another_type::CORRUPTION,
    &envelope::arguments_of_another_type::CORRUPTION,
    &envelope::unknown_member::CORRUPTION,
    &envelope::member_in_capitals::CORRUPTION,
    &envelope::oob_unasked::CORRUPTION,
    &envelope::both_verbs::CORRUPTION,
    &envelope::batch::CORRUPTION,
    &envelope::no_object::CORRUPTION,
    &envelope::unknown_command::CORRUPTION,
    &envelope::command_in_capitals::CORRUPTION,
    &envelope::unknown_command_with_defect::CORRUPTION,
    &envelope::unknown_argument::CORRUPTION,
    &envelope::order_of_members::CORRUPTION,
];
