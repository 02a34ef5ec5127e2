//! Pragmas: what a schema excuses from the rules, and whether it must be documented. The last one holds for
//! all of it, wherever it stands.

use super::era::Era;
use super::fault::{Faults, Span, did_you_mean};
use super::syntax::{Entry, Node, Value};
use serde_json::json;

/// What the pragmas of a schema say.
#[derive(Debug, Default)]
pub(super) struct Pragmas {
    pub doc_required: bool,
    /// Some pragmas may stand in documents that are not there: everything is excused.
    incomplete: bool,
    commands: Vec<String>,
    returns: Vec<String>,
    members: Vec<String>,
    docs: Vec<String>,
}

/// Commands that were excused from returning objects before there was a pragma for that.
const RETURNS_BEFORE_PRAGMAS: &[&str] = &[
    "guest-file-open",
    "guest-fsfreeze-freeze",
    "guest-fsfreeze-freeze-list",
    "guest-fsfreeze-status",
    "guest-fsfreeze-thaw",
    "guest-get-time",
    "guest-set-vcpus",
    "guest-sync",
    "guest-sync-delimited",
    "human-monitor-command",
    "qom-get",
    "query-migrate-cache-size",
    "query-tpm-models",
    "query-tpm-types",
    "ringbuf-read",
    "user_def_cmd3",
];

impl Pragmas {
    /// None yet, of a schema that is known to lack documents or not.
    pub fn new(incomplete: bool) -> Pragmas {
        Pragmas { incomplete, ..Pragmas::default() }
    }

    pub fn excuses_command(&self, name: &str) -> bool {
        self.incomplete || self.commands.iter().any(|one| one == name)
    }

    pub fn excuses_returns(&self, name: &str, era: Era) -> bool {
        let before = !era.has_pragmas() && RETURNS_BEFORE_PRAGMAS.contains(&name);
        before || self.incomplete || self.returns.iter().any(|one| one == name)
    }

    pub fn excuses_members(&self, owner: &str) -> bool {
        // Up to 4.1 members written in place belong to a type that has its name from their definition's.
        let is = |one: &str| {
            let inner = one.strip_prefix("q_obj_").map(|one| one.trim_end_matches("-arg"));
            one == owner || inner.is_some_and(|one| one.strip_suffix("-base").unwrap_or(one) == owner)
        };
        self.incomplete || self.members.iter().any(|one| is(one))
    }

    pub fn excuses_docs(&self, name: &str) -> bool {
        self.incomplete || self.docs.iter().any(|one| one == name)
    }

    /// Takes what an expression `{ 'pragma': … }` says.
    pub fn take(&mut self, entries: &[Entry], era: Era, faults: &mut Faults) {
        let [Entry { node, .. }] = entries else {
            let span = entries.first().map_or(Span::default(), |entry| entry.span);
            return faults.push(span, "a pragma stands alone in its expression");
        };
        let Some(pragmas) = node.as_object() else {
            return faults
                .push(node.span, format!("the value of 'pragma' is an object, and this is {}", node.kind()));
        };
        for Entry { key, span, node } in pragmas {
            self.take_one(key, *span, node, era, faults);
        }
    }

    fn take_one(&mut self, key: &str, span: Span, node: &Node, era: Era, faults: &mut Faults) {
        let list = match key {
            "doc-required" => {
                return match node.value {
                    Value::Bool(required) => self.doc_required = required,
                    _ => faults.push(node.span, format!("'{key}' is true or false")),
                };
            }
            "returns-whitelist" if era.pragmas_whitelist() => &mut self.returns,
            "name-case-whitelist" if era.pragmas_whitelist() => &mut self.members,
            "command-name-exceptions" if era.pragmas_except() => &mut self.commands,
            "command-returns-exceptions" if era.pragmas_except() => &mut self.returns,
            "member-name-exceptions" if era.pragmas_except() => &mut self.members,
            "documentation-exceptions" if era.pragmas_excuse_docs() => &mut self.docs,
            _ => {
                let known = [
                    "doc-required",
                    "command-name-exceptions",
                    "command-returns-exceptions",
                    "member-name-exceptions",
                    "documentation-exceptions",
                ];
                let help = did_you_mean(key, known.into_iter().filter(|known| *known != key));
                return faults.push_with_help(span, format!("there is no pragma '{key}' in {era}"), help);
            }
        };
        let texts = node.as_list().and_then(|items| {
            items.iter().map(|item| item.as_text().map(str::to_owned)).collect::<Option<Vec<String>>>()
        });
        match texts {
            Some(texts) => *list = texts,
            None => faults.push(node.span, format!("'{key}' is a list of strings")),
        }
    }
}

/// What the pragmas of one expression say: an object from name to value for each.
pub(super) fn told(entries: &[Entry]) -> Vec<serde_json::Value> {
    let pragmas = entries.iter().filter_map(|entry| entry.node.as_object()).flatten();
    let value = |node: &Node| match (&node.value, node.as_list()) {
        (Value::Bool(on), _) => json!(on),
        (_, Some(items)) => items.iter().filter_map(Node::as_text).collect(),
        _ => json!(node.as_text()),
    };
    pragmas.map(|Entry { key, node, .. }| json!({ key: value(node) })).collect()
}
