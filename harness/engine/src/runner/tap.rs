//! What a client that gets back in step sees of a connection: the peer's bytes through the faults of the case.
//! The framer beside it sees what the peer really said, and that is what the peer is judged by.

use qmprobe_wire::fault::Channel;
use qmprobe_wire::recovery::{Event, Recovery};
use qmprobe_wire::{Attempt, Dialect, Fault, Toward};

/// Bytes that one answer to a recovering client may have.
const ANSWER_BYTES_MAX: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Tap {
    recovery: Recovery,
    channel: Channel,
    through: Vec<u8>,
    events: Vec<Event>,
    skipped: u32,
    unmarked: bool,
    refused: bool,
}

impl Tap {
    pub fn new(dialect: Dialect, faults: &[Fault]) -> Tap {
        Tap {
            recovery: Recovery::new(dialect, ANSWER_BYTES_MAX),
            channel: Channel::new(faults, Toward::Client),
            through: Vec::new(),
            events: Vec::new(),
            skipped: 0,
            unmarked: false,
            refused: false,
        }
    }

    /// The same for an agent that is known to have no plain sync to give way to.
    pub fn delimited_only(self) -> Tap {
        Tap { recovery: self.recovery.delimited_only(), ..self }
    }

    /// Begins a try; gives the bytes of its request.
    pub fn attempt(&mut self, number: u32, token: i64) -> Vec<u8> {
        let request = self.recovery.attempt(token);
        self.channel.begin(number, &mut self.through);
        (self.skipped, self.unmarked, self.refused) = (0, false, false);
        self.listen();
        request
    }

    /// Takes what came from the peer.
    pub fn hear(&mut self, bytes: &[u8]) {
        self.channel.pass(bytes, &mut self.through);
        self.listen();
    }

    fn listen(&mut self) {
        self.recovery.feed(&self.through, &mut self.events);
        self.through.clear();
        for event in self.events.drain(..) {
            self.skipped += u32::from(event != Event::Synced);
            self.unmarked |= event == Event::Unmarked;
            self.refused |= event == Event::Refused;
        }
    }

    /// Whether the client is back in step.
    pub fn is_synced(&self) -> bool {
        self.recovery.is_synced()
    }

    /// Whether the token came back at all, with or without the sentinel before it.
    pub fn has_token(&self) -> bool {
        self.unmarked || self.is_synced()
    }

    /// Whether nothing is worth waiting for in this try: its token came back, or the command is refused.
    pub fn is_over(&self) -> bool {
        self.has_token() || self.refused
    }

    /// What came of the try.
    pub fn account(&self, number: u32, token: i64) -> Attempt {
        Attempt { number, token, synced: self.is_synced(), skipped: self.skipped }
    }
}
