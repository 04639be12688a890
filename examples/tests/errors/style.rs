//! How an error is written, as far as a program can tell.

/// One line that begins in lower case and ends without a full stop.
pub(crate) fn is_good(line: &str) -> bool {
    let begins = line.chars().next();
    begins.is_some_and(|first| !first.is_uppercase() && !first.is_whitespace())
        && !line.contains(char::is_control)
        && !line.ends_with('.')
}

/// Words that tell somebody to do something, where they begin a part of a sentence.
const IMPERATIVES: &str = "allow ask await call change check choose close convert correct decrypt enable export give have leave let look \
    make mend mount name raise remove repeat see send set show tell trim try tunnel use wait write";

/// Words that say how something has to be.
const RULES: [&str; 9] = [
    " must ",
    " has to ",
    " have to ",
    " needs ",
    " may be longer than ",
    " such as ",
    "did you mean ",
    // The parser of arguments lists them after this.
    "were not provided: ",
    "expected one of ",
];

/// Whether an error, with what caused it, tells what to do, or how what is wrong has to be.
pub(crate) fn says_what_to_try(chain: &str) -> bool {
    let tells = |part: &str| {
        let first = part.split_whitespace().next().unwrap_or_default();
        IMPERATIVES.split_whitespace().any(|word| word == first)
    };
    let parts = chain.split([',', ';', ':', '(']);
    let mut parts = parts.flat_map(|part| part.split(" or ").flat_map(|part| part.split(" and ")));
    parts.any(tells) || RULES.iter().any(|rule| chain.contains(rule))
}

#[test]
fn what_is_not_in_style_is_seen() {
    for line in ["", "Foo", " foo", "a\nb", "no token."] {
        assert!(!is_good(line), "{line:?}");
    }
    assert!(is_good(
        "`a` is no scope token, check how the server spells it"
    ));
}

#[test]
fn what_says_nothing_to_try_is_seen() {
    for chain in [
        "no",
        "no request could be made, the cause says why; no credential for it; ",
        "there is no [[route]], and so nowhere for a request to go",
        "line 2: unclosed array table, expected `]]`",
        "line 6: missing field `client_id`",
        "it cannot be read: No such file or directory (os error 2)",
        "the check of its name failed",
    ] {
        assert!(!says_what_to_try(chain), "{chain}");
    }
    for chain in [
        "line 6: missing field `client_id`; write it",
        "the port is none, correct it",
        "the key is encrypted with a password, decrypt it first",
        "attempts must be at least 1",
    ] {
        assert!(says_what_to_try(chain), "{chain}");
    }
}
