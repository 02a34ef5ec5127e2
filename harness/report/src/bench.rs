//! What a bench measured: a table for people, a document for scripts, a plot for both.

mod document;
mod plot;
mod table;

pub use document::document;
pub use plot::svg;
pub use table::table;

/// A time of so many microseconds in three digits and the unit that suits it: `214 µs`, `1.07 ms`.
fn time(us: f64) -> String {
    let (value, unit) = match us {
        us if us >= 999_500.0 => (us / 1e6, "s"),
        us if us >= 999.5 => (us / 1e3, "ms"),
        us => (us, "µs"),
    };
    let decimals = match value {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$} {unit}")
}

/// A ratio as a change: `+2.3 %`.
fn change(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    if percent.abs() >= 99.95 { format!("{percent:+.0} %") } else { format!("{percent:+.1} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let shown = [0.512, 9.996, 214.3, 999.6, 1_070.0, 2_500_000.0].map(time);
        assert_eq!(shown, ["0.51 µs", "10.0 µs", "214 µs", "1.00 ms", "1.07 ms", "2.50 s"]);
    }

    #[test]
    fn changes_have_a_sign() {
        assert_eq!([1.0234, 0.5, 3.5].map(change), ["+2.3 %", "-50.0 %", "+250 %"]);
    }
}
