//! How a client gets back in step over a stream that lost, gained or changed bytes: it resets the peer's parser,
//! sends a request with a token that was never used before, and skips whatever comes before its answer.
//! Pure: tokens and the end of each try's patience come from outside. Source: QEMU `qga/qapi-schema.json`,
//! guest-sync-delimited and guest-sync.

use crate::parse::parse;
use crate::request;
use crate::session::Dialect;
use crate::value::Value;

/// The byte that is no part of any text: it resets the peer's parser, and an agent sends it before the answer
/// to a delimited sync.
pub const SENTINEL: u8 = 0xFF;
/// Bytes of a message without sentinel that are kept, to see an agent refuse the sync.
const REFUSAL_BYTES_MAX: usize = 4 << 10;
/// Levels of nesting of an answer.
const NESTING_MAX: usize = 64;

/// By what the answer is told from older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `guest-sync-delimited`: by the sentinel before it and its token.
    Delimited,
    /// `guest-sync`: by its token alone. An answer right behind half a line of an older one is lost with it.
    Plain,
    /// A monitor has no sync: by the token as the `id` of a command.
    Monitor,
}

/// What came of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The answer to this try: what follows is younger than its request.
    Synced,
    /// The answer to this try, but without the sentinel that belongs before it. Whoever talks to an agent that
    /// sends none may take it.
    Unmarked,
    /// The answer to another token: of an earlier try, or damaged.
    Stale(i128),
    /// So many bytes that answer nothing.
    Discarded(usize),
    /// The agent has no delimited sync, or an older command is refused late. The next try is a plain one.
    Refused,
    /// A message is longer than may be: this try is lost.
    Overlong,
}

/// The client's side of recovery. Begin each try with [`Recovery::attempt`], feed it what comes, and begin the
/// next when the patience for one is at its end; the channel stays open.
#[derive(Debug)]
pub struct Recovery {
    style: Style,
    bytes_max: usize,
    token: Option<i64>,
    refused: bool,
    /// A refusal is taken for one of the sync itself.
    gives_way: bool,
    synced: bool,
    reader: Reader,
}

/// Cuts the stream into messages that may each be damaged.
#[derive(Debug, Default)]
struct Reader {
    course: Course,
    /// The message or the junk so far.
    held: Vec<u8>,
    /// Bytes of it, kept or not.
    length: usize,
    /// A sentinel stands directly before it.
    marked: bool,
    after_newline: bool,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Course {
    #[default]
    Between,
    Message,
    /// Until the end of the line.
    Junk,
}

/// What a byte ended.
enum Cut {
    Message { marked: bool },
    Junk(usize),
}

impl Recovery {
    /// A client that has not begun. `bytes_max` bounds one message.
    pub fn new(dialect: Dialect, bytes_max: usize) -> Recovery {
        let style = match dialect {
            Dialect::Qmp => Style::Monitor,
            Dialect::Qga => Style::Delimited,
        };
        Recovery {
            style,
            bytes_max,
            token: None,
            refused: false,
            gives_way: true,
            synced: false,
            reader: Reader::default(),
        }
    }

    /// The same for an agent that is known to have the delimited sync and not the plain one: what is refused is
    /// something else.
    pub fn delimited_only(self) -> Recovery {
        Recovery { gives_way: false, ..self }
    }

    /// Begins a try, and gives the bytes to write at once. `token` must be positive and new to the channel.
    pub fn attempt(&mut self, token: i64) -> Vec<u8> {
        if std::mem::take(&mut self.refused) {
            self.style = Style::Plain;
        }
        self.token = Some(token);
        self.synced = false;
        let value = Value::int(token);
        let arguments = Value::Object(vec![("id".to_owned(), value.clone())]);
        let mut bytes = vec![SENTINEL];
        bytes.extend(match self.style {
            Style::Delimited => request::execute("guest-sync-delimited", Some(&arguments), None),
            Style::Plain => request::execute("guest-sync", Some(&arguments), None),
            Style::Monitor => request::execute("query-version", None, Some(&value)),
        });
        bytes.push(b'\n');
        bytes
    }

