//! Settings that cannot be, and windows that let nothing through (RFC 9113 §6.5, §6.9).

use crate::answer::{Answer, ENDLESS, Expected, Over, Step, TAKEN, TRANSIENT, good_body};
use crate::frames::{self, SETTINGS, STREAM, WINDOW_UPDATE};

const TABLE_SIZE: u16 = 1;
const PUSH: u16 = 2;
const STREAMS: u16 = 3;
const WINDOW: u16 = 4;
const FRAME_SIZE: u16 = 5;
const LIST_SIZE: u16 = 6;

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers: Vec<_> = [
        ("a table of 0", TABLE_SIZE, 0, TAKEN),
        ("a table of 4 GiB", TABLE_SIZE, u32::MAX, TAKEN),
        ("no pushes", PUSH, 0, TAKEN),
        ("pushes", PUSH, 1, TAKEN),
        ("pushes, 2 of them", PUSH, 2, TRANSIENT),
        ("any number of streams", STREAMS, u32::MAX, TAKEN),
        ("a window of 1", WINDOW, 1, TAKEN),
        ("a window of 2 GiB", WINDOW, 1 << 31, TRANSIENT),
        ("frames of 0", FRAME_SIZE, 0, TRANSIENT),
        ("frames of 16383", FRAME_SIZE, 16_383, TRANSIENT),
        (
            "frames of 16 MiB less one",
            FRAME_SIZE,
            (1 << 24) - 1,
            TAKEN,
        ),
        ("frames of 16 MiB", FRAME_SIZE, 1 << 24, TRANSIENT),
        ("heads of 4 GiB", LIST_SIZE, u32::MAX, TAKEN),
        ("what nobody knows", 0xf00, 42, TAKEN),
    ]
    .into_iter()
    .map(|(name, id, value, expected)| begun(name, frames::settings(&[(id, value)]), expected))
    .collect();
    answers.extend([
        // The request is sent before they are there, and is smaller than the window that one begins with.
        begun("a window of 0", frames::settings(&[(WINDOW, 0)]), TAKEN),
        begun("no streams", frames::settings(&[(STREAMS, 0)]), TAKEN),
        begun(
            "5 bytes of settings",
            frames::frame(SETTINGS, 0, 0, &[0; 5]),
            TRANSIENT,
        ),
        begun(
            "settings on a stream",
            frames::frame(SETTINGS, 0, STREAM, &[]),
            TRANSIENT,
        ),
        begun(
            "an answer to settings, with some",
            frames::frame(SETTINGS, 1, 0, &[0; 6]),
            TRANSIENT,
        ),
        begun("no settings", Vec::new(), TAKEN),
        begun(
            "2000 settings in a frame",
            frames::settings(&[(LIST_SIZE, 1 << 20); 2_000]),
            TAKEN,
        ),
        begun(
            "1000 frames of settings",
            frames::settings(&[]).repeat(1_000),
            TAKEN,
        ),
        begun(
            "answers to settings that were not sent",
            [
                frames::settings(&[]),
                frames::frame(SETTINGS, 1, 0, &[]).repeat(5),
            ]
            .concat(),
            TRANSIENT,
        ),
        Answer::frames("settings for ever", "", TRANSIENT)
            .then([Step::Repeat(
                frames::settings(&[(TABLE_SIZE, 100)]),
                ENDLESS,
            )])
            .stalling(),
    ]);
    answers.extend(windows());
    answers
}

/// What opens a window.
fn windows() -> Vec<Answer> {
    let whole = [frames::good_head(), frames::data(good_body().as_bytes())].concat();
    let update = |stream, by: u32| frames::frame(WINDOW_UPDATE, 0, stream, &by.to_be_bytes());
    let most = (1 << 31) - 1;
    [
        ("by 0, of the connection", update(0, 0), TRANSIENT),
        ("by 0, of the stream", update(STREAM, 0), TRANSIENT),
        ("too far, of the connection", update(0, most), TRANSIENT),
        // Whose request has ended: nothing is sent on it any more.
        ("too far, of the stream", update(STREAM, most), TAKEN),
        ("of a stream that never was", update(9, 1), TRANSIENT),
        (
            "by 3 bytes",
            frames::frame(WINDOW_UPDATE, 0, 0, &[0; 3]),
            TRANSIENT,
        ),
        ("1000 times by 1", update(0, 1).repeat(1_000), TAKEN),
    ]
    .into_iter()
    .map(|(name, update, expected)| {
        let bytes = [update, whole.clone()].concat();
        Answer::frames(format!("a window is opened {name}"), bytes, expected)
    })
    .collect()
}

/// These bytes as a server's first, then a good answer.
fn begun(name: &str, first: Vec<u8>, expected: Expected) -> Answer {
    let whole = [frames::good_head(), frames::data(good_body().as_bytes())].concat();
    let script = vec![Step::Send(first), Step::Await, Step::Send(whole)];
    Answer::new(name, Over::Http2, script, expected)
}
