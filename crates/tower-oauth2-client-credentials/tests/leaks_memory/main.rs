//! What is dropped is gone from this process's memory, all of which is searched: heap, freed or not, and stacks.
//!
//! What cannot be wiped is shown to be there, so that the page on security says so: `http` has requests and headers in memory of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(target_os = "linux", feature = "dpop"))]

mod keys;
mod memory;

use std::{hint::black_box, time::SystemTime};

use bytes::BytesMut;
use http::Response;
use oauth2_client_credentials::{
    Client, ClientAssertion, ClientSecretBasic, ClientSecretJwt, ClientSecretPost, Decoder,
    EndpointUri, RefreshRequest, Revocation, SecretString, TokenRequest, TokenResponse,
};
use tower_oauth2_client_credentials::Credential;

use crate::memory::{Needle, Searched};

/// Every secret here is this, once its bits are turned: the program itself has it nowhere else.
const TURNED: [u8; 64] = turned(37);

/// Letters and digits, which no encoding changes, in an order that goes by this step.
const fn turned<const LENGTH: usize>(step: usize) -> [u8; LENGTH] {
    let mut turned = [0; LENGTH];
    let mut place = 0;
    while place < LENGTH {
        let number = ((place * step + place / 7) % 62) as u8;
        turned[place] = !match number {
            ..10 => b'0' + number,
            10..36 => b'A' + number - 10,
            _ => b'a' + number - 36,
        };
        place += 1;
    }
    turned
}

/// What an allocator may write over as it takes memory back; the rest has to have been wiped.
const LOST: usize = 32;

fn secret() -> String {
    let mut text = String::with_capacity(TURNED.len());
    TURNED.iter().for_each(|byte| text.push(char::from(!byte)));
    text
}

/// The middle of the secret, which is there wherever it is, as it is or in lower case.
fn needle() -> [Needle; 1] {
    let middle = TURNED[LOST..].iter().map(|byte| !byte);
    [Needle::of(middle.collect())]
}

fn copies() -> usize {
    memory::copies(&needle())
}

/// How many copies there are while a value lives, and afterwards.
fn before_and_after<T>(value: impl FnOnce(String) -> T + Send) -> (usize, usize) {
    memory::before_and_after(&needle(), Searched::All, || value(secret()))
}

#[test]
fn what_is_dropped_is_wiped_from_memory() {
    let _alone = memory::alone();
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
        (
            "what it looks for in a text",
            before_and_after(|text| {
                let client = Client::new("svc", ClientSecretBasic::new(text)).unwrap();
                assert_eq!(client.redact_text("a text"), "a text");
                client
            }),
        ),
        (
            "an answer's token",
            before_and_after(|text| {
                let wanted = TokenRequest::new();
                let mut body = BytesMut::with_capacity(512);
                for part in [
                    "{\"access_token\":\"",
                    &text,
                    "\",\"refresh_token\":\"",
                    &text,
                    "\"}",
                ] {
                    body.extend_from_slice(part.as_bytes());
                }
                memory::wipe(text);
                let answer = Response::new(body.freeze());
                let token = Decoder::lenient().decode(&wanted, &answer, SystemTime::UNIX_EPOCH);
                // The body is memory of `bytes`, too. Here it is wiped, as nobody else has it.
                let mut body = answer.into_body().try_into_mut().unwrap();
                body.fill(0);
                black_box(&body);
                token.unwrap()
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
