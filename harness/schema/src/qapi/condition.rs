//! The conditions of definitions and their parts: C expressions up to 6.1, symbols and objects since.

use super::era::Era;
use super::fault::{Faults, Span};
use super::syntax::{Entry, Node, Value};
use crate::model::Condition;

/// Levels of parentheses and operators.
const DEPTH_MAX: usize = 32;

/// The condition that `node` states; `None`, and a fault, when it states none.
pub(super) fn read(node: &Node, era: Era, faults: &mut Faults) -> Option<Condition> {
    if era.conditions_are_text() { read_text(node, faults) } else { read_tree(node, faults) }
}

fn read_text(node: &Node, faults: &mut Faults) -> Option<Condition> {
    let text = |node: &Node, faults: &mut Faults| match node.as_text() {
        Some(text) if !text.trim().is_empty() => Some(of_c(text)),
        Some(_) => {
            faults.push(node.span, "an empty condition makes no sense");
            None
        }
        None => {
            faults.push(node.span, format!("a condition is a string, and this is {}", node.kind()));
            None
        }
    };
    match &node.value {
        Value::List(items) if items.is_empty() => {
            faults.push(node.span, "an empty list of conditions is useless");
            None
        }
        Value::List(items) => {
            let all: Option<Vec<Condition>> = items.iter().map(|item| text(item, faults)).collect();
            all.map(|mut all| if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
        }
        _ => text(node, faults),
    }
}

fn read_tree(node: &Node, faults: &mut Faults) -> Option<Condition> {
    match &node.value {
        Value::Text(text) => {
            let good = text.starts_with(|first: char| first.is_ascii_uppercase())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
            if !good {
                faults.push(node.span, format!("a condition is a symbol in capitals, and '{text}' is none"));
            }
            good.then(|| Condition::Symbol(text.clone()))
        }
        Value::Object(entries) => read_operator(node.span, entries, faults),
        _ => {
            faults.push(
                node.span,
                format!("a condition is a string or an object, and this is {}", node.kind()),
            );
            None
        }
    }
}

fn read_operator(span: Span, entries: &[Entry], faults: &mut Faults) -> Option<Condition> {
    let [Entry { key, node, span: key_span }] = entries else {
        faults.push(span, "a condition has one of the keys 'all', 'any' and 'not'");
        return None;
    };
    if key == "not" {
        return read_tree(node, faults).map(|one| Condition::Not(Box::new(one)));
    }
    if key != "all" && key != "any" {
        faults.push(*key_span, format!("a condition has 'all', 'any' or 'not', and no '{key}'"));
        return None;
    }
    match node.as_list() {
        None => {
            faults.push(node.span, format!("'{key}' takes an array of conditions"));
            None
        }
        Some([]) => {
            faults.push(node.span, "an empty list of conditions is useless");
            None
        }
        Some(items) => {
            let items: Option<Vec<Condition>> = items.iter().map(|item| read_tree(item, faults)).collect();
            items.map(if key == "all" { Condition::All } else { Condition::Any })
        }
    }
}

/// The condition that a C expression of `defined(…)`, `&&`, `||`, `!` and parentheses states. Any other stays
/// as it is, as one symbol.
fn of_c(text: &str) -> Condition {
    let mut rest = text.trim();
    match or(&mut rest, 0).filter(|_| rest.is_empty()) {
        Some(condition) => condition,
        None => Condition::Symbol(text.trim().to_owned()),
    }
}

fn or(rest: &mut &str, depth: usize) -> Option<Condition> {
    let mut any = vec![and(rest, depth)?];
    while take(rest, "||") {
        any.push(and(rest, depth)?);
    }
    Some(if any.len() == 1 { any.remove(0) } else { Condition::Any(any) })
}

fn and(rest: &mut &str, depth: usize) -> Option<Condition> {
    let mut all = vec![unary(rest, depth)?];
    while take(rest, "&&") {
        all.push(unary(rest, depth)?);
    }
    Some(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
}

fn unary(rest: &mut &str, depth: usize) -> Option<Condition> {
    if depth > DEPTH_MAX {
        return None;
    }
    if take(rest, "!") {
        return unary(rest, depth + 1).map(|one| Condition::Not(Box::new(one)));
    }
    if take(rest, "(") {
        let inner = or(rest, depth + 1)?;
        return take(rest, ")").then_some(inner);
    }
    if !take(rest, "defined") {
        return None;
    }
    let bracketed = take(rest, "(");
    let end =
        rest.find(|symbol: char| !symbol.is_ascii_alphanumeric() && symbol != '_').unwrap_or(rest.len());
    let symbol = rest[..end].to_owned();
    *rest = rest[end..].trim_start();
    let closed = !bracketed || take(rest, ")");
    (closed && !symbol.is_empty()).then_some(Condition::Symbol(symbol))
}

fn take(rest: &mut &str, word: &str) -> bool {
    let Some(after) = rest.strip_prefix(word) else { return false };
    *rest = after.trim_start();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(name: &str) -> Condition {
        Condition::Symbol(name.to_owned())
    }

    #[test]
    fn a_c_expression_becomes_a_tree() {
        assert_eq!(of_c("defined(A)"), symbol("A"));
        assert_eq!(of_c("!defined( A )"), Condition::Not(Box::new(symbol("A"))));
        let both = Condition::All(vec![symbol("A"), Condition::Any(vec![symbol("B"), symbol("C")])]);
        assert_eq!(of_c("defined(A) && (defined(B) || defined C)"), both);
    }

    #[test]
    fn what_is_not_understood_stays_as_it_is() {
        assert_eq!(of_c("A > 1"), symbol("A > 1"));
        assert_eq!(of_c(&"(".repeat(1000)), symbol(&"(".repeat(1000)));
    }
}
