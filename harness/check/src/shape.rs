//! The exact shape of protocol envelopes (greeting, error, event), which no schema declares.

use crate::verdict::Breach;
use qmprobe_wire::Value;

/// What is wrong with the shape of an object.
#[derive(Debug, PartialEq, Eq)]
pub struct Defect {
    /// `missing`, `undeclared` or `type`.
    pub class: &'static str,
    /// Where.
    pub path: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

impl From<Defect> for Breach {
    fn from(defect: Defect) -> Breach {
        let Defect { class, path, expected, actual } = defect;
        Breach {
            class: class.to_owned(),
            value_path: path,
            expected: vec![expected],
            actual,
            ..Breach::default()
        }
    }
}

/// The first way in which `value` is not an object with exactly these members of these JSON types
/// (`integer`, `string`, `object`, `array`, or `any`).
pub fn exactly(value: &Value, path: &str, members: &[(&str, &str)]) -> Option<Defect> {
    let Some(actual) = value.as_object() else {
        return Some(defect("type", path.to_owned(), "object", value.json_type()));
    };
    for (name, json_type) in members {
        let at = join(path, name);
        match value.get(name) {
            None => return Some(defect("missing", at, json_type, "absent")),
            Some(member) if *json_type != "any" && member.json_type() != *json_type => {
                return Some(defect("type", at, json_type, member.json_type()));
            }
            Some(_) => {}
        }
    }
    let stranger = actual.iter().find(|(name, _)| !members.iter().any(|(known, _)| known == name));
    stranger.map(|(name, value)| defect("undeclared", join(path, name), "no such member", value.json_type()))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn defect(class: &'static str, path: String, expected: &str, actual: &str) -> Defect {
    Defect { class, path, expected: expected.to_owned(), actual: actual.to_owned() }
}
