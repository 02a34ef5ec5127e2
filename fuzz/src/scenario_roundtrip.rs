//! Any text through the reader of scenarios: it ends, a refusal shows its place, and a scenario that was read,
//! printed and read again is the same.

use crate::{Held, equal, is_shown, text};
use qmprobe_scenario::{Known, Scenario, parse};

const NAME: &str = "x.qmp";

/// The target.
///
/// # Errors
/// A refusal is without a word, or what was read does not survive printing.
pub fn body(data: &[u8]) -> Held {
    let text = text(data);
    match parse(&text, NAME, Known::default()) {
        Ok(scenario) => survives(&scenario),
        Err(bad) if bad.problems.is_empty() || is_shown(data) && bad.to_string().is_empty() => {
            Err("refused without a word".to_owned())
        }
        Err(bad) => match bad.problems.iter().find(|one| text.get(one.span.clone()).is_none()) {
            Some(one) => Err(format!("{:?} is no place in the text: {:?}", one.span, one.problem)),
            None => Ok(()),
        },
    }
}

fn survives(scenario: &Scenario) -> Held {
    let text = scenario.to_string();
    let again =
        parse(&text, NAME, Known::default()).map_err(|bad| format!("what was printed is refused: {bad}"))?;
    equal(&again, scenario, "printed and read it is another scenario")?;
    equal(&again.to_string(), &text, "printed once more it is another text")?;
    equal(&again.as_case("x"), &scenario.as_case("x"), "printed and read it does something else")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Scenario {
        parse(text, NAME, Known::default()).unwrap()
    }

    #[test]
    fn a_scenario_that_prints_as_something_else_is_noticed() {
        let mut scenario = read("rule: one-reply\n\n-> {}\n<- {\"error\": ...}\n");
        assert_eq!(survives(&scenario), Ok(()));
        scenario.header.rules.clear();
        assert!(survives(&scenario).is_err(), "a header without a rule is refused");
        let mut scenario = read("rule: one-reply\n\n-> {}\n");
        scenario.header.about = vec!["two\n# lines".to_owned()];
        assert!(survives(&scenario).is_err(), "they are two");
    }
}
