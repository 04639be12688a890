//! HTTP/2 (RFC 9113) by hand, since no library would send what is sent here.

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

/// The client's first request.
pub(crate) const STREAM: u32 = 1;

/// A frame (§4.1).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

pub(crate) fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<_> = settings
        .iter()
        .flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(SETTINGS, 0, 0, &payload)
}

/// A whole head, with more to follow.
pub(crate) fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, STREAM, &block(fields))
}

/// The rest of a body.
pub(crate) fn data(body: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    for part in body.chunks(16_384) {
        frames.extend(frame(DATA, 0, STREAM, part));
    }
    frames.extend(frame(DATA, END_STREAM, STREAM, b""));
    frames
}

pub(crate) fn reset(code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, STREAM, &code.to_be_bytes())
}

pub(crate) fn go_away(last: u32, code: u32, why: &[u8]) -> Vec<u8> {
    let payload = [&last.to_be_bytes()[..], &code.to_be_bytes(), why].concat();
    frame(GOAWAY, 0, 0, &payload)
}

/// The head of a good answer.
pub(crate) fn good_head() -> Vec<u8> {
    headers(&[(":status", "200"), ("content-type", "application/json")])
}

/// Fields as literals that nobody remembers (RFC 7541 §6.2.2).
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        string(&mut block, name.as_bytes());
        string(&mut block, value.as_bytes());
    }
    block
}

/// Without Huffman's code (RFC 7541 §5.2).
pub(crate) fn string(block: &mut Vec<u8>, text: &[u8]) {
    match u8::try_from(text.len()) {
        Ok(length @ ..127) => block.push(length),
        _ => {
            block.push(127);
            let mut rest = text.len() - 127;
            while rest >= 128 {
                block.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            block.push(u8::try_from(rest).unwrap());
        }
    }
    block.extend(text);
}
