//! Which version's rules a document is held to: one question per feature of the schema language, answered
//! with the first or last version that has it.
//!
//! Source: QEMU `scripts/qapi` (`qapi.py` before 4.2) of the releases 0.15 to 11.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A QEMU version, as far as it decides about the schema language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Era {
    /// As in 7.2.
    pub major: u16,
    /// As in 7.2.
    pub minor: u16,
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no QEMU version: write 7.2")]
pub struct BadEra(String);

impl FromStr for Era {
    type Err = BadEra;

    fn from_str(text: &str) -> Result<Era, BadEra> {
        let bad = || BadEra(text.to_owned());
        let mut parts = text.split('.').map(str::parse);
        let major = parts.next().and_then(Result::ok).ok_or_else(bad)?;
        let minor = parts.next().unwrap_or(Ok(0)).map_err(|_| bad())?;
        if parts.all(|part| part.is_ok()) { Ok(Era { major, minor }) } else { Err(bad()) }
    }
}

impl fmt::Display for Era {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

const fn era(major: u16, minor: u16) -> Era {
    Era { major, minor }
}

/// The minor versions of each major one, up to the newest known.
const RELEASES: &[(u16, RangeInclusive<u16>)] = &[
    (0, 15..=15),
    (1, 0..=7),
    (2, 0..=12),
    (3, 0..=1),
    (4, 0..=2),
    (5, 0..=2),
    (6, 0..=2),
    (7, 0..=2),
    (8, 0..=2),
    (9, 0..=2),
    (10, 0..=2),
    (11, 0..=1),
];

/// Defines the questions: the first version that says yes, and the last if there is one.
macro_rules! questions {
    ($($(#[$doc:meta])+ $name:ident: $first:literal . $first_minor:literal $(..= $last:literal . $last_minor:literal)?;)+) => {
        impl Era {
            $($(#[$doc])+
            pub(super) fn $name(self) -> bool {
                self >= era($first, $first_minor) $(&& self <= era($last, $last_minor))?
            })+

            /// The answers to all questions.
            fn answers(self) -> Vec<bool> {
                vec![$(self.$name()),+]
            }
        }
    };
}

questions! {
    /// A missing comma is overlooked, and so is one too many.
    overlooks_commas: 0 . 0 ..= 1 . 5;
    /// Within strings a backslash takes the next character, whatever it is.
    escapes_anything: 1 . 2 ..= 2 . 3;
    /// Strings have the escapes of JSON.
    escapes_as_json: 2 . 4 ..= 4 . 1;
    /// Strings hold printable ASCII only, and `\\` is the only escape.
    strings_are_plain: 4 . 2;
    /// `true` and `false` are words of the language.
    has_booleans: 2 . 4;
    /// So is `null`.
    has_null: 2 . 4 ..= 4 . 1;
    /// The same key twice is an error.
    refuses_duplicate_keys: 2 . 0;
    /// Structs are introduced by `type`.
    says_type: 0 . 0 ..= 2 . 3;
    /// A member may be a struct without a name.
    nests_structs: 0 . 0 ..= 2 . 3;
    /// Flags are strings, and `gen` counts by being there.
    flags_are_strings: 0 . 0 ..= 2 . 3;
    /// There is `include`.
    includes: 2 . 1;
    /// There is `event`.
    has_events: 2 . 1;
    /// There is `pragma`.
    has_pragmas: 2 . 9;
    /// Pragmas are called whitelists.
    pragmas_whitelist: 2 . 9 ..= 5 . 2;
    /// Pragmas are called exceptions.
    pragmas_except: 6 . 0;
    /// A pragma excuses missing documentation.
    pragmas_excuse_docs: 9 . 0;
    /// Enumerations, members and branches may be written at length, with conditions.
    has_longhand: 4 . 0;
    /// Members may have features.
    members_have_features: 5 . 0;
    /// Values of enumerations may have features.
    values_have_features: 6 . 2;
    /// Structs may have features.
    structs_have_features: 4 . 1;
    /// Commands may have features.
    commands_have_features: 4 . 2;
    /// Every definition may have features.
    all_have_features: 5 . 0;
    /// `deprecated` and `unstable` mean something, and nothing to types.
    features_are_special: 6 . 2;
    /// `deprecated` means something, and nothing to types.
    deprecated_is_special: 5 . 0;
    /// A union may do without discriminator.
    has_simple_unions: 1 . 1 ..= 6 . 1;
    /// A simple union may have a base.
    simple_unions_have_bases: 1 . 1 ..= 2 . 3;
    /// A union's base may be written in place.
    has_inline_bases: 2 . 6;
    /// A discriminator may be any string.
    discriminators_are_strings: 1 . 7 ..= 1 . 7;
    /// Each value of a discriminator needs a branch.
    needs_every_branch: 2 . 7 ..= 2 . 12;
    /// A discriminator may not be conditional.
    discriminators_are_unconditional: 4 . 0;
    /// A branch may be a union itself.
    nests_unions: 8 . 1;
    /// `discriminator: {}` is an alternate.
    has_anonymous_unions: 1 . 7 ..= 2 . 3;
    /// There is `alternate`.
    has_alternates: 2 . 4;
    /// An alternate may have an array among its choices.
    alternates_have_arrays: 7 . 1;
    /// There is `boxed`.
    has_boxed: 2 . 7;
    /// Conditional arguments need `boxed`.
    conditional_arguments_need_boxed: 8 . 1;
    /// There is `allow-oob`.
    has_oob: 2 . 12;
    /// There is `allow-preconfig`.
    has_preconfig: 3 . 0;
    /// There is `coroutine`.
    has_coroutines: 5 . 2;
    /// There are conditions.
    has_conditions: 3 . 0;
    /// Conditions are C expressions.
    conditions_are_text: 3 . 0 ..= 6 . 1;
    /// There is `any`.
    has_any: 2 . 5;
    /// There is `null` as a type.
    has_null_type: 2 . 10;
    /// There is `QType`.
    has_qtype: 2 . 6;
    /// Names that mean any value without saying so.
    has_pseudo_types: 1 . 1 ..= 2 . 4;
    /// Only commands without `gen` may have them.
    pseudo_types_are_bound: 2 . 4 ..= 2 . 4;
    /// Names obey a grammar.
    names_are_checked: 2 . 4;
    /// The grammar wants a letter first, and no dots.
    names_begin_with_letters: 2 . 6;
    /// Capital letters in names of members need an excuse.
    names_are_lower: 2 . 6;
    /// Each kind of name has a case of its own.
    names_have_cases: 6 . 0;
    /// Definitions may not be called `…Kind`.
    reserves_kind: 2 . 4 ..= 6 . 1;
    /// But not that of a feature.
    features_have_any_case: 6 . 1 ..= 7 . 0;
    /// What types may not be called, commands and events may not be called either.
    reserves_suffixes_of_all: 2 . 4 ..= 6 . 0;
    /// Names that generated code needs for itself are refused.
    reserves_names: 2 . 5;
    /// Names clash that are one in C; before, only the very same do.
    names_clash_in_c: 2 . 6;
    /// Values clash that are one as constants in C, and there is one called `MAX` already.
    constants_clash: 2 . 4 ..= 2 . 5;
    /// Simple unions have `KIND` and `TYPE` among their constants, and no discriminator is called as its value is.
    unions_reserve_constants: 2 . 5 ..= 2 . 5;
    /// Members of an event's data have named types.
    events_nest_nothing: 2 . 1 ..= 2 . 3;
    /// An expression that defines nothing is overlooked.
    overlooks_strangers: 1 . 6 ..= 2 . 3;
    /// What is returned may be a struct without a name.
    returns_are_inline: 0 . 0 ..= 2 . 4;
    /// Arguments may be a union without more ado.
    unions_are_arguments: 2 . 4 ..= 2 . 4;
    /// `boxed` data may be an alternate, and may not be without members.
    boxed_data_is_full: 2 . 7 ..= 4 . 1;
    /// A union has a branch written out.
    needs_a_branch: 2 . 6 ..= 4 . 1;
    /// An alternate has two choices at least.
    needs_a_choice_of_two: 2 . 6 ..= 4 . 1;
    /// An alternate may tell integers from other numbers.
    tells_integers: 2 . 4 ..= 2 . 9;
    /// Choices must also differ where all values come as strings.
    choices_differ_as_strings: 2 . 10;
    /// A command returns an object unless it is excused.
    returns_are_objects: 2 . 4;
    /// A union without branches is an error where its discriminator has no values either.
    refuses_empty_unions: 4 . 2;
    /// References and clashes are checked.
    checks_references: 1 . 6;
    /// Documentation is parsed.
    checks_docs: 2 . 9;
    /// Descriptions of members may not contain `#optional`.
    docs_forbid_optional: 2 . 9 ..= 2 . 11;
    /// Also what commands and events take that is not written in place is not described with them.
    docs_describe_all: 4 . 2;
    /// Features are described.
    docs_have_features: 4 . 1;
    /// Documentation is markup: headings stand alone, and sections are indented.
    docs_are_markup: 5 . 2;
    /// The second line of a section says how far it is indented, and no longer the first.
    docs_indent_by_second_line: 8 . 1;
    /// Sections of documentation are told apart as in 9.0 and later.
    docs_are_strict: 9 . 0;
    /// Documentation has no sections for notes and examples any more.
    docs_have_no_notes: 9 . 1;
    /// A schema has 64 different features at most.
    limits_features: 10 . 0;
    /// A feature must be documented.
    features_need_docs: 4 . 2;
}

impl Era {
    /// The newest version known.
    pub const NEWEST: Era = era(11, 1);

    /// The releases whose rules differ from those of the next, newest first: what is tried when no era is given.
    pub(super) fn turns() -> impl Iterator<Item = Era> {
        let releases = RELEASES
            .iter()
            .rev()
            .flat_map(|(major, minors)| minors.clone().rev().map(|minor| era(*major, minor)));
        let mut newer = None;
        releases.filter(move |release| newer.replace(release.answers()) != Some(release.answers()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_and_without_its_micro_number() {
        assert_eq!("7.2".parse(), Ok(era(7, 2)));
        assert_eq!("2.12.1".parse(), Ok(era(2, 12)));
        assert_eq!("11".parse(), Ok(era(11, 0)));
        for bad in ["", "x", "7.", "7.2.x", "v7.2"] {
            assert!(bad.parse::<Era>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_set_of_rules_has_its_turn() {
        let turns: Vec<Era> = Era::turns().collect();
        assert_eq!(turns.first(), Some(&Era::NEWEST));
        for last_of_its_rules in [era(9, 0), era(8, 2), era(5, 2), era(2, 12), era(2, 4), era(1, 5)] {
            assert!(turns.contains(&last_of_its_rules), "{last_of_its_rules}");
        }
        assert!(!turns.contains(&era(7, 1)) && turns.is_sorted_by(|newer, older| newer > older));
    }

    #[test]
    fn versions_are_ordered_by_number_and_not_as_text() {
        assert!(era(2, 12) > era(2, 9) && era(10, 0) > era(9, 2));
        assert!(era(2, 12).needs_every_branch() && !era(3, 0).needs_every_branch());
    }
}
