//! What was accepted: a small file beside the manifest.

use std::{collections::BTreeMap, error::Error, fs};

use serde_json::{Value, json};

pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json");

/// Numbers by their names.
pub type Numbers = BTreeMap<String, f64>;

pub struct Baseline {
    /// The compiler that instructions were counted with.
    pub rustc: String,
    /// Of one request, or one token request and its answer; `case/subject`.
    pub instructions: Numbers,
    /// Whatever repeats with any compiler: allocations, bytes, token requests.
    pub repeats: Numbers,
}

impl Baseline {
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let file: Value = serde_json::from_str(&fs::read_to_string(PATH)?)?;
        let numbers = |name: &str| -> Numbers {
            let members = file[name].as_object().into_iter().flatten();
            members
                .filter_map(|(name, number)| Some((name.clone(), number.as_f64()?)))
                .collect()
        };
        Ok(Self {
            rustc: file["rustc"].as_str().unwrap_or_default().to_owned(),
            instructions: numbers("instructions"),
            repeats: numbers("repeats"),
        })
    }

    pub fn write(&self) -> Result<(), Box<dyn Error>> {
        let file = json!({
            "rustc": self.rustc,
            "instructions": self.instructions,
            "repeats": self.repeats,
        });
        fs::write(PATH, serde_json::to_string_pretty(&file)? + "\n")?;
        Ok(())
    }
}
