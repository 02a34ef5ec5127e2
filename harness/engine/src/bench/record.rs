//! What a bench measured of one peer, as it is kept in a file: figures, the latencies of each sitting, and the
//! machine that they were measured on.

use super::statistics::Sitting;
use crate::error::Error;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::thread::available_parallelism;

/// The first member of every kept bench.
const FORMAT: &str = "qmprobe-bench-1";
/// Bytes of a kept bench.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// One command's figures. Times are microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Replies timed.
    pub samples: u64,
    /// Replies per second, one client.
    pub ops_per_s: f64,
    /// From the request's first byte written to the reply's last byte read: the median.
    pub p50_us: f64,
    /// The same, 90 of 100.
    pub p90_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
    /// 999 of 1000.
    pub p999_us: f64,
    /// The longest.
    pub max_us: f64,
    /// Our processor time per command.
    pub client_cpu_us: f64,
    /// The peer's, where it is a process of ours.
    pub peer_cpu_us: Option<f64>,
    /// What the peer's resident memory grew by while it answered, in KiB, over all sittings.
    pub rss_growth_kib: Option<i64>,
    /// The latencies, in nanoseconds to three digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sittings: Vec<Sitting>,
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Processors that we may use.
    pub processors: usize,
    /// The kernel's release.
    pub kernel: String,
}

/// Everything measured of one peer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The format of this file.
    pub format: String,
    /// The version of the tool.
    pub tool: String,
    /// Seconds since the epoch.
    pub at: u64,
    /// The peer's name and version.
    pub peer: String,
    /// The fingerprint of the schema that replies were held against.
    pub schema: String,
    /// The machine.
    pub machine: Machine,
    /// Requests that were unanswered at most.
    pub pipeline: u32,
    /// Whether the client spun instead of sleeping.
    pub busy_poll: bool,
    /// From the start of the process to the greeting read, median. `None` for a peer that is no process of ours.
    pub cold_start_us: Option<f64>,
    /// From connecting to the answer that opens the session, median. `None` on a line.
    pub connect_us: Option<f64>,
    /// Resident memory at the end, the most of any sitting.
    pub rss_kib: Option<u64>,
    /// The machine's own pace in each sitting: nanoseconds of an answer that no peer gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pace: Vec<Sitting>,
    /// The commands.
    pub commands: BTreeMap<String, Figures>,
}

impl Record {
    /// An empty record of this machine.
    pub(super) fn begin(at: u64) -> Record {
        let machine = Machine::this();
        let (format, tool) = (FORMAT.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Record { format, tool, at, machine, ..Record::default() }
    }

    /// Reads a kept record.
    ///
    /// # Errors
    /// The file cannot be read, or is none.
    pub fn load(path: &Path) -> Result<Record, Error> {
        let unread = |source| Error::Read { path: path.to_owned(), source };
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
            .map_err(unread)?;
        let damaged = |source: serde_json::Error| Error::Damaged {
            path: path.to_owned(),
            line: source.line(),
            what: "bench",
            source,
        };
        let record: Record = serde_json::from_str(&text).map_err(damaged)?;
        if record.format != FORMAT {
            let other = format!("its format is `{}`, not `{FORMAT}`", record.format);
            return Err(damaged(serde::de::Error::custom(other)));
        }
        Ok(record)
    }

    /// Keeps the record.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string(self).map_err(std::io::Error::other);
        text.and_then(|text| fs::write(path, text + "\n"))
            .map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    /// The same without the latencies.
    pub fn summary(&self) -> Record {
        let mut summary = self.clone();
        summary.commands.values_mut().for_each(|figures| figures.sittings = Vec::new());
        summary.pace = Vec::new();
        summary
    }
}

impl Machine {
    /// This one.
    fn this() -> Machine {
        let of = |path| fs::read_to_string(path).unwrap_or_default();
        let named = |line: &&str| line.starts_with("model name");
        let text = of("/proc/cpuinfo");
        let processor = text.lines().find(named).and_then(|line| line.split_once(": ")).map(|(_, name)| name);
        Machine {
            processor: processor.unwrap_or("unknown").to_owned(),
            processors: available_parallelism().map_or(1, usize::from),
            kernel: of("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

impl Figures {
    /// The quantiles of all samples.
    pub(super) fn set_quantiles(&mut self, all: &Histogram<u64>) {
        let us = |quantile| all.value_at_quantile(quantile) as f64 / 1e3;
        self.samples = all.len();
        (self.p50_us, self.p90_us, self.p99_us) = (us(0.5), us(0.9), us(0.99));
        (self.p999_us, self.max_us) = (us(0.999), all.max() as f64 / 1e3);
    }

    /// The share of replies (0 to 1) that came within so many microseconds, ascending in both: for a plot.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for (ns, count) in self.sittings.iter().flat_map(|sitting| &sitting.0) {
            *counts.entry(*ns).or_default() += count;
        }
        let total: u64 = counts.values().sum();
        let mut seen = 0;
        let share = |(ns, count): (u64, u64)| {
            seen += count;
            (ns as f64 / 1e3, seen as f64 / total as f64)
        };
        counts.into_iter().map(share).collect()
    }
}

impl Sitting {
    /// The values of a histogram.
    pub(super) fn of(histogram: &Histogram<u64>) -> Sitting {
        let recorded = histogram.iter_recorded();
        Sitting(recorded.map(|one| (one.value_iterated_to(), one.count_at_value())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_kept_and_anything_else_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept.json");
        let mut record = Record::begin(7);
        let sittings = vec![Sitting(vec![(1_000, 2), (3_000, 1)])];
        record.commands.insert("query-name".into(), Figures { sittings, ..Figures::default() });
        record.save(&path).unwrap();
        assert_eq!(Record::load(&path).unwrap(), record);
        assert!(record.summary().commands["query-name"].sittings.is_empty());
        for wrong in [
            "",
            "{}",
            "{\"format\":\"qmprobe-bench-1\"}",
            &serde_json::to_string(&Record::default()).unwrap(),
        ] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(Record::load(&path), Err(Error::Damaged { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_curve_ends_with_all_replies() {
        let sittings = vec![Sitting(vec![(1_000, 1), (3_000, 1)]), Sitting(vec![(2_000, 2)])];
        let curve = Figures { sittings, ..Figures::default() }.curve();
        assert_eq!(curve, [(1.0, 0.25), (2.0, 0.75), (3.0, 1.0)]);
    }
}
