//! What it comes to, in numbers.

use std::{fmt::Write, time::Duration};

use serde_json::{Value, json};

use crate::{counts::Counts, simulation::Setting};

/// The numbers of one run.
#[derive(Debug)]
pub(crate) struct Report {
    replicas: u32,
    hours: f64,
    seed: u64,
    /// All that were sent, those in vain too.
    token_requests: u64,
    mean: f64,
    peak: u64,
    steady_peak: Option<u64>,
    /// The mean of the minutes in which the server is there.
    mean_answered: f64,
    outage: Option<Outage>,
}

#[derive(Debug)]
struct Outage {
    minutes: u64,
    failed_requests: u64,
    /// Token requests in vain.
    attempts: u64,
    peak_after: u64,
    recovered_after: Option<Duration>,
}

impl Report {
    pub(crate) fn new(setting: &Setting, counts: &Counts) -> Self {
        let per_minute = counts.per_minute();
        let minute = |time: Duration| ((time.as_secs() / 60) as usize).min(per_minute.len());
        let away = match &setting.outage {
            Some(outage) => minute(outage.start)..minute(outage.end),
            None => per_minute.len()..per_minute.len(),
        };
        let answered: Vec<u64> = [&per_minute[..away.start], &per_minute[away.end..]].concat();
        let third_lifetime = minute(setting.lifetime * 2).min(away.start);
        let outage = setting.outage.as_ref().map(|outage| Outage {
            minutes: (outage.end - outage.start).as_secs() / 60,
            failed_requests: counts.failed_requests(),
            attempts: per_minute[away.clone()].iter().sum(),
            peak_after: peak(&per_minute[away.end..]),
            recovered_after: counts.recovered_after(),
        });
        let steady = &per_minute[third_lifetime..away.start];
        Self {
            replicas: setting.replicas,
            hours: setting.length.as_secs_f64() / 3_600.0,
            seed: setting.seed,
            token_requests: per_minute.iter().sum(),
            mean: mean(&per_minute),
            peak: peak(&per_minute),
            steady_peak: (!steady.is_empty()).then(|| peak(steady)),
            mean_answered: mean(&answered),
            outage,
        }
    }

    pub(crate) fn json(&self) -> Value {
        let outage = self.outage.as_ref();
        json!({
            "replicas": self.replicas,
            "hours": self.hours,
            "seed": self.seed,
            "token_requests": self.token_requests,
            "per_minute": {
                "mean": rounded(self.mean),
                "peak": self.peak,
                "peak_to_mean": self.to_mean(self.peak),
                "steady_peak_to_mean": self.steady_peak.and_then(|peak| self.to_mean(peak)),
            },
            "outage": {
                "failed_requests": outage.map_or(0, |outage| outage.failed_requests),
                "peak_per_minute_after": outage.map_or(0, |outage| outage.peak_after),
                "recovered_after_s": outage.map_or(Some(0), |outage| {
                    outage.recovered_after.map(|after| after.as_secs())
                }),
                "attempts_in_vain": outage.map_or(0, |outage| outage.attempts),
                "mean_without_outage": rounded(self.mean_answered),
            },
        })
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let ratio = |count| self.to_mean(count).unwrap_or_default();
        let _ = writeln!(
            text,
            "{} replicas for {:.1} h, seed {}: {} token requests",
            self.replicas, self.hours, self.seed, self.token_requests
        );
        let _ = writeln!(
            text,
            "per minute: mean {:.2}, peak {} = {:.2} x mean",
            self.mean,
            self.peak,
            ratio(self.peak)
        );
        if let Some(steady) = self.steady_peak {
            let _ = writeln!(
                text,
                "from the third lifetime on: peak {steady} = {:.2} x mean",
                ratio(steady)
            );
        }
        if let Some(outage) = &self.outage {
            let recovered = match outage.recovered_after {
                Some(after) => format!("{} s after its end", after.as_secs()),
                None => "never".to_owned(),
            };
            let _ = writeln!(
                text,
                "outage of {} min: {} requests failed, {} token requests in vain\nafter it: peak {} = {:.2} x mean, {:.2} x that of the \
                 minutes without the outage; every replica had a token {recovered}",
                outage.minutes,
                outage.failed_requests,
                outage.attempts,
                outage.peak_after,
                ratio(outage.peak_after),
                outage.peak_after as f64 / self.mean_answered
            );
        }
        text
    }

    fn to_mean(&self, count: u64) -> Option<f64> {
        (self.mean > 0.0).then(|| rounded(count as f64 / self.mean))
    }
}

fn mean(counts: &[u64]) -> f64 {
    counts.iter().sum::<u64>() as f64 / (counts.len() as f64).max(1.0)
}

fn peak(counts: &[u64]) -> u64 {
    counts.iter().copied().max().unwrap_or(0)
}

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}
