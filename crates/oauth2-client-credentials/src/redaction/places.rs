//! Where a secret stands in a text.

use std::ops::Range;

use crate::quoted::CUT;

/// What is left of a secret that was cut is one from so many bytes on.
const TELLING: usize = 4;

/// Where `needle` is in `text`, overlapping places too, and where an ellipsis
/// stands for its end; with `is_cut` also where the text ends within it. Takes
/// linear time (Knuth, Morris and Pratt).
///
/// Both are UTF-8, so each place begins and ends between two characters.
pub(super) fn covers(text: &[u8], needle: &[u8], is_cut: bool) -> Vec<Range<usize>> {
    let mut borders = vec![0; needle.len()];
    let mut matched = 0;
    for place in 1..needle.len() {
        while matched > 0 && needle[place] != needle[matched] {
            matched = borders[matched - 1];
        }
        matched += usize::from(needle[place] == needle[matched]);
        borders[place] = matched;
    }
    let mut places = Vec::new();
    matched = 0;
    for (place, byte) in text.iter().enumerate() {
        if matched >= TELLING && text[place..].starts_with(CUT.as_bytes()) {
            places.push(place - matched..place);
        }
        let byte = byte.to_ascii_lowercase();
        while matched > 0 && byte != needle[matched] {
            matched = borders[matched - 1];
        }
        matched += usize::from(byte == needle[matched]);
        if matched == needle.len() {
            places.push(place + 1 - matched..place + 1);
            matched = borders[matched - 1];
        }
    }
    if is_cut && matched > 0 {
        places.push(text.len() - matched..text.len());
    }
    places
}

/// Where something stands that may be a JWT: `eyJ`, which is how base64url has
/// the beginning of a JSON object, with two dots in what follows, or cut before
/// they came. In either case, as with all else.
pub(super) fn jwts(text: &str, is_cut: bool) -> Vec<Range<usize>> {
    let is_of_jwt = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let mut begin = 0;
    let mut places = Vec::new();
    for word in text.as_bytes().split(|byte| !is_of_jwt(byte)) {
        let end = begin + word.len();
        if let Some(at) = word
            .windows(3)
            .position(|begin| begin.eq_ignore_ascii_case(b"eyJ"))
        {
            let dots = word[at..].iter().filter(|byte| **byte == b'.').count();
            let is_cut = text[end..].starts_with(CUT) || (is_cut && end == text.len());
            if dots >= 2 || is_cut {
                places.push(begin + at..end);
            }
        }
        begin = end + 1;
    }
    places
}
