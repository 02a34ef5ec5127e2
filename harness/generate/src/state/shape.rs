//! What values look like from afar: two with the same shape are likely to lead a peer the same way.

use qmprobe_wire::Value;

/// Levels of nesting that are told apart.
const NESTING_MAX: usize = 16;
/// Places of one value.
const PLACES_MAX: usize = 256;

/// A place in a value, as `a.b[]`, and the class of what stands there.
pub type Feature = (String, String);

/// The places of a value with the class of each: `0`, `-`, `+`, `huge`, `""`, `long`, a word that the schema
/// knows by itself. `is_word` says whether a string is one of those.
pub fn features(value: &Value, is_word: &dyn Fn(&str) -> bool) -> Vec<Feature> {
    let mut out = Vec::new();
    walk(value, String::new(), 0, is_word, &mut out);
    out
}

fn walk(value: &Value, path: String, depth: usize, is_word: &dyn Fn(&str) -> bool, out: &mut Vec<Feature>) {
    if out.len() >= PLACES_MAX || depth >= NESTING_MAX {
        return;
    }
    out.push((path.clone(), class(value, is_word)));
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(member, path, depth + 1, is_word, out);
            }
        }
        Value::Array(elements) => {
            for element in elements.iter().take(4) {
                walk(element, format!("{path}[]"), depth + 1, is_word, out);
            }
        }
        _ => {}
    }
}

fn class(value: &Value, is_word: &dyn Fn(&str) -> bool) -> String {
    let integer = |integer: i128| match integer {
        0 => "0",
        i128::MIN..0 => "-",
        1..4096 => "+",
        4096..0x1_0000_0000 => "large",
        _ => "huge",
    };
    let word = match value {
        Value::Null => "null",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        Value::Number(number) => number.as_integer().map_or("number", integer),
        Value::String(text) if is_word(text) => return text.clone(),
        Value::String(text) if text.is_empty() => "\"\"",
        Value::String(text) if text.starts_with('/') => "path",
        Value::String(text) if text.len() > 255 => "long",
        Value::String(_) => "text",
        Value::Array(elements) if elements.is_empty() => "[]",
        Value::Array(_) => "[..]",
        Value::Object(members) if members.is_empty() => "{}",
        Value::Object(_) => "{..}",
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::parse::parse;

    fn of(text: &str) -> Vec<Feature> {
        features(&parse(text.as_bytes(), 32).value.unwrap(), &|word| word == "file")
    }

    #[test]
    fn values_that_differ_in_degree_only_have_one_shape() {
        assert_eq!(of(r#"{"a":7,"b":"x"}"#), of(r#"{"a":9,"b":"why"}"#));
        assert_ne!(of(r#"{"a":7}"#), of(r#"{"a":0}"#));
        assert_ne!(of(r#"{"a":"x"}"#), of(r#"{"a":""}"#));
        assert_ne!(of(r#"{"a":"x"}"#), of(r#"{"a":"file"}"#), "a word of the schema is told from another");
        assert_ne!(of(r#"{"a":[]}"#), of(r#"{"a":[1]}"#));
    }

    #[test]
    fn a_value_of_any_size_or_depth_has_a_bounded_shape() {
        let wide = format!("[{}1]", "1,".repeat(100_000));
        assert!(of(&wide).len() <= PLACES_MAX);
        let deep = format!("{}1{}", "[".repeat(30), "]".repeat(30));
        assert_eq!(of(&deep).len(), NESTING_MAX);
    }
}
