//! The text of a challenge list, while it is read.

/// What is left to read. A method that returns `None` or `false` has read
/// nothing that matters: reading stops, or goes another way from where it was.
pub(super) struct Input<'a> {
    rest: &'a str,
}

impl<'a> Input<'a> {
    pub(super) fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn skip(&mut self, prefix: &str) -> bool {
        count_steps(prefix.len());
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn skip_while(&mut self, is_part: impl Fn(u8) -> bool) -> &'a str {
        let end = self
            .rest
            .bytes()
            .position(|byte| !is_part(byte))
            .unwrap_or(self.rest.len());
        count_steps(end + 1);
        let (part, rest) = self.rest.split_at(end);
        self.rest = rest;
        part
    }

    pub(super) fn skip_space(&mut self) -> bool {
        !self.skip_while(is_space).is_empty()
    }

    pub(super) fn skip_empty_elements(&mut self) {
        self.skip_while(|byte| is_space(byte) || byte == b',');
    }

    pub(super) fn is_at_element_end(&self) -> bool {
        count_steps(1);
        self.rest.is_empty() || self.rest.starts_with(',')
    }

    pub(super) fn token(&mut self) -> Option<&'a str> {
        Some(self.skip_while(is_token_byte)).filter(|token| !token.is_empty())
    }

    pub(super) fn token68(&mut self) -> Option<&'a str> {
        let start = self.rest;
        let value = self.skip_while(is_token68_byte);
        let padding = self.skip_while(|byte| byte == b'=');
        self.skip_space();
        if value.is_empty() || !self.is_at_element_end() {
            self.rest = start;
            return None;
        }
        Some(&start[..value.len() + padding.len()])
    }

    /// What stands after the equals sign, to the end of the element.
    pub(super) fn param_value(&mut self) -> Option<String> {
        self.skip_space();
        let value = if self.skip("\"") {
            self.quoted()?
        } else {
            self.token()?.to_owned()
        };
        self.skip_space();
        self.is_at_element_end().then_some(value)
    }

    /// What stands after the opening quote, to the closing one.
    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut chars = self.rest.chars();
        loop {
            count_steps(1);
            let unit = match chars.next()? {
                '"' => break,
                '\\' => chars.next()?,
                unit => unit,
            };
            if unit.is_ascii_control() && unit != '\t' {
                return None;
            }
            value.push(unit);
        }
        self.rest = chars.as_str();
        Some(value)
    }
}

#[cfg(test)]
thread_local! {
    /// How many bytes this thread has looked at, for a test.
    pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn count_steps(count: usize) {
    STEPS.set(STEPS.get() + count);
}

#[cfg(not(test))]
fn count_steps(_: usize) {}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_token68_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}
