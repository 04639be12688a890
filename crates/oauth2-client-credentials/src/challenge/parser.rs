//! The grammar of a challenge list (RFC 9110 §11.6.1), read element by element.

use std::collections::BTreeMap;

use super::Challenge;
use super::input::Input;

/// Reads up to the first malformed element.
pub(super) fn parse(line: &str) -> Vec<Challenge> {
    let mut input = Input::new(line);
    let mut list = List::default();
    loop {
        input.skip_empty_elements();
        if input.is_at_end() || list.read_element(&mut input).is_none() {
            return list.challenges;
        }
    }
}

/// The challenges so far.
#[derive(Default)]
struct List {
    challenges: Vec<Challenge>,
    /// Whether parameters may follow for the last of them.
    takes_params: bool,
    /// The names of its parameters, and whether they came again.
    names: BTreeMap<String, bool>,
}

impl List {
    /// Reads one element, up to the comma: a parameter of the last challenge,
    /// or a scheme with its token68 or its first parameter.
    fn read_element(&mut self, input: &mut Input<'_>) -> Option<()> {
        let name = input.token()?;
        let space = input.skip_space();
        if input.skip("=") {
            let value = input.param_value()?;
            return self.takes_params.then(|| self.add_param(name, value));
        }
        if input.is_at_element_end() {
            self.open(name, None, space);
            return Some(());
        }
        if !space {
            return None;
        }
        if let Some(token68) = input.token68() {
            self.open(name, Some(token68), false);
            return Some(());
        }
        let param = input.token()?;
        input.skip_space();
        let value = input.skip("=").then(|| input.param_value())??;
        self.open(name, None, true);
        self.add_param(param, value);
        Some(())
    }

    fn open(&mut self, scheme: &str, token68: Option<&str>, takes_params: bool) {
        self.takes_params = takes_params;
        self.names.clear();
        self.challenges.push(Challenge {
            scheme: scheme.to_ascii_lowercase(),
            token68: token68.map(str::to_owned),
            params: Vec::new(),
            duplicates: Vec::new(),
        });
    }

    fn add_param(&mut self, name: &str, value: String) {
        let Some(challenge) = self.challenges.last_mut() else {
            return;
        };
        let name = name.to_ascii_lowercase();
        match self.names.get_mut(&name) {
            None => {
                self.names.insert(name.clone(), false);
                challenge.params.push((name, value));
            }
            Some(listed) => {
                if !std::mem::replace(listed, true) {
                    challenge.duplicates.push(name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::STEPS;
    use super::*;

    /// Each challenge on one line: scheme, token68, parameters, duplicates.
    fn read(line: &str) -> Vec<String> {
        let show = |challenge: &Challenge| {
            let mut shown = challenge.scheme().to_owned();
            shown.extend(challenge.token68().map(|token68| format!(" {token68}")));
            shown.extend(
                challenge
                    .params()
                    .map(|(name, value)| format!(" {name}:{value}")),
            );
            shown.extend(
                challenge
                    .duplicates()
                    .iter()
                    .map(|name| format!(" !{name}")),
            );
            shown
        };
        parse(line).iter().map(show).collect()
    }

    #[test]
    fn what_is_read() {
        for (line, expected) in [
            ("", vec![]),
            (" , ,\t,", vec![]),
            ("A", vec!["a"]),
            ("A,B", vec!["a", "b"]),
            ("A b=c", vec!["a b:c"]),
            ("A\tb\t=\tc\t,\td=\"e\"", vec!["a b:c d:e"]),
            ("A ,, b=c", vec!["a b:c"]),
            ("A b", vec!["a b"]),
            ("A b=", vec!["a b="]),
            ("A b== , C", vec!["a b==", "c"]),
            ("A b=c, D", vec!["a b:c", "d"]),
            ("A b=c, D e", vec!["a b:c", "d e"]),
            ("A b=c, D e=f", vec!["a b:c", "d e:f"]),
            ("A b=\"\"", vec!["a b:"]),
            ("A b=\"\\\"\u{fffd},\t\"", vec!["a b:\"\u{fffd},\t"]),
            ("A b=1, B=2, b=3, c=4, c=5", vec!["a b:1 c:4 !b !c"]),
            ("A b=1, C b=2", vec!["a b:1", "c b:2"]),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn where_reading_stops() {
        for (line, expected) in [
            ("a=b", vec![]),
            ("A b c", vec![]),
            ("A b=c d=e", vec![]),
            ("A b=\"c\"d", vec![]),
            ("A b=\"c", vec![]),
            ("A b=\"c\\", vec![]),
            ("A b=\"\u{1}\"", vec![]),
            ("A?", vec![]),
            ("\u{e9}", vec![]),
            ("A b=\u{e9}", vec![]),
            ("A, b=c", vec!["a"]),
            ("A b, c=d", vec!["a b"]),
            ("A b=c, d=, E", vec!["a b:c"]),
            ("A b=c, D e=\"f", vec!["a b:c"]),
            ("A, B c=\"d, E", vec!["a"]),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn each_byte_is_looked_at_a_few_times_however_long_the_line() {
        for (begin, repeated) in [
            ("A a=1", ", b{}=1"),
            ("A a=1", ", a=1"),
            ("A b=c", ", A b=c"),
            ("A b=\"", "\\\""),
            ("A b=\"", "\u{e9}"),
            ("A b=c", ","),
            ("A b=c", " "),
            ("A b=c", " ,"),
            ("A b=\"c", ", A b=\"c"),
            ("A b=\"c\"", ", A b=\"c\""),
            ("A", ",A b"),
            ("A ", "b/"),
            ("A ", "b=="),
            ("A ", "="),
            ("A b", "b"),
            ("A", " a"),
        ] {
            let steps_per_byte = |count: usize| {
                let mut line = begin.to_owned();
                (0..count).for_each(|n| line += &repeated.replace("{}", &n.to_string()));
                STEPS.set(0);
                parse(&line);
                STEPS.get() as f64 / line.len() as f64
            };
            let few = steps_per_byte(100);
            for count in [1_000, 10_000] {
                let many = steps_per_byte(count);
                assert!(many < 6.0, "{repeated}: {many}");
                assert!(many < few * 1.2, "{repeated}: {few} {many}");
            }
        }
    }

    #[test]
    fn long_lines_take_no_longer_than_they_are() {
        let mut line = String::from("A b=1");
        for number in 0..200_000 {
            line.push_str(&format!(", p{number}=1, p{number}=2"));
        }
        let challenges = parse(&line);
        assert_eq!(challenges[0].params().count(), 200_001);
        assert_eq!(challenges[0].duplicates().len(), 200_000);
    }

    #[test]
    fn never_panics() {
        proptest::proptest!(|(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80))| {
            Challenge::parse(&bytes);
        });
        proptest::proptest!(|(line in "([A-C=,\"\\\\ \t\u{e9}]){0,40}")| {
            let challenges = parse(&line);
            for challenge in &challenges {
                assert!(!challenge.scheme().is_empty());
            }
            // What stood before a malformed element is kept.
            assert_eq!(parse(&(line + ",@ a=b, C d=e")), challenges);
        });
    }
}
