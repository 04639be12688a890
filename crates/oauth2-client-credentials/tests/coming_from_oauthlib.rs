//! The page "coming from oauthlib" leaves nothing out.

/// Of `BackendApplicationClient`, by the signatures of oauthlib 3.2 and 4.0.
const ARGUMENTS: [&str; 15] = [
    "client_id",
    "default_token_placement",
    "token_type",
    "access_token",
    "refresh_token",
    "mac_key",
    "mac_algorithm",
    "token",
    "scope",
    "state",
    "redirect_url",
    "state_generator",
    "code_verifier",
    "code_challenge",
    "code_challenge_method",
];

/// What the class and its objects have beside those arguments.
const ATTRIBUTES: [&str; 6] = [
    "grant_type",
    "refresh_token_key",
    "code",
    "expires_in",
    "expires_at",
    "_expires_at",
];

/// What its methods take beside those arguments.
const PARAMETERS: [&str; 14] = [
    "kwargs",
    "body",
    "include_client_id",
    "token_url",
    "authorization_response",
    "uri",
    "http_method",
    "headers",
    "token_placement",
    "ext",
    "revocation_url",
    "token_type_hint",
    "callback",
    "response",
];

/// Its methods and properties, and those that it inherits.
const METHODS: [&str; 18] = [
    "_add_bearer_token",
    "_add_mac_token",
    "_populate_attributes",
    "populate_code_attributes",
    "token_types",
    "prepare_request_uri",
    "prepare_request_body",
    "parse_request_uri_response",
    "add_token",
    "prepare_authorization_request",
    "prepare_token_request",
    "prepare_refresh_token_request",
    "prepare_token_revocation_request",
    "parse_request_body_response",
    "prepare_refresh_body",
    "create_code_verifier",
    "create_code_challenge",
    "populate_token_attributes",
];

const PAGE: &str = include_str!("../docs/coming-from-oauthlib.md");

/// Whether a row of a table begins with a cell that names it.
fn has_row(name: &str) -> bool {
    let first_cells = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|row| row.split(" | ").next());
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    first_cells
        .flat_map(|cell| cell.split(|char| !is_word(char)))
        .any(|word| word == name)
}

#[test]
fn every_argument_and_method_has_a_row() {
    for name in [&ARGUMENTS[..], &ATTRIBUTES, &PARAMETERS, &METHODS].concat() {
        assert!(has_row(name), "{name}");
    }
    assert!(!has_row("prepare_nothing"));
}
