//! Requests as exact bytes, for whoever wants a well-formed one. Malformed ones are written by hand.

use crate::value::{Value, encode_string};

/// `{"execute":NAME,"arguments":…,"id":…}` in compact JSON without a newline;
/// members that are `None` are left out.
pub fn execute(name: &str, arguments: Option<&Value>, id: Option<&Value>) -> Vec<u8> {
    envelope("execute", name, arguments, id)
}

/// The same with `exec-oob` in place of `execute`.
pub fn exec_oob(name: &str, arguments: Option<&Value>, id: Option<&Value>) -> Vec<u8> {
    envelope("exec-oob", name, arguments, id)
}

fn envelope(verb: &str, name: &str, arguments: Option<&Value>, id: Option<&Value>) -> Vec<u8> {
    let mut out = Vec::with_capacity(48 + name.len());
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(verb.as_bytes());
    out.extend_from_slice(b"\":");
    encode_string(name, &mut out);
    if let Some(arguments) = arguments {
        out.extend_from_slice(b",\"arguments\":");
        arguments.encode_into(&mut out);
    }
    if let Some(id) = id {
        out.extend_from_slice(b",\"id\":");
        id.encode_into(&mut out);
    }
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_are_not_given_are_left_out() {
        assert_eq!(execute("query-name", None, None), br#"{"execute":"query-name"}"#);
    }

    #[test]
    fn a_full_request_reads_back() {
        let arguments = Value::Object(vec![("id".into(), Value::int(7))]);
        let bytes = exec_oob("a\"b", Some(&arguments), Some(&Value::Null));
        assert_eq!(bytes, br#"{"exec-oob":"a\"b","arguments":{"id":7},"id":null}"#);
        let parsed = crate::parse::parse(&bytes, 8);
        assert!(parsed.deviations.is_empty());
        assert_eq!(parsed.value.unwrap().get("arguments"), Some(&arguments));
    }
}
