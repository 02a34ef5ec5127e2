//! A plot of a bench: for each command, how many of its replies took how long. SVG, which needs no script and no
//! font of ours.

use super::time;
use crate::text::printable;
use qmprobe_engine::bench::{Bench, Figures, Record};
use std::fmt::Write;

/// Pixels of one command's panel and what is around its axes.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 34.0;
/// Height of the title.
const TITLE: f64 = 40.0;
/// The most nines: a curve ends at 99.99 %.
const NINES: f64 = 4.0;
/// Points of one curve.
const POINTS: usize = 200;
/// The peer and its baseline; told apart without colour by the dashes of the second.
const COLOURS: [&str; 2] = ["#0060a8", "#c05a00"];

/// The plot as a document of its own.
pub fn svg(bench: &Bench) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = draw(bench, &mut out);
    out
}

fn draw(bench: &Bench, out: &mut String) -> std::fmt::Result {
    let mut records = vec![&bench.record];
    records.extend(bench.against.as_ref().map(|against| &against.record));
    let names: Vec<&String> = bench.record.commands.keys().collect();
    let height = TITLE + HEIGHT * names.len() as f64;
    writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>"##
    )?;
    for (at, record) in records.iter().enumerate() {
        let (x, colour) = (LEFT + at as f64 * (WIDTH - LEFT) / 2.0, COLOURS[at % 2]);
        writeln!(out, r#"<text x="{x}" y="24" fill="{colour}">{}</text>"#, escape(&record.peer))?;
    }
    for (at, name) in names.into_iter().enumerate() {
        panel(name, &records, TITLE + HEIGHT * at as f64, out)?;
    }
    writeln!(out, "</svg>")
}

/// One command: nines of the share of replies to the right, time upwards, both logarithmic.
fn panel(name: &str, records: &[&Record], top: f64, out: &mut String) -> std::fmt::Result {
    let curves: Vec<Vec<(f64, f64)>> =
        records.iter().map(|record| record.commands.get(name).map(curve).unwrap_or_default()).collect();
    let times = || curves.iter().flatten().map(|(us, _)| *us);
    let (low, high) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
    if low > high {
        return Ok(());
    }
    let (low, high) = (low.max(0.001) / 1.1, high * 1.1);
    let x = |nines: f64| LEFT + (WIDTH - LEFT - RIGHT) * nines / NINES;
    let (foot, head) = (top + HEIGHT - BOTTOM, top + TOP);
    let y = |us: f64| foot - (foot - head) * (us / low).ln() / (high / low).ln();
    writeln!(out, r#"<text x="{LEFT}" y="{}" font-weight="bold">{}</text>"#, head - 10.0, escape(name))?;
    for (nines, label) in [(0.0, "0"), (0.301, "50 %"), (1.0, "90 %"), (2.0, "99 %"), (3.0, "99.9 %")] {
        let x = x(nines);
        writeln!(out, r##"<path d="M{x:.1} {head:.1}V{foot:.1}" stroke="#ddd"/>"##)?;
        writeln!(out, r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{label}</text>"#, foot + 16.0)?;
    }
    for us in ticks(low, high) {
        let y = y(us);
        writeln!(out, r##"<path d="M{LEFT} {y:.1}H{:.1}" stroke="#ddd"/>"##, WIDTH - RIGHT)?;
        writeln!(
            out,
            r#"<text x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 6.0,
            y + 4.0,
            time(us)
        )?;
    }
    for (at, curve) in curves.iter().enumerate().filter(|(_, curve)| !curve.is_empty()) {
        let points: Vec<String> =
            curve.iter().map(|(us, nines)| format!("{:.1},{:.1}", x(*nines), y(*us))).collect();
        let dashes = if at > 0 { r#" stroke-dasharray="5 3""# } else { "" };
        writeln!(
            out,
            r#"<polyline points="{}" fill="none" stroke="{}" stroke-width="1.6"{dashes}/>"#,
            points.join(" "),
            COLOURS[at % 2]
        )?;
    }
    Ok(())
}

/// Microseconds and nines of the share that came within them, thinned out.
fn curve(figures: &Figures) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (us, share) in figures.curve() {
        let nines = (-(1.0 - share).log10()).clamp(0.0, NINES);
        if kept.last().is_none_or(|(_, last)| nines - last >= NINES / POINTS as f64) {
            kept.push((us, nines));
        }
    }
    kept
}

/// Round times between two, few enough to be read.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let all: Vec<f64> =
        decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(decade))).collect();
    let within: Vec<f64> = all.into_iter().filter(|us| (low..=high).contains(us)).collect();
    let step = within.len().div_ceil(5).max(1);
    within.into_iter().step_by(step).collect()
}

fn escape(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
