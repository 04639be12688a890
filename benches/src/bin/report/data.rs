//! What was measured, read back.

use std::{error::Error, fs};

use serde_json::Value;

pub struct Data {
    cases: Vec<Value>,
    points: Vec<Value>,
    pub builds: Vec<Value>,
}

impl Data {
    /// `compare`: what one process measured.
    pub fn read(sweep: &str, builds: &str, compare: &str) -> Result<Self, Box<dyn Error>> {
        let read = |file: &str, member: &str| -> Result<Vec<Value>, Box<dyn Error>> {
            let all: Value = serde_json::from_str(&fs::read_to_string(file)?)
                .map_err(|error| format!("{file}: {error}"))?;
            let list = all[member].as_array().cloned();
            list.ok_or_else(|| format!("{file} has no {member}").into())
        };
        Ok(Self {
            cases: read(compare, "cases")?,
            points: read(sweep, "points")?,
            builds: read(builds, "builds")?,
        })
    }

    /// The rows of a case.
    pub fn case(&self, case: &str) -> Vec<&Value> {
        self.cases
            .iter()
            .filter(|row| row["case"] == case)
            .collect()
    }

    /// One number of one subject in one case.
    pub fn number(&self, case: &str, subject: &str, name: &str) -> Option<f64> {
        let row = self
            .case(case)
            .into_iter()
            .find(|row| row["subject"] == subject)?;
        row[name].as_f64()
    }

    /// What it takes to build a subject.
    pub fn build(&self, subject: &str, name: &str) -> Option<f64> {
        let mut builds = self.builds.iter();
        builds.find(|build| build["subject"] == subject)?[name].as_f64()
    }

    /// What a subject adds to the request, in nanoseconds.
    pub fn added(&self, case: &str, subject: &str) -> Option<f64> {
        Some(self.number(case, subject, "ns")? - self.number(case, "none", "ns")?)
    }

    /// The same in instructions.
    pub fn added_instructions(&self, case: &str, subject: &str) -> Option<f64> {
        let of = |subject| self.number(case, subject, "instructions");
        Some(of(subject)? - of("none")?)
    }

    /// The subjects of a case, in the order in which they were measured.
    pub fn subjects(&self, case: &str) -> Vec<&str> {
        let rows = self.case(case).into_iter();
        rows.filter_map(|row| row["subject"].as_str()).collect()
    }

    /// Where and how much, of one subject in one sweep.
    pub fn sweep(&self, sweep: &str, subject: &str) -> Vec<(f64, f64)> {
        let points = self.points.iter();
        points
            .filter(|point| point["sweep"] == sweep && point["subject"] == subject)
            .filter_map(|point| Some((point["at"].as_f64()?, point["value"].as_f64()?)))
            .collect()
    }
}
