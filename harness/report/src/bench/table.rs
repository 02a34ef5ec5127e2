//! The table of a bench, 100 columns wide at most.

use super::{change, time};
use crate::text::{counted, printable, shorten, thousands};
use qmprobe_engine::bench::statistics::{Interval, Word};
use qmprobe_engine::bench::{Against, Bench, Comparison, Fault, Figures, Record};
use std::fmt::Write;

/// Columns of a command's name.
const NAME: usize = 20;
/// Columns of a bar.
const BAR: usize = 8;
/// Characters of a request or reply that are shown.
const SHOWN: usize = 80;
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Everything about a bench that a person wants to see.
pub fn table(bench: &Bench) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = page(bench, &mut out);
    out
}

fn page(bench: &Bench, out: &mut String) -> std::fmt::Result {
    measured(&bench.record, out)?;
    if let Some(against) = &bench.against {
        if against.in_turns {
            writeln!(out)?;
            measured(&against.record, out)?;
        }
        compared(&bench.record, against, bench.budget, out)?;
    }
    for fault in &bench.faults {
        wrong(fault, out)?;
    }
    for note in &bench.notes {
        writeln!(out, "\nnote: {note}")?;
    }
    if !bench.complete {
        writeln!(
            out,
            "\nINCOMPLETE: a peer was lost, or the bench was ended, before everything was measured"
        )?;
    }
    Ok(())
}

fn measured(record: &Record, out: &mut String) -> std::fmt::Result {
    let way = match record.pipeline {
        0 | 1 => "closed loop".to_owned(),
        many => format!("{many} requests in flight"),
    };
    let poll = if record.busy_poll { ", spinning" } else { "" };
    let sittings = record.commands.values().map(|figures| figures.sittings.len()).max().unwrap_or(0);
    writeln!(
        out,
        "{}: {way}{poll}, {}",
        shorten(&record.peer, 60),
        counted(sittings as u64, "sitting", "sittings")
    )?;
    let mut facts = Vec::new();
    facts.extend(record.cold_start_us.map(|us| format!("start to greeting {}", time(us))));
    facts.extend(record.connect_us.map(|us| format!("connect and negotiate {}", time(us))));
    facts.extend(record.rss_kib.map(|kib| format!("resident {} KiB", thousands(kib))));
    let grown: i64 = record.commands.values().filter_map(|figures| figures.rss_growth_kib).sum();
    facts.extend(record.rss_kib.map(|_| format!("grown by {grown} KiB")));
    if !facts.is_empty() {
        writeln!(out, "{}", facts.join(", "))?;
    }
    writeln!(
        out,
        "\n{:<NAME$} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "command", "ops/s", "p50", "p90", "p99", "p99.9", "max", "our CPU", "its CPU"
    )?;
    let longest = record.commands.values().map(|figures| figures.p50_us).fold(0.0, f64::max);
    for (name, figures) in &record.commands {
        row(name, figures, longest, out)?;
    }
    Ok(())
}

fn row(name: &str, figures: &Figures, longest: f64, out: &mut String) -> std::fmt::Result {
    write!(out, "{:<NAME$} {:>7}", shorten(name, NAME), thousands(figures.ops_per_s as u64))?;
    let times = [figures.p50_us, figures.p90_us, figures.p99_us, figures.p999_us, figures.max_us];
    for us in times.into_iter().chain([figures.client_cpu_us]) {
        write!(out, " {:>8}", time(us))?;
    }
    let peer = figures.peer_cpu_us.map_or("-".to_owned(), time);
    writeln!(out, " {peer:>8} {}", bar(figures.p50_us / longest))
}

/// A bar for a share of the longest.
fn bar(share: f64) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    let rest = eighths.checked_sub(1).map(|last| EIGHTHS[last % 8]);
    let whole = eighths.saturating_sub(1) / 8;
    std::iter::repeat_n('█', whole).chain(rest).collect()
}

fn compared(record: &Record, against: &Against, budget: f64, out: &mut String) -> std::fmt::Result {
    let how = if against.in_turns { "in turns" } else { "measured before" };
    writeln!(
        out,
        "\nbeside {} ({how}), 99 % intervals, budget {:.0} %",
        shorten(&against.record.peer, 60),
        budget * 100.0
    )?;
    writeln!(
        out,
        "\n{:<NAME$} {:>8} {:>8} {:>23} {:>23}  verdict",
        "command", "p50 was", "is", "change of p50", "change of p99"
    )?;
    for (name, one) in &against.commands {
        let p50 = |record: &Record| record.commands.get(name).map_or(0.0, |figures| figures.p50_us);
        writeln!(
            out,
            "{:<NAME$} {:>8} {:>8} {:>23} {:>23}  {}",
            shorten(name, NAME),
            time(p50(&against.record)),
            time(p50(record)),
            interval(one.p50),
            interval(one.p99),
            verdict(one)
        )?;
    }
    Ok(())
}

fn interval(interval: Option<Interval>) -> String {
    let Some(Interval { low, ratio, high }) = interval else { return "too few sittings".to_owned() };
    // What is a hundred times as slow needs no more digits.
    let [low, ratio, high] = [low, ratio, high].map(|ratio| change(ratio.min(100.0)));
    let bare = |change: &str| change.trim_end_matches(" %").to_owned();
    format!("{ratio} [{}, {}]", bare(&low), bare(&high))
}

fn verdict(one: &Comparison) -> String {
    if one.word == Word::Slower && one.p50_word != Word::Slower {
        return "slower (p99)".to_owned();
    }
    one.word.name().to_owned()
}

fn wrong(fault: &Fault, out: &mut String) -> std::fmt::Result {
    let Fault { rule, command, class, count, .. } = fault;
    let times = counted(*count, "reply", "replies");
    writeln!(out, "\n{rule}: {} ({class}), {times} of {}", printable(command), printable(&fault.peer))?;
    if !fault.schema_path.is_empty() {
        writeln!(out, "  where     {}", shorten(&fault.schema_path, SHOWN))?;
    }
    writeln!(out, "  expected  {}", shorten(&fault.expected, SHOWN))?;
    writeln!(out, "  actual    {}", shorten(&fault.actual, SHOWN))?;
    writeln!(out, "  sent      {}", shorten(&fault.sent, SHOWN))?;
    writeln!(out, "  received  {}", shorten(&fault.received, SHOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(
            [0.0, 0.001, 0.5, 1.0, 7.0, f64::NAN].map(bar),
            ["", "", "████", "████████", "████████", ""]
        );
    }
}
