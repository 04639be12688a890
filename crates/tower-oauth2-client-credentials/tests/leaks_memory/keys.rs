//! Private keys, which are bytes and not text.
//!
//! A curve's own library wipes a key where it is. What a move leaves behind, on a stack or in the unused part of a larger value,
//! nobody wipes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use oauth2_client_credentials::{Client, Dpop, DpopKey, PrivateKeyJwt, SigningKey};

use crate::{
    memory::{Needle, Searched, alone, before_and_after, copies, wipe},
    turned,
};

/// The key, turned as the secrets of the other test are, and another than they.
const TURNED: [u8; LENGTH] = turned(23);

/// Of a key of 32 bytes the second half: the start is what an allocator writes over.
const HALF: usize = 16;
const LENGTH: usize = 32;

/// What stands before the key in PKCS#8 (RFC 8410 §7).
const ED25519: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The key's bytes behind others, in memory that is wiped by [`wipe`] as a whole.
fn key(before: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * LENGTH);
    bytes.extend(before);
    bytes.extend(TURNED.iter().map(|byte| !byte));
    bytes
}

fn fill(bytes: &mut [u8]) {
    bytes
        .iter_mut()
        .zip(TURNED)
        .for_each(|(byte, turned)| *byte = !turned);
}

/// The key as `before` and base64 have it.
fn text(before: &[u8]) -> String {
    let bytes = key(before);
    let mut text = String::with_capacity(256);
    BASE64.encode_string(&bytes, &mut text);
    wipe(bytes);
    text
}

fn from_pem() -> SigningKey {
    let text = text(&ED25519);
    let mut pem = String::with_capacity(256);
    pem.extend([
        "-----BEGIN PRIVATE KEY-----\n",
        &text,
        "\n-----END PRIVATE KEY-----\n",
    ]);
    let key = SigningKey::from_pem(&pem).unwrap();
    wipe(text);
    wipe(pem);
    key
}

fn from_jwk() -> SigningKey {
    let public = from_pem().public_jwk().to_string();
    let text = text(&[]);
    let mut json = String::with_capacity(512);
    json.extend([public.trim_end_matches('}'), ",\"d\":\"", &text, "\"}"]);
    let key = SigningKey::from_jwk(&json).unwrap();
    wipe(text);
    wipe(json);
    key
}

fn generated() -> DpopKey {
    DpopKey::generate(fill).unwrap()
}

/// The key as it is, as a processor has large numbers, and as text in both places.
fn needles() -> [Needle; 4] {
    let half = |from: usize| {
        let mut bytes = key(&[]);
        let half = bytes[from..from + HALF].to_vec();
        bytes.fill(0);
        half
    };
    let mut reversed = half(0);
    reversed.reverse();
    let end = |before: &[u8]| {
        let text = text(before);
        let end = text[text.len() - HALF..].to_owned().into_bytes();
        wipe(text);
        end
    };
    [half(HALF), reversed, end(&[]), end(&ED25519)].map(Needle::of)
}

#[test]
fn a_key_that_is_dropped_is_wiped_where_it_was() {
    let _alone = alone();
    let needles = needles();
    assert_eq!(copies(&needles), 0, "nothing has been made yet");
    let check = |name, (before, after): (usize, usize)| {
        println!("{name}: {before} while it lives, {after} afterwards");
        assert!(before > 0, "{name}: the search finds what is there");
        (before, after)
    };
    for (name, make) in [
        ("a key from PEM", from_pem as fn() -> SigningKey),
        ("a key from a JWK", from_jwk),
    ] {
        let counts = before_and_after(&needles, Searched::AllButStacks, make);
        assert_eq!(check(name, counts).1, 0, "{name}");
    }

    // Into a larger value a move may take something from a stack along, in what is no field.
    for (name, counts) in [
        (
            "a client with a key",
            moved(&needles, || {
                Client::new("svc", PrivateKeyJwt::new(from_pem())).unwrap()
            }),
        ),
        ("a key for DPoP", moved(&needles, || Dpop::new(generated()))),
    ] {
        let (before, after) = check(name, counts);
        assert!(after < before, "{name}");
    }
}

fn moved<T>(needles: &[Needle], make: impl FnOnce() -> T + Send) -> (usize, usize) {
    before_and_after(needles, Searched::AllButStacks, make)
}
