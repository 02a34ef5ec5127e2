//! What each line of a scenario does.

use super::super::due::Until;
use super::super::link::Heard;
use super::client::{Client, Heed};
use super::{Halt, Stage};
use qmprobe_scenario::{Action, Difference, Line, Pattern};
use qmprobe_target::Wrote;
use qmprobe_wire::{Payload, Value};

impl Stage<'_> {
    /// Does what line number `at` says.
    pub(super) async fn line(&mut self, at: usize) -> Result<(), Halt> {
        let scenario = self.scenario;
        let Some(line) = scenario.lines.get(at) else { return Ok(()) };
        if line.action.is_of_a_client() {
            let who = self.client(line).await?;
            return self.client_line(at, line, who).await;
        }
        match &line.action {
            Action::Capture { name, path } => self.capture(line, name, path),
            Action::Exit(code) => self.exit(line, *code).await,
            Action::Feed(name) => self.feed(line, name).await,
            Action::Memory(bytes) => self.memory(line, *bytes),
            _ => Ok(()),
        }
    }

    /// The index of the line's client, which comes in now if it was not there.
    async fn client(&mut self, line: &Line) -> Result<usize, Halt> {
        if let Some(at) = self.clients.iter().position(|client| client.name == line.client) {
            return Ok(at);
        }
        let mut client = Client::new(line.client.clone(), self.spec.dialect());
        // `reconnect` opens by itself.
        if line.action != Action::Reconnect {
            let opened = client.open(&mut self.peer, &mut self.ear, self.known, false).await;
            opened.map_err(|why| self.broken(line, why, Vec::new()))?;
        }
        self.clients.push(client);
        Ok(self.clients.len() - 1)
    }

    async fn client_line(&mut self, at: usize, line: &Line, who: usize) -> Result<(), Halt> {
        match &line.action {
            Action::Send(text) => {
                let mut bytes = self.bindings.fill(text);
                bytes.push(b'\n');
                self.send(line, who, &bytes.into()).await
            }
            Action::SendBytes(payload) => self.send(line, who, payload).await,
            Action::PassFd(name) => {
                let opened = self.peer.open_prop(name);
                let fd = opened.map_err(|error| self.broken(line, error.to_string(), Vec::new()))?;
                self.clients[who].pass = Some(fd);
                Ok(())
            }
            Action::Receive { pattern, .. } if pattern.is_of_an_event() => {
                self.event(line, who, pattern).await
            }
            Action::Receive { pattern, sentinel, overtakes } => {
                self.receive(at, line, who, (pattern, *sentinel, *overtakes)).await
            }
            Action::Event { name, data } => {
                let pattern = event_pattern(name, data.as_ref());
                self.event(line, who, &pattern).await
            }
            Action::Elide => {
                self.clients[who].eliding = true;
                Ok(())
            }
            Action::Wait(ms) => {
                self.wait(*ms).await;
                Ok(())
            }
            Action::Silence(ms) => self.silence(line, who, *ms).await,
            Action::HalfClose => {
                self.clients[who].half_close().await;
                Ok(())
            }
            Action::Eof => self.eof(line, who).await,
            Action::Drop => {
                self.clients[who].drop_connection().await;
                Ok(())
            }
            Action::Reconnect => self.reconnect(line, who).await,
            Action::Comment(_)
            | Action::Capture { .. }
            | Action::Exit(_)
            | Action::Scratch(_)
            | Action::Feed(_)
            | Action::Memory(_) => Ok(()),
        }
    }

    async fn send(&mut self, line: &Line, who: usize, payload: &Payload) -> Result<(), Halt> {
        match self.clients[who].send(payload, &mut self.ear, self.known).await {
            Wrote::All => Ok(()),
            Wrote::Closed => Err(self.broken(line, "the connection is closed", Vec::new())),
            Wrote::TimedOut(count) => {
                let why = format!("the peer stopped reading after {count} bytes");
                Err(self.broken(line, why, Vec::new()))
            }
        }
    }

    /// Waits for the reply that the line tells.
    async fn receive(
        &mut self,
        at: usize,
        line: &Line,
        who: usize,
        (pattern, sentinel, overtakes): (&Pattern, bool, bool),
    ) -> Result<(), Halt> {
        let patience = self.clients[who].patience(&self.ear);
        let deadline = self.ear.deadline(patience);
        let mut nearest: Option<(String, Vec<Difference>)> = None;
        let mut compared = 0;
        loop {
            self.clients[who].drain(&mut self.ear);
            while let Some(heed) = self.clients[who].inbox.get(compared) {
                let differences = self.differences(heed, pattern, sentinel);
                if differences.is_empty() {
                    let client = &mut self.clients[who];
                    let taken = client.inbox.remove(compared);
                    if client.eliding {
                        client.inbox.drain(..compared);
                    }
                    client.eliding = false;
                    if let Some(Heed::Message { message, .. }) = taken {
                        self.matched = message.into_value();
                    }
                    return Ok(());
                }
                let passes = self.clients[who].eliding || overtakes || self.is_awaited_oob(at, heed);
                nearest.get_or_insert_with(|| (heed.shown(), differences));
                if !passes && let Some((actual, differences)) = nearest {
                    return Err(self.broken(line, format!("there came {actual}"), differences));
                }
                compared += 1;
            }
            let heard = self.clients[who].listen(&Until::Message, deadline, &mut self.ear).await;
            if heard == Heard::All || self.clients[who].inbox.len() > compared {
                continue;
            }
            self.clients[who].missed(heard);
            let (why, differences) = match (nearest, heard) {
                (Some((actual, differences)), heard) => {
                    (format!("there came {actual}; then {}", in_words(heard)), differences)
                }
                (None, heard) => (in_words(heard), Vec::new()),
            };
            return Err(self.broken(line, why, differences));
        }
    }

    /// Whether a later line of the same client tells of it as one that overtakes.
    fn is_awaited_oob(&self, at: usize, heed: &Heed) -> bool {
        let lines = &self.scenario.lines;
        let client = lines.get(at).map(|line| &line.client);
        lines.iter().skip(at + 1).filter(|line| Some(&line.client) == client).any(|line| match &line.action {
            Action::Receive { pattern, sentinel, overtakes: true } => {
                self.differences(heed, pattern, *sentinel).is_empty()
            }
            _ => false,
        })
    }

    fn differences(&self, heed: &Heed, pattern: &Pattern, sentinel: bool) -> Vec<Difference> {
        let whole = |expected: &str, actual: &str| {
            vec![Difference { path: String::new(), expected: expected.to_owned(), actual: actual.to_owned() }]
        };
        let Heed::Message { message, sentinel: theirs } = heed else {
            return whole("a message", "something else");
        };
        let Some(value) = message.value() else { return whole("JSON", "something else") };
        let mut found = pattern.differences(value, &self.bindings, self.strictness());
        if *theirs != sentinel {
            let word = |there: bool| if there { "0xFF before it" } else { "no 0xFF before it" };
            found.extend(whole(word(sentinel), word(*theirs)));
        }
        found
    }

    /// Waits for the event that the line tells, unless it came already.
    async fn event(&mut self, line: &Line, who: usize, pattern: &Pattern) -> Result<(), Halt> {
        let patience = self.clients[who].patience(&self.ear);
        let deadline = self.ear.deadline(patience);
        let exact = self.scenario.header.exact_events;
        loop {
            self.clients[who].drain(&mut self.ear);
            let mut nearest = None;
            for index in 0..self.clients[who].events.len() {
                let message = &self.clients[who].events[index];
                let differences = match message.value() {
                    Some(value) => pattern.differences(value, &self.bindings, self.strictness()),
                    None => continue,
                };
                if differences.is_empty() {
                    self.matched = self.clients[who].events.remove(index).into_value();
                    return Ok(());
                }
                let fewest =
                    nearest.as_ref().is_none_or(|(_, known): &(_, Vec<_>)| differences.len() < known.len());
                if fewest {
                    let heed = Heed::Message { message: message.clone(), sentinel: false };
                    nearest = Some((heed.shown(), differences));
                }
                if exact && let Some((actual, differences)) = nearest {
                    return Err(self.broken(line, format!("there came {actual}"), differences));
                }
            }
            let heard = self.clients[who].listen(&Until::Message, deadline, &mut self.ear).await;
            if heard == Heard::All {
                continue;
            }
            let (why, differences) = match nearest {
                Some((actual, differences)) => {
                    (format!("{}; the nearest was {actual}", in_words(heard)), differences)
                }
                None => (in_words(heard), Vec::new()),
            };
            return Err(self.broken(line, why, differences));
        }
    }

    /// Lets time pass, and reads nothing: what comes meanwhile waits as well.
    async fn wait(&mut self, ms: u64) {
        let until = tokio::time::Instant::from_std(self.ear.deadline(ms));
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            _ = self.ear.stop.changed() => {}
        }
    }

    async fn silence(&mut self, line: &Line, who: usize, ms: u64) -> Result<(), Halt> {
        let deadline = self.ear.deadline(ms);
        let heard = self.clients[who].listen(&Until::Time, deadline, &mut self.ear).await;
        match self.clients[who].untold(false) {
            Some(actual) => Err(self.broken(line, format!("there came {actual}"), Vec::new())),
            None if heard == Heard::Closed => Err(self.broken(line, in_words(heard), Vec::new())),
            None => Ok(()),
        }
    }

    async fn eof(&mut self, line: &Line, who: usize) -> Result<(), Halt> {
        let deadline = self.ear.deadline(self.clients[who].patience(&self.ear));
        match self.clients[who].listen(&Until::Eof, deadline, &mut self.ear).await {
            Heard::All | Heard::Closed => {
                self.foretold = true;
                Ok(())
            }
            heard => Err(self.broken(line, in_words(heard), Vec::new())),
        }
    }

    async fn reconnect(&mut self, line: &Line, who: usize) -> Result<(), Halt> {
        let client = &mut self.clients[who];
        client.drain(&mut self.ear);
        if let Some(actual) = client.untold(self.scenario.header.exact_events) {
            return Err(self.broken(line, format!("no line tells of {actual}"), Vec::new()));
        }
        client.inbox.clear();
        client.events.clear();
        client.eliding = false;
        client.close(true).await;
        let monitor = client.name.as_ref().is_some_and(|name| self.scenario.header.monitors.contains(name));
        let opened = client.open(&mut self.peer, &mut self.ear, self.known, monitor).await;
        opened.map_err(|why| self.broken(line, why, Vec::new()))
    }

    fn capture(&mut self, line: &Line, name: &str, path: &str) -> Result<(), Halt> {
        let part =
            self.matched.as_ref().and_then(|message| qmprobe_scenario::pattern::at(message, path)).cloned();
        let Some(part) = part else {
            let message = self.matched.as_ref().map(Value::to_string).unwrap_or_default();
            return Err(self.broken(line, format!("there is no such part in {message}"), Vec::new()));
        };
        self.bindings.bind(name, part);
        Ok(())
    }

    async fn exit(&mut self, line: &Line, code: i32) -> Result<(), Halt> {
        let ms = self.ear.limits.step_ms_max;
        let Some(exit) = self.peer.wait_exit(ms).await else {
            return Err(self.broken(line, format!("it still runs after {ms} ms"), Vec::new()));
        };
        if exit.code != Some(code) {
            return Err(self.broken(line, exit.to_string(), Vec::new()));
        }
        self.foretold = true;
        Ok(())
    }

    fn memory(&self, line: &Line, bytes: u64) -> Result<(), Halt> {
        let (Some(before), Some(now)) = (self.rss_kib, self.peer.rss_kib()) else {
            return Err(self.broken(line, "its memory cannot be read", Vec::new()));
        };
        let grown = now.saturating_sub(before) * 1024;
        if grown <= bytes {
            return Ok(());
        }
        Err(self.broken(line, format!("it has grown by {grown} bytes"), Vec::new()))
    }

    async fn feed(&mut self, line: &Line, name: &str) -> Result<(), Halt> {
        match self.peer.feed(name, self.ear.limits.step_ms_max).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.broken(line, "nobody reads it", Vec::new())),
            Err(error) => Err(self.broken(line, error.to_string(), Vec::new())),
        }
    }
}

/// The message of an event: `data` as told, or any or none.
fn event_pattern(name: &str, data: Option<&Pattern>) -> Pattern {
    let mut members = vec![("event".to_owned(), Pattern::String(name.to_owned()))];
    members.extend(data.map(|data| ("data".to_owned(), data.clone())));
    Pattern::Object { members, more: data.is_none() }
}

fn in_words(heard: Heard) -> String {
    match heard {
        Heard::TimedOut { waited_ms } => format!("nothing came within {waited_ms} ms"),
        Heard::Closed => "the peer closed the connection".to_owned(),
        Heard::Flooded(limit) => format!("more came than {limit} allows"),
        Heard::CutShort => "the time for all of it was over".to_owned(),
        Heard::All | Heard::Stopped => "nothing came".to_owned(),
    }
}
