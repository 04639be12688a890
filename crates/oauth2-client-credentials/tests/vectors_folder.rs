//! The runner of the vectors, on folders that it must not let pass.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

#[allow(dead_code, reason = "`vectors` itself uses the rest")]
mod vectors_runner;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vectors_runner::{Arguments, folder, run, run_file};

const GOOD: &str = r#"{"id":"1","class":"c","source":"project","input":{"body":"{\"access_token\":\"t\"}","now":0},"expect":{"token":{"access_token":"t"},"error":null}}"#;

/// A folder of this name with these files.
fn folder_of(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("vectors-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

fn arguments(list: &[&str]) -> Arguments {
    Arguments::parse(list.iter().map(|argument| (*argument).to_owned())).unwrap()
}

fn runs(name: &str, files: &[(&str, &str)]) -> Result<bool, String> {
    run(&folder_of(name, files), &Arguments::default())
}

#[test]
fn a_folder_that_is_missing_or_empty_is_a_failure() {
    let missing = folder_of("missing", &[]).join("nothing");
    assert!(run(&missing, &Arguments::default()).is_err());
    assert!(runs("empty", &[]).is_err());
    assert!(runs("only-readme", &[("README.md", "# Vectors")]).is_err());
}

#[test]
fn a_file_that_is_not_known_is_a_failure() {
    let good = format!("[{GOOD}]");
    assert_eq!(runs("good", &[("token_response.json", &good)]), Ok(true));
    for name in ["other.json", "other.txt", "token_response.json.bak"] {
        let files = [("token_response.json", &*good), (name, &*good)];
        assert_eq!(runs("unknown-file", &files), Ok(false), "{name}");
    }
}

#[test]
fn a_case_that_cannot_be_read_or_holds_not_fails_alone() {
    let with = |from: &str, to: &str| {
        let case = GOOD
            .replace("\"id\":\"1\"", "\"id\":\"2\"")
            .replace(from, to);
        format!("[{GOOD},{case}]")
    };
    for text in [
        with("\"class\"", "\"other\":1,\"class\""),
        with("\"now\"", "\"other\":1,\"now\""),
        with("\"access_token\":\"t\"}", "\"other\":\"t\"}"),
        with("\"access_token\":\"t\"}", "\"access_token\":\"u\"}"),
        with("\"error\":null", "\"other\":null"),
        with("{\"access_token\":\"t\"},\"error\":null", "null"),
        with("\"token\":{\"access_token\":\"t\"},\"error\":null", ""),
        with("\"source\":\"project\",", ""),
        with("\"now\":0", "\"now\":1e400"),
        with("\"id\":\"2\"", "\"id\":\"1\""),
        format!("[{GOOD},5]"),
    ] {
        let path = folder_of("bad-case", &[("token_response.json", &text)]);
        let path = path.join("token_response.json");
        let (failures, cases) =
            run_file(&path, "token_response.json", &mut BTreeSet::new()).unwrap();
        assert_eq!((failures.len(), cases), (1, 2), "{text}");
        assert_eq!(
            run(path.parent().unwrap(), &Arguments::default()),
            Ok(false)
        );
    }
}

#[test]
fn null_is_absent() {
    let error = r#"{"error":{"kind":"malformed"},"token":null}"#;
    let text = GOOD
        .replace("access_token\\\"", "x\\\"")
        .replace(r#"{"token":{"access_token":"t"},"error":null}"#, error);
    assert_eq!(
        runs("null", &[("token_response.json", &format!("[{text}]"))]),
        Ok(true)
    );
    let placement = r#"[{"id":"1","class":"c","source":"project","input":{"access_token":"t","placement":"header","method":"GET","uri":"https://a/"},"expect":{"headers":{"authorization":"Bearer t"}}}]"#;
    assert_eq!(
        runs("no-headers", &[("placement.json", placement)]),
        Ok(true)
    );
}

#[test]
fn arguments_of_the_standard_harness_are_taken() {
    let bad = folder_of("arguments", &[("other.json", "[]")]);
    for list in [
        &["--help"][..],
        &["-h"],
        &["--list", "--format", "terse"],
        &["--skip", "other", "--test-threads=1"],
        &["token", "--nocapture", "--color=never"],
        &["--exact", "other"],
        &["--ignored"],
    ] {
        assert_eq!(run(&bad, &arguments(list)), Ok(true), "{list:?}");
    }
    for list in [&["--fail-fast"][..], &["-q", "--exact", "other.json"]] {
        assert_eq!(run(&bad, &arguments(list)), Ok(false), "{list:?}");
    }
    assert!(Arguments::parse(["--other".to_owned()]).is_err());
}

#[test]
fn a_relative_folder_may_be_seen_from_the_root_of_the_workspace() {
    let own = folder(None);
    assert!(own.is_dir());
    let from_root = "crates/oauth2-client-credentials/tests/vectors";
    for given in [Path::new(from_root), Path::new("tests/vectors"), &own] {
        let found = folder(Some(given.to_owned()));
        assert_eq!(found.canonicalize().unwrap(), own.canonicalize().unwrap());
    }
    let nowhere = folder(Some("nowhere".into()));
    assert_eq!(nowhere, Path::new("nowhere"));
}

/// Cases of shapes that the crate's own vectors do not have.
#[cfg(all(feature = "rsa", feature = "mac"))]
#[test]
fn what_the_format_allows_can_be_run() {
    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\\n-----END PRIVATE KEY-----\\n";
    const SPKI: &str = "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\\n-----END PUBLIC KEY-----\\n";
    const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"k","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let pem = format!("\"key\":{{\"pem\":\"{ED25519}\",\"jwk\":null}}");
    let jwk = format!("\"key\":{{\"jwk\":{JWK}}}");
    let public = format!("\"public_key\":{{\"pem\":\"{SPKI}\"}}");
    let certificate = "\"der_base64\":\"MAA=\",\"pem\":\"-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\"";
    for (name, input, expect) in [
        (
            "private_key_jwt",
            format!("{pem},\"alg\":\"EdDSA\",\"issuer\":\"https://as\",\"token_endpoint\":\"https://as/t\",\"kid\":null,\"typ\":null"),
            format!("\"header\":{{\"alg\":\"EdDSA\",\"typ\":null}},\"aud\":\"https://as\",{public}"),
        ),
        (
            "private_key_jwt",
            format!("{jwk},\"alg\":\"Ed25519\",\"token_endpoint\":\"https://AS\",\"override\":null"),
            format!("\"header\":{{\"alg\":\"Ed25519\",\"typ\":\"client-authentication+jwt\"}},\"aud\":\"https://AS\",{public}"),
        ),
        (
            "client_secret_jwt",
            r#""client_secret":"0123456789abcdef0123456789abcdef","alg":"HS256","client_id":"a b","endpoint":"https://as/t","scope":"x y""#.to_owned(),
            r#""url":"https://as/t","method":"POST","headers":{"authorization":null}"#.to_owned(),
        ),
        (
            "client_secret_jwt",
            r#""client_secret":"0123456789abcdef0123456789abcdef","alg":"HS256","client_id":"""#.to_owned(),
            r#""error":{"kind":"empty_client_id"}"#.to_owned(),
        ),
        (
            "client_secret_jwt",
            r#""client_secret":"0123456789abcdef0123456789abcdef","alg":"HS256","scope":"a\"b""#.to_owned(),
            r#""error":{"kind":"invalid_scope","value":"a\"b"}"#.to_owned(),
        ),
        (
            "dpop",
            format!("{pem},\"url\":\"https://a?b\",\"htm\":\"GET\""),
            format!("\"claims\":{{\"jti\":\"jti\",\"htm\":\"GET\",\"htu\":\"https://a/\",\"iat\":0,\"nonce\":null}},{public}"),
        ),
        (
            "dpop",
            r#""access_token":"a b","proof":"a.b.c""#.to_owned(),
            r#""error":{"kind":"invalid_access_token"}"#.to_owned(),
        ),
        (
            "dpop",
            r#""access_token":"t","token_type":"Bearer","proof":"a.b.c""#.to_owned(),
            r#""error":{"kind":"unsupported_token_type","value":"Bearer"}"#.to_owned(),
        ),
        (
            "dpop",
            r#""headers":[["DPoP-Nonce","\u00e9"]]"#.to_owned(),
            r#""nonce":null"#.to_owned(),
        ),
        (
            "cert_thumbprint",
            certificate.to_owned(),
            r#""x5t":"-UTc1jX5gB96yQpAf7xHmWTewCQ","x5t#S256":"5PYNCqbX89O2pklLHIYbmfZJxvnsUauvIBsg8pcyfJU""#.to_owned(),
        ),
        (
            "placement",
            r#""access_token":"t","placement":"query","method":"GET","uri":"https://a/?access_token=x""#.to_owned(),
            r#""error":{"kind":"already_authorized"}"#.to_owned(),
        ),
        (
            "mac",
            r#""draft":0,"algorithm":"hmac-sha-1","id":"i","key":"k","ts":null,"nonce":"0:n","method":"GET","uri":"https://a:99999/""#.to_owned(),
            r#""error":{"kind":"invalid_uri"}"#.to_owned(),
        ),
        (
            "metadata",
            r#""issuer":"https://as","document":{"issuer":"https://as","token_endpoint":"https://AS","token_endpoint_auth_methods_supported":[]}"#.to_owned(),
            r#""token_endpoint":"https://AS","auth_methods":[]"#.to_owned(),
        ),
        (
            "metadata",
            r#""issuer":"https://as","mtls":true,"document":{"issuer":"https://as","token_endpoint":"https://as","mtls_endpoint_aliases":{"token_endpoint":1}}"#.to_owned(),
            r#""error":{"kind":"invalid_metadata","field":"mtls_endpoint_aliases"}"#.to_owned(),
        ),
        (
            "expires_in",
            r#""value":"12.9""#.to_owned(),
            r#""token":{"expires_in":12}"#.to_owned(),
        ),
        (
            "scope",
            r#""kind":"response","options":{"comma_separated_scope":true},"body_base64":"eyJhY2Nlc3NfdG9rZW4iOiJ0Iiwic2NvcGUiOiJhLGIifQ==""#.to_owned(),
            r#""scope":["a","b"]"#.to_owned(),
        ),
    ] {
        let case = format!(
            r#"[{{"id":"1","class":"c","source":"project","input":{{{input}}},"expect":{{{expect}}}}}]"#
        );
        let file = format!("{name}.json");
        let path = folder_of("shapes", &[(&*file, &*case)]).join(&file);
        let outcome = run_file(&path, &file, &mut BTreeSet::new());
        assert_eq!(outcome, Ok((Vec::new(), 1)), "{case}");
    }
}