    /// Takes bytes in, in any split, and appends what comes of them. Stops behind the answer, which may leave
    /// bytes that are another reader's: returns how many it took.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if self.synced {
                return at;
            }
            match self.reader.take(*byte) {
                Some(Cut::Message { marked }) => self.message(marked, events),
                Some(Cut::Junk(length)) => events.push(Event::Discarded(length)),
                None => self.bound(events),
            }
        }
        bytes.len()
    }

    /// Whether the answer to the last try came.
    pub fn is_synced(&self) -> bool {
        self.synced
    }

    /// By what this try's answer is told.
    pub fn style(&self) -> Style {
        self.style
    }

    fn message(&mut self, marked: bool, events: &mut Vec<Event>) {
        let value = parse(&self.reader.held, NESTING_MAX).value;
        let returned = value.as_ref().and_then(|value| value.get("return")?.as_integer());
        let is_ours = |given: Option<i128>| given.is_some() && given == self.token.map(i128::from);
        let event = match (self.style, returned) {
            (Style::Monitor, _) => {
                let id = value.as_ref().and_then(|value| value.get("id")?.as_integer());
                if is_ours(id) { Event::Synced } else { Event::Discarded(self.reader.length) }
            }
            (Style::Delimited, Some(_)) if !marked && is_ours(returned) => Event::Unmarked,
            (Style::Delimited, Some(_)) if !marked => Event::Discarded(self.reader.length),
            (Style::Delimited | Style::Plain, Some(_)) if is_ours(returned) => Event::Synced,
            (Style::Delimited | Style::Plain, Some(other)) => Event::Stale(other),
            (Style::Delimited, None) if !marked && self.gives_way && is_refusal(value.as_ref()) => {
                Event::Refused
            }
            (Style::Delimited | Style::Plain, None) => Event::Discarded(self.reader.length),
        };
        self.synced = event == Event::Synced;
        self.refused |= event == Event::Refused;
        events.push(event);
    }

    /// Holds the message that is being read to its limit.
    fn bound(&mut self, events: &mut Vec<Event>) {
        if self.reader.course != Course::Message {
            return;
        }
        if self.reader.length > self.bytes_max {
            self.reader.course = Course::Junk;
            self.reader.held = Vec::new();
            events.push(Event::Overlong);
        } else if self.style == Style::Delimited
            && !self.reader.marked
            && self.reader.length > REFUSAL_BYTES_MAX
        {
            // No answer of ours: it need not be kept, only counted.
            self.reader.course = Course::Junk;
            self.reader.held = Vec::new();
        }
    }
}

fn is_refusal(value: Option<&Value>) -> bool {
    let class = value.and_then(|value| value.get("error")?.get("class")?.as_str());
    class == Some("CommandNotFound")
}

impl Reader {
    /// Takes one byte; says what it ended. The bytes of a message are then in `held`.
    fn take(&mut self, byte: u8) -> Option<Cut> {
        let begins_line = std::mem::replace(&mut self.after_newline, byte == b'\n');
        if byte == SENTINEL {
            let cut = self.drop_held();
            self.marked = true;
            return cut;
        }
        match self.course {
            Course::Between => {
                match byte {
                    b' ' | b'\t' | b'\r' | b'\n' => {}
                    b'{' => self.begin(),
                    _ => self.go_astray(),
                }
                None
            }
            // Only the start of a message stands there: pretty output is indented.
            _ if byte == b'{' && begins_line => {
                let cut = self.drop_held();
                self.begin();
                cut
            }
            _ if byte == b'\n' && (self.in_string || self.course == Course::Junk) => self.drop_held(),
            Course::Junk => {
                self.length += 1;
                None
            }
            Course::Message => self.go_on(byte),
        }
    }

    fn begin(&mut self) {
        self.course = Course::Message;
        self.held.clear();
        self.held.push(b'{');
        self.length = 1;
        self.depth = 1;
        self.in_string = false;
        self.escaped = false;
    }

    fn go_astray(&mut self) {
        self.course = Course::Junk;
        self.length = 1;
        self.in_string = false;
    }

    /// Gives up what was begun, and the sentinel before it.
    fn drop_held(&mut self) -> Option<Cut> {
        self.marked = false;
        self.in_string = false;
        let begun = std::mem::take(&mut self.course) != Course::Between;
        begun.then_some(Cut::Junk(self.length))
    }

