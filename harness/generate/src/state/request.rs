//! One request before it is bytes: what it executes and with which arguments.

use qmprobe_wire::parse::parse;
use qmprobe_wire::{Value, request};

/// Levels of nesting of a request that is read back.
const NESTING_MAX: usize = 64;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The command.
    pub command: String,
    /// Its arguments; `None` leaves them out.
    pub arguments: Option<Value>,
}

impl Request {
    /// As bytes, as short as can be: compact and without a line end.
    pub fn bytes(&self, id: Option<i64>) -> Vec<u8> {
        request::execute(&self.command, self.arguments.as_ref(), id.map(Value::int).as_ref())
    }

    /// The same to be executed out of band.
    pub fn urgent_bytes(&self, id: i64) -> Vec<u8> {
        let mut members = vec![("exec-oob".to_owned(), Value::string(self.command.clone()))];
        members.extend(self.arguments.iter().map(|arguments| ("arguments".to_owned(), arguments.clone())));
        members.push(("id".to_owned(), Value::int(id)));
        Value::Object(members).encode()
    }

    /// Reads what [`Request::bytes`] or [`Request::urgent_bytes`] made; `None` for anything else.
    pub fn read(bytes: &[u8]) -> Option<Request> {
        Request::of(&parse(bytes, NESTING_MAX).value?)
    }

    /// The request that a value is; `None` for one that executes nothing.
    pub fn of(value: &Value) -> Option<Request> {
        let verb = value.get("execute").or_else(|| value.get("exec-oob"));
        let command = verb?.as_str()?.to_owned();
        Some(Request { command, arguments: value.get("arguments").cloned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_back_from_its_bytes() {
        let arguments = Value::Object(vec![("id".to_owned(), Value::string("a"))]);
        let request = Request { command: "device_del".to_owned(), arguments: Some(arguments) };
        assert_eq!(Request::read(&request.bytes(Some(7))), Some(request.clone()));
        assert_eq!(Request::read(&request.urgent_bytes(7)), Some(request.clone()));
        assert_eq!(request.bytes(None), br#"{"execute":"device_del","arguments":{"id":"a"}}"#);
    }

    #[test]
    fn what_executes_nothing_is_no_request() {
        assert_eq!(Request::read(b"{\"id\":1}"), None);
        assert_eq!(Request::read(b"{\"execute\":"), None);
    }
}
