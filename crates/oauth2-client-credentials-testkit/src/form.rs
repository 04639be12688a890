//! `application/x-www-form-urlencoded` (RFC 6749, appendix B), read strictly.

/// The parameters in their order, or nothing if a byte is not ASCII, a percent sign is not followed by two hexadecimal
/// digits or the result is not UTF-8.
pub(crate) fn parse(body: &[u8]) -> Option<Vec<(String, String)>> {
    if !body.is_ascii() {
        return None;
    }
    body.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = halves.next().unwrap_or_default();
            let value = halves.next().unwrap_or_default();
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

/// One name or value.
pub(crate) fn decode(encoded: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(*bytes.next()?)? << 4 | hex(*bytes.next()?)?,
            _ => *byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> Option<Vec<(String, String)>> {
        parse(body.as_bytes())
    }

    #[test]
    fn pairs_keep_their_order_and_their_repeats() {
        let expected =
            [("b", "1"), ("a", "2 3"), ("b", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(parsed("b=1&a=2+3&&b").unwrap(), expected);
        assert_eq!(parsed("").unwrap(), []);
    }

    #[test]
    fn escapes_are_of_either_case_and_an_equals_sign_may_stand_in_a_value() {
        let expected = [("ä".to_owned(), "=&+%".to_owned())];
        assert_eq!(parsed("%C3%a4==%26%2B%25").unwrap(), expected);
    }

    #[test]
    fn broken_escapes_and_text_that_is_no_utf8_are_refused() {
        for body in ["a=ä", "ä=a", "a=%", "a=%4", "a=%g0", "a=%+1", "%ff=a"] {
            assert_eq!(parsed(body), None, "{body}");
        }
    }
}
