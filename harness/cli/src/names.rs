//! Names that a user may mistype: rules, bugs, commands, schemas.

use crate::exit::Failure;
use qmprobe_check::Rule;
use qmprobe_reference::Bug;

/// `, did you mean A or B?`: the names most like `given`, nothing when none is.
pub fn did_you_mean<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> String {
    const ALIKE: f64 = 0.75;
    let given = given.to_ascii_lowercase();
    let alike = |name: &str| likeness(&given, &name.to_ascii_lowercase());
    let mut alike: Vec<(f64, &str)> =
        known.map(|name| (alike(name), name)).filter(|(how, _)| *how > ALIKE).collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<String> = alike.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!(", did you mean {}?", names.join(" or ")) }
}

/// How alike two names are, from 0 to 1: as a whole, or in the words that they have in common.
fn likeness(given: &str, name: &str) -> f64 {
    let words = |text: &str| text.split(['-', '_', ' ']).map(str::to_owned).collect::<Vec<_>>();
    let (ours, theirs) = (words(given), words(name));
    let best =
        |word: &String| theirs.iter().map(|other| strsim::jaro_winkler(word, other)).fold(0.0, f64::max);
    let by_words = ours.iter().map(best).sum::<f64>() / ours.len().max(1) as f64;
    // Words in another order, or one left out, are a little less than the name itself.
    strsim::jaro_winkler(given, name).max(0.95 * by_words)
}

/// The rule called `name`: a slug or an id.
///
/// # Errors
/// Usage: there is none.
pub fn known_rule(name: &str) -> Result<&'static Rule, Failure> {
    qmprobe_check::find(name).ok_or_else(|| {
        let hint = did_you_mean(name, qmprobe_check::ALL.iter().flat_map(|rule| [rule.slug, rule.id]));
        Failure::usage(format!("there is no rule `{name}`{hint} (`qmprobe rules` lists them)"))
    })
}

/// The bug called `name`.
///
/// # Errors
/// Usage: there is none.
pub fn known_bug(name: &str) -> Result<&'static Bug, Failure> {
    qmprobe_reference::find_bug(name).ok_or_else(|| {
        let hint = did_you_mean(name, qmprobe_reference::bugs().iter().map(|bug| bug.name));
        Failure::usage(format!("there is no bug `{name}`{hint} (`qmprobe serve --list-bugs` lists them)"))
    })
}