    fn go_on(&mut self, byte: u8) -> Option<Cut> {
        self.held.push(byte);
        self.length += 1;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            b'{' | b'[' if !self.in_string => self.depth += 1,
            b'}' | b']' if !self.in_string => self.depth -= 1,
            _ => {}
        }
        if self.depth > 0 {
            return None;
        }
        self.course = Course::Between;
        Some(Cut::Message { marked: std::mem::take(&mut self.marked) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(recovery: &mut Recovery, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        recovery.feed(bytes, &mut events);
        events
    }

    fn agent(token: i64) -> Recovery {
        let mut recovery = Recovery::new(Dialect::Qga, 1 << 20);
        recovery.attempt(token);
        recovery
    }

    #[test]
    fn the_request_is_the_reset_byte_and_a_delimited_sync_on_one_line() {
        let request = Recovery::new(Dialect::Qga, 64).attempt(7);
        assert_eq!(request, b"\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}\n");
    }

    #[test]
    fn whatever_stands_before_the_sentinel_is_skipped() {
        let mut recovery = agent(7);
        let events =
            hear(&mut recovery, b"{\"return\": {}}\n{\"ret\xff{\"return\": 6}\n\xff{\"return\": 7}\n");
        assert_eq!(events, [Event::Discarded(14), Event::Discarded(5), Event::Stale(6), Event::Synced]);
        assert!(recovery.is_synced());
    }

    #[test]
    fn a_token_without_its_sentinel_is_told_apart() {
        let mut recovery = agent(7);
        assert_eq!(hear(&mut recovery, b"{\"return\": 7}\n"), [Event::Unmarked]);
        assert!(!recovery.is_synced());
    }

    #[test]
    fn a_sentinel_counts_for_what_directly_follows_only() {
        let mut recovery = agent(7);
        let events =
            hear(&mut recovery, b"\xff{\"error\": {}}\n{\"return\": 7}\n\xffjunk\n{\"return\": 7}\n");
        assert_eq!(
            events,
            [Event::Discarded(13), Event::Unmarked, Event::Discarded(4), Event::Unmarked],
            "{events:?}"
        );
        assert_eq!(hear(&mut recovery, b"\xff\xff \xff{\"return\": 7}"), [Event::Synced]);
    }

    #[test]
    fn bytes_behind_the_answer_are_left_to_the_next_reader() {
        let mut recovery = agent(7);
        let mut events = Vec::new();
        assert_eq!(recovery.feed(b"\xff{\"return\": 7}\nmore", &mut events), 14);
    }

    #[test]
    fn an_agent_without_the_delimited_sync_is_asked_for_the_plain_one_next() {
        let mut recovery = agent(7);
        let refusal = b"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"\"}}\n";
        assert_eq!(hear(&mut recovery, refusal), [Event::Refused]);
        let request = recovery.attempt(8);
        assert!(request.starts_with(b"\xff{\"execute\":\"guest-sync\","));
        assert_eq!(recovery.style(), Style::Plain);
        let events = hear(&mut recovery, b"{\"ret\n{\"return\": 7}\n{\"a\": {\n{\"return\": 8}\n");
        assert_eq!(
            events,
            [Event::Discarded(5), Event::Stale(7), Event::Discarded(8), Event::Synced],
            "a half line does not swallow the next"
        );
    }

    #[test]
    fn an_agent_that_has_only_the_delimited_sync_is_asked_for_no_other() {
        let mut recovery = Recovery::new(Dialect::Qga, 1 << 20).delimited_only();
        recovery.attempt(7);
        let refusal = b"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"\"}}\n";
        assert_eq!(hear(&mut recovery, refusal), [Event::Discarded(51)]);
        assert!(recovery.attempt(8).starts_with(b"\xff{\"execute\":\"guest-sync-delimited\","));
        assert_eq!(hear(&mut recovery, b"\xff{\"return\": 8}\n"), [Event::Synced]);
    }

    #[test]
    fn a_monitor_is_told_by_the_id_even_where_it_prints_over_many_lines() {
        let mut recovery = Recovery::new(Dialect::Qmp, 1 << 20);
        assert_eq!(recovery.attempt(9), b"\xff{\"execute\":\"query-version\",\"id\":9}\n");
        let events = hear(
            &mut recovery,
            b"{\"return\": {}, \"id\": 8}\r\n{\n    \"return\": {\n    },\n    \"id\": 9\n}\r\n",
        );
        assert_eq!(events, [Event::Discarded(23), Event::Synced]);
    }

    #[test]
    fn an_endless_answer_is_given_up_and_does_not_keep_memory() {
        let mut recovery = Recovery::new(Dialect::Qga, 1000);
        recovery.attempt(7);
        let events = hear(&mut recovery, &[b"\xff{\"return\": \"".as_slice(), &[b'x'; 5000]].concat());
        assert_eq!(events, [Event::Overlong]);
        assert_eq!(hear(&mut recovery, b"\n\xff{\"return\": 7}"), [Event::Discarded(5012), Event::Synced]);
        assert!(recovery.reader.held.capacity() < 4096);
    }

    #[test]
    fn a_large_reply_before_the_sentinel_is_counted_and_not_kept() {
        let mut recovery = agent(7);
        let large = [b"{\"return\": \"".as_slice(), &[b'x'; 100_000], b"\"}\n\xff{\"return\": 7}\n"].concat();
        assert_eq!(hear(&mut recovery, &large), [Event::Discarded(100_014), Event::Synced]);
        assert!(recovery.reader.held.capacity() < 2 * REFUSAL_BYTES_MAX);
    }
}
