//! Encodings that nobody asked for: the body is read as it came.

use crate::answer::{Answer, JSON, PROTOCOL, TAKEN, TOO_LARGE, both, good_body};

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for encoding in [
        "gzip",
        "x-gzip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "gzip, gzip",
        "aes128gcm",
        "\u{e9}",
    ] {
        let headers = [JSON, ("content-encoding", encoding)];
        // It says so, and is not.
        answers.extend(both(
            format!("{encoding}, as it says"),
            200,
            &headers,
            good_body(),
            TAKEN,
        ));
    }
    for (name, blocks, expected) in [
        ("a small bomb", 100, PROTOCOL),
        ("a bomb of 9 MB in 60 KiB", 37_000, PROTOCOL),
        ("a bomb of 70 MB in 440 KiB", 270_000, TOO_LARGE),
    ] {
        let headers = [JSON, ("content-encoding", "gzip")];
        answers.extend(both(name, 200, &headers, bomb(blocks), expected));
        let hidden = [JSON];
        answers.extend(both(
            format!("{name}, unsaid"),
            200,
            &hidden,
            bomb(blocks),
            expected,
        ));
    }
    answers
}

/// A gzip file of `blocks` times 258 zeros: Huffman's fixed code (RFC 1951 §3.2.6), 13 bits for each.
fn bomb(blocks: usize) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut byte, mut filled) = (0_u8, 0);
    let mut put = |bits: &str| {
        for bit in bits.bytes() {
            byte |= (bit - b'0') << filled;
            filled += 1;
            if filled == 8 {
                file.push(byte);
                (byte, filled) = (0, 0);
            }
        }
    };
    // The last block, in the fixed code; a zero to begin with.
    put("110");
    put("00110000");
    for _ in 0..blocks {
        // The longest match, one byte back.
        put("11000101");
        put("00000");
    }
    put("0000000");
    put("00000000");
    file.extend([0; 8]);
    file
}
