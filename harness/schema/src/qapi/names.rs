//! What may be called how: the grammar of names, their case, and the names that generated code needs.
//!
//! Source: QEMU `scripts/qapi/expr.py:check_name_str` and its forerunners in `qapi.py`.

use super::era::Era;
use super::pragma::Pragmas;

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Type,
    Command,
    Event,
    Member,
    /// A value of an enumeration, which may begin with a digit.
    Value,
    Feature,
    /// A choice of an alternate.
    Choice,
}

/// Types whose members were excused from lower case before there was a pragma for that.
const UPPER_BEFORE_PRAGMAS: &[&str] = &[
    "ACPISlotType",
    "CpuInfo",
    "CpuInfoBase",
    "CpuInfoMIPS",
    "CpuInfoTricore",
    "QapiErrorClass",
    "UuidInfo",
    "X86CPURegister32",
];

/// What is wrong with `name`, if anything. `owner` is the definition that it is part of.
pub(super) fn fault(kind: Kind, name: &str, owner: &str, pragmas: &Pragmas, era: Era) -> Option<String> {
    if !era.names_are_checked() {
        // Nobody looked but the C compiler, which took no other; our own format has marks of its own.
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let bound = matches!(kind, Kind::Type | Kind::Command | Kind::Event | Kind::Member);
        let hopeless = bound && (name.is_empty() || !name.bytes().all(of_name));
        return hopeless.then(|| format!("'{name}' is no name"));
    }
    let Some(stem) = stem(kind, name, era) else {
        return Some(format!("'{name}' is no name"));
    };
    if era.reserves_names() && c_name(name).starts_with("q_") {
        return Some(format!("'{name}' is reserved: generated code has names that begin with 'q_'"));
    }
    let has = |wanted: fn(char) -> bool| stem.contains(wanted);
    let upper = has(|symbol| symbol.is_ascii_uppercase());
    let lower = has(|symbol| symbol.is_ascii_lowercase());
    if !era.names_have_cases() {
        let excused = match era.has_pragmas() {
            true => pragmas.excuses_members(owner),
            false => UPPER_BEFORE_PRAGMAS.contains(&owner),
        };
        let bound = era.names_are_lower() && !matches!(kind, Kind::Type | Kind::Command | Kind::Event);
        return (bound && upper && !excused).then(|| format!("'{name}' has capital letters"));
    }
    let excused = match kind {
        Kind::Command => pragmas.excuses_command(name),
        Kind::Member | Kind::Value => pragmas.excuses_members(owner),
        _ => false,
    };
    match kind {
        Kind::Type => {
            let camel = stem.starts_with(|first: char| first.is_ascii_uppercase())
                && stem.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && lower;
            (!camel).then(|| format!("the name of a type is in CamelCase, and '{name}' is not"))
        }
        Kind::Event => (lower || stem.contains('-'))
            .then(|| format!("the name of an event has neither lower case nor '-', and '{name}' does")),
        Kind::Command => (upper || stem.contains('_') && !excused).then(|| lower_case("a command", name)),
        Kind::Feature if era.features_have_any_case() => None,
        Kind::Member | Kind::Value | Kind::Feature | Kind::Choice => {
            ((upper || stem.contains('_')) && !excused).then(|| lower_case("a member", name))
        }
    }
}

fn lower_case(what: &str, name: &str) -> String {
    format!("the name of {what} has neither capital letters nor '_', and '{name}' does")
}

/// Whether a type may be called so as to its end, which the names of implicit types have.
pub(super) fn reserved_suffix(name: &str, era: Era) -> Option<&'static str> {
    let kind = era.reserves_kind() && name.ends_with("Kind");
    let list = era.reserves_names() && name.ends_with("List");
    if kind { Some("Kind") } else { list.then_some("List") }
}

