//! What nobody may see, in each alphabet in which it may be written.

/// In each secret, token, assertion and key of these tests, at its start.
pub(crate) const WORD: &str = "canary";

/// How each JWT begins, so each assertion and each proof: `{"` in base64url.
const JWT: &str = "eyJ";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// That nothing secret is in what a program said.
#[track_caller]
pub(crate) fn assert_clean(said: &str) {
    assert_eq!(found(said, &all()), None);
}

/// That this word is not there, however it is written.
#[track_caller]
pub(crate) fn assert_without(said: &str, word: &str) {
    assert_eq!(found(said, &forms(word)), None);
}

fn all() -> Vec<String> {
    [forms(WORD), vec![JWT.to_owned()]].concat()
}

/// The first of these words that is there, and its line.
fn found<'a>(said: &'a str, words: &[String]) -> Option<(String, &'a str)> {
    words.iter().find_map(|word| {
        let line = said.lines().find(|line| line.contains(word))?;
        Some((word.clone(), line))
    })
}

/// The word itself; in hex, in a URI, as Rust shows bytes, each in both cases; and in base64, wherever it begins in a group of three.
fn forms(word: &str) -> Vec<String> {
    let bytes = word.as_bytes();
    let each = |show: fn(&u8) -> String, between| {
        let shown: Vec<_> = bytes.iter().map(show).collect();
        shown.join(between)
    };
    let mut forms = vec![
        word.to_owned(),
        word.to_uppercase(),
        each(|byte| format!("{byte:02x}"), ""),
        each(|byte| format!("{byte:02X}"), ""),
        each(|byte| format!("%{byte:02x}"), ""),
        each(|byte| format!("%{byte:02X}"), ""),
        each(|byte| format!("{byte}"), ", "),
        each(|byte| format!("{byte:#04x}"), ", "),
    ];
    for before in 0..3 {
        let whole = [&[0; 3][..before], bytes, &[0; 2]].concat();
        let text = base64(&whole);
        // Of the characters at both ends a part is of what stands beside the word.
        let (from, to) = ((8 * before).div_ceil(6), 8 * (before + bytes.len()) / 6);
        forms.push(text[from..to].to_owned());
    }
    forms
}

/// Without the padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = group
            .iter()
            .fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        let number = number << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            let index = number >> (18 - 6 * place) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

/// The bytes of a private key for P-256 that begin with the word.
pub(crate) const KEY: &[u8; 32] = b"canary-canary-canary-canary-key!";

/// The same in PEM (RFC 5958, RFC 5915): neither the curve's name nor a public key is in the inner part.
pub(crate) fn key_pem() -> String {
    let before = [
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
        0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25,
        0x02, 0x01, 0x01, 0x04, 0x20,
    ];
    // 67 bytes, and so two characters of padding.
    let text = base64(&[&before[..], KEY].concat());
    let (first, second) = text.split_at(64);
    format!("-----BEGIN PRIVATE KEY-----\n{first}\n{second}==\n-----END PRIVATE KEY-----\n")
}

#[test]
fn each_form_is_found() {
    for said in [
        "a canary",
        "CANARY",
        "63616e617279",
        "63616E617279",
        "%63%61%6e%61%72%79",
        "[99, 97, 110, 97, 114, 121]",
        // `svc:`, `sv:` and `s:` before a secret, as HTTP Basic has it.
        "c3ZjOmNhbmFyeS1zZWNyZXQ=",
        "c3Y6Y2FuYXJ5LXNlY3JldA==",
        "czpjYW5hcnktc2VjcmV0",
        "eyJhbGciOiJFUzI1NiJ9.e30.x",
    ] {
        let said = format!("noise\n{said}, noise");
        let is_found = found(&said, &all()).is_some();
        assert!(is_found, "{said}");
    }
    assert_clean("c3ZjOnNlY3JldA==");
}
