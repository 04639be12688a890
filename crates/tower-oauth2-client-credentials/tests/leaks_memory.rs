//! What is dropped is gone from this process's memory, all of which is searched: heap, freed or not, and stacks.
//!
//! What cannot be wiped is shown to be there, so that the page on security says so: `http` has requests and headers in memory of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(target_os = "linux", feature = "dpop"))]

use std::{fs, fs::File, hint::black_box, os::unix::fs::FileExt};

use oauth2_client_credentials::{
    Client, ClientAssertion, ClientSecretBasic, ClientSecretJwt, ClientSecretPost, EndpointUri,
    RefreshRequest, Revocation, SecretString, TokenRequest, TokenResponse,
};
use tower_oauth2_client_credentials::Credential;

/// Every secret here is this, once its bits are turned: the program itself has it nowhere else.
const TURNED: [u8; 64] = {
    let mut turned = [0; 64];
    let mut place = 0;
    while place < turned.len() {
        // Letters and digits, which no encoding changes.
        let number = ((place * 37 + place / 7) % 62) as u8;
        turned[place] = !match number {
            ..10 => b'0' + number,
            10..36 => b'A' + number - 10,
            _ => b'a' + number - 36,
        };
        place += 1;
    }
    turned
};

/// What an allocator may write over as it takes memory back; the rest has to have been wiped.
const LOST: usize = 32;

fn secret() -> String {
    let mut text = String::with_capacity(TURNED.len());
    TURNED.iter().for_each(|byte| text.push(char::from(!byte)));
    text
}

/// How often the secret's middle is in what this process may write to.
fn copies() -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut page = vec![0_u8; 1 << 16];
    let own = page.as_ptr().addr()..page.as_ptr().addr() + page.len();
    let mut copies = 0;
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with("rw") || line.contains("[v") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let [mut at, end] = [start, end].map(|text| usize::from_str_radix(text, 16).unwrap());
        while at < end {
            let length = page.len().min(end - at);
            if memory.read_exact_at(&mut page[..length], at as u64).is_ok() {
                let found = places(&page[..length]).filter(|place| !own.contains(&(at + place)));
                copies += found.count();
            }
            // What was read is a copy itself.
            page.fill(0);
            // One that lies across two pages is in the next one as a whole.
            at += if length > TURNED.len() {
                length - TURNED.len()
            } else {
                length
            };
        }
    }
    copies
}

fn places(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let needle = &TURNED[LOST..];
    let starts = bytes.iter().enumerate();
    let starts = starts.filter(move |(_, byte)| **byte == !needle[0]);
    starts.map(|(place, _)| place).filter(move |place| {
        let here = bytes.get(*place..place + needle.len());
        here.is_some_and(|here| {
            here.iter()
                .zip(needle)
                .all(|(byte, turned)| *byte == !turned)
        })
    })
}

/// How many copies there are while a value lives, and afterwards.
fn before_and_after<T>(value: impl FnOnce(String) -> T) -> (usize, usize) {
    let value = black_box(value(secret()));
    let before = copies();
    drop(value);
    (before, copies())
}

#[test]
fn what_is_dropped_is_wiped_from_memory() {
    assert_eq!(copies(), 0, "nothing has been made yet");
    let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
    for (name, (before, after)) in [
        ("a string", before_and_after(SecretString::from)),
        (
            "a secret in the header",
            before_and_after(ClientSecretBasic::new),
        ),
        (
            "a secret in the body",
            before_and_after(ClientSecretPost::new),
        ),
        (
            "a secret that signs",
            before_and_after(ClientSecretJwt::new),
        ),
        ("an assertion", before_and_after(ClientAssertion::new)),
        (
            "a token",
            before_and_after(|text| TokenResponse::new(text).unwrap()),
        ),
        ("a token to be revoked", before_and_after(Revocation::new)),
        ("a refresh token", before_and_after(RefreshRequest::new)),
        (
            "a client",
            before_and_after(|text| Client::new("svc", ClientSecretPost::new(text)).unwrap()),
        ),
        (
            "a client of HTTP Basic",
            before_and_after(|text| Client::new("svc", ClientSecretBasic::new(text)).unwrap()),
        ),
        (
            "a client that signs",
            before_and_after(|text| Client::new("svc", ClientSecretJwt::new(text)).unwrap()),
        ),
        (
            "a credential",
            before_and_after(|text| {
                Credential::new(Client::new("svc", ClientSecretPost::new(text)).unwrap())
            }),
        ),
    ] {
        println!("{name}: {before} while it lives, {after} afterwards");
        assert!(before > 0, "{name}: the search finds what is there");
        assert_eq!(after, 0, "{name}");
    }
    let credential = Credential::new(Client::new("svc", ClientSecretPost::new(secret())).unwrap());
    assert!(copies() > 0);
    credential.replace(Client::new("svc", ClientSecretPost::new("another")).unwrap());
    assert_eq!(copies(), 0, "a secret that was replaced");

    // The body of a request is memory of `bytes`, which nobody wipes. This is the last one, for it leaves something behind.
    let client = Client::new("svc", ClientSecretPost::new(secret())).unwrap();
    let request = client
        .token_request(&endpoint, &TokenRequest::new())
        .unwrap();
    assert!(copies() > 1);
    drop((request, client));
    println!("{} of what was sent", copies());
}