/// Whether a member's name is needed by generated code.
pub(super) fn reserved_member(name: &str, era: Era) -> bool {
    let name = c_name(name);
    era.reserves_names() && (name == "u" || name.starts_with("has_"))
}

/// The name as it stands in C, by which names clash.
pub(super) fn c_name(name: &str) -> String {
    name.chars().map(|symbol| if symbol.is_ascii_alphanumeric() { symbol } else { '_' }).collect()
}

/// What is left of a well-formed name without its prefixes; `None` for others.
fn stem(kind: Kind, name: &str, era: Era) -> Option<&str> {
    let of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !era.names_begin_with_letters() {
        let begins = |byte: u8| {
            byte.is_ascii_alphabetic() || byte == b'_' || kind == Kind::Value && byte.is_ascii_digit()
        };
        let good =
            name.bytes().next().is_some_and(begins) && name.bytes().all(|byte| of_word(byte) || byte == b'.');
        return good.then_some(name);
    }
    if kind == Kind::Value && name.starts_with(|first: char| first.is_ascii_digit()) {
        return name.bytes().all(of_word).then_some(name);
    }
    let own = match name.strip_prefix("__") {
        // The prefix runs to the last underscore that leaves a name.
        Some(rest) => {
            let domain = rest.find('_').filter(|end| *end > 0)?;
            let good =
                rest[..domain].bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
            good.then_some(&rest[domain + 1..])?
        }
        None => name,
    };
    let experimental = own.strip_prefix("x-").or_else(|| own.strip_prefix("X-"));
    let own = experimental.filter(|_| era.names_have_cases()).unwrap_or(own);
    let good = own.starts_with(|first: char| first.is_ascii_alphabetic()) && own.bytes().all(of_word);
    good.then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(kind: Kind, name: &str, era: &str) -> bool {
        fault(kind, name, "Owner", &Pragmas::default(), era.parse().unwrap()).is_some()
    }

    #[test]
    fn a_name_is_letters_digits_hyphens_and_underscores() {
        for era in ["2.6", "5.2", "7.2"] {
            for name in ["query-name", "a1", "x-y", "__com.redhat_thing"] {
                assert!(!bad(Kind::Command, name, era), "{name} in {era}");
            }
            for name in ["", "1a", "-a", "a b", "a.b", "é", "__a", "q_x", "q-x"] {
                assert!(bad(Kind::Command, name, era), "{name} in {era}");
            }
            assert!(!bad(Kind::Value, "8bit", era) && bad(Kind::Member, "8bit", era));
        }
    }

    #[test]
    fn each_kind_has_its_case_since_6_0() {
        for (kind, good, wrong) in [
            (Kind::Type, "NameInfo", "nameInfo"),
            (Kind::Type, "Ab", "AB"),
            (Kind::Event, "RTC_CHANGE", "RTC-CHANGE"),
            (Kind::Command, "stop", "Stop"),
            (Kind::Member, "node-name", "node_name"),
        ] {
            assert!(!bad(kind, good, "7.2") && bad(kind, wrong, "7.2"), "{good} {wrong}");
        }
        let bad_feature = |era| bad(Kind::Feature, "Fast", era);
        assert!(bad_feature("6.0") && !bad_feature("6.1") && !bad_feature("7.0") && bad_feature("7.1"));
        assert!(!bad(Kind::Type, "nameInfo", "5.2") && !bad(Kind::Member, "node_name", "5.2"));
        assert!(bad(Kind::Member, "Node", "5.2"));
    }

    #[test]
    fn generated_code_keeps_names_for_itself() {
        let era: Era = "7.2".parse().unwrap();
        assert!(reserved_member("u", era) && reserved_member("has-x", era) && !reserved_member("use", era));
        assert_eq!(reserved_suffix("ThingList", era), Some("List"));
        assert_eq!(
            (reserved_suffix("ThingKind", era), reserved_suffix("ThingKind", Era { major: 5, minor: 2 })),
            (None, Some("Kind"))
        );
    }
}
