//! The command that is corrupted: its members as JSON texts, so that any byte of it can be wrong.

use crate::entropy::Entropy;

/// A command as its tokens.
#[derive(Clone, Debug)]
pub struct Command {
    /// Names with their quotes, and values; a value with its brackets counts as one token.
    members: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Command {
    /// A command with an id, and arguments if any; both are JSON texts.
    pub fn new(name: &str, arguments: Option<&str>, id: &str) -> Command {
        let mut members = vec![(quoted("execute"), quoted(name))];
        members.extend(arguments.map(|arguments| (quoted("arguments"), arguments.into())));
        members.push((quoted("id"), id.into()));
        Command { members }
    }

    /// The bytes of the sound command.
    pub fn bytes(&self) -> Vec<u8> {
        self.tokens().concat()
    }

    /// The value of a member; nothing where there is none.
    pub(crate) fn member(&self, name: &str) -> &[u8] {
        let name = quoted(name);
        self.members.iter().find(|(key, _)| *key == name).map_or(b"", |(_, value)| value)
    }

    /// The tokens: at least the braces and five between them.
    pub(super) fn tokens(&self) -> Vec<Vec<u8>> {
        let mut tokens = vec![b"{".to_vec()];
        for (nth, (name, value)) in self.members.iter().enumerate() {
            if nth > 0 {
                tokens.push(b",".to_vec());
            }
            tokens.extend([name.clone(), b":".to_vec(), value.clone()]);
        }
        tokens.push(b"}".to_vec());
        tokens
    }

    /// With this text for the value of the id.
    pub(super) fn with_id(&self, text: impl AsRef<[u8]>) -> Vec<u8> {
        self.with("id", text)
    }

    /// With this text for the value of a member, which is added if need be.
    pub(super) fn with(&self, name: &str, text: impl AsRef<[u8]>) -> Vec<u8> {
        let name = quoted(name);
        let text = text.as_ref().to_vec();
        let mut command = self.clone();
        match command.members.iter_mut().find(|(key, _)| *key == name) {
            Some((_, value)) => *value = text,
            None => command.members.push((name, text)),
        }
        command.bytes()
    }

    /// Without a member.
    pub(super) fn without(&self, name: &str) -> Vec<u8> {
        let mut command = self.clone();
        let name = quoted(name);
        command.members.retain(|(key, _)| *key != name);
        command.bytes()
    }

    /// With this text for the name of a member.
    pub(crate) fn with_raw_member(&self, name: &str, text: &[u8]) -> Vec<u8> {
        let mut command = self.clone();
        let name = quoted(name);
        if let Some((key, _)) = command.members.iter_mut().find(|(key, _)| *key == name) {
            *key = text.to_vec();
        }
        command.bytes()
    }

    /// With the members turned by so many places.
    pub(super) fn rotated(&self, places: usize) -> Vec<u8> {
        let mut command = self.clone();
        let count = command.members.len();
        command.members.rotate_left(places % count);
        command.bytes()
    }

    /// With this text in the place of one of the tokens that are `mark`.
    pub(super) fn with_mark(&self, mark: u8, text: &[u8], entropy: &mut Entropy) -> Vec<u8> {
        let mut tokens = self.tokens();
        let places: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at] == [mark]).collect();
        tokens[entropy.pick(&places)] = text.to_vec();
        tokens.concat()
    }

    /// With this byte somewhere between the first and the last.
    pub(super) fn torn_by(&self, byte: u8, entropy: &mut Entropy) -> Vec<u8> {
        let mut bytes = self.bytes();
        bytes.insert(1 + entropy.below(bytes.len() - 1), byte);
        bytes
    }
}

fn quoted(text: &str) -> Vec<u8> {
    format!("\"{text}\"").into_bytes()
}
