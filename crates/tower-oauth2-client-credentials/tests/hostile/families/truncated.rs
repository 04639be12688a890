//! A good answer that ends after each of its bytes.

use crate::answer::{
    Answer, Expected, Over, PROTOCOL, Step, TAKEN, TRANSIENT, good, good_body, head_and,
};
use crate::frames;

pub(crate) fn answers() -> Vec<Answer> {
    let body = good_body();
    let with_length = good("");
    let chunked = head_and(
        "transfer-encoding: chunked\r\n",
        &format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
    );
    let to_the_end = head_and("", &body);
    let head = to_the_end.len() - body.len();
    let mut answers = Vec::new();
    answers.extend(cut("a length", &with_length, |_| TRANSIENT));
    answers.extend(cut("chunks", &chunked, |_| TRANSIENT));
    // Where the connection's end is the body's, nobody can tell a torn body from a short one. It is no JSON then.
    answers.extend(cut("neither", &to_the_end, |at| {
        if at < head { TRANSIENT } else { PROTOCOL }
    }));
    answers.extend(over_http2(&body));
    for at in [0, 1, 17, with_length.len() - 1] {
        let script = |last| {
            vec![
                Step::Await,
                Step::Send(with_length.as_bytes()[..at].to_vec()),
                last,
            ]
        };
        let name = format!("a reset after {at} bytes");
        let plain = Answer::new(&*name, Over::Plain, script(Step::Reset), TRANSIENT);
        let tls = Answer::new(name + ", TLS", Over::Tls, script(Step::Reset), TRANSIENT);
        let silent = Answer::raw(
            format!("silence after {at} bytes"),
            &with_length[..at],
            TRANSIENT,
        );
        answers.extend([plain, tls, silent.then([Step::Stall]).stalling()]);
    }
    answers
}

fn cut(
    name: &str,
    whole: &str,
    expected: impl Fn(usize) -> Expected,
) -> impl Iterator<Item = Answer> {
    (0..whole.len()).map(move |at| {
        Answer::raw(
            format!("{name}, {at} of {} bytes", whole.len()),
            &whole[..at],
            expected(at),
        )
    })
}

/// The frames, too: fewer of them, for each connection costs a handshake.
fn over_http2(body: &str) -> Vec<Answer> {
    let whole = [frames::good_head(), frames::data(body.as_bytes())].concat();
    let mut answers: Vec<_> = (0..whole.len())
        .step_by(5)
        .map(|at| {
            let name = format!("HTTP/2, {at} of {} bytes", whole.len());
            Answer::frames(name, &whole[..at], TRANSIENT)
        })
        .collect();
    answers.push(Answer::frames("HTTP/2, all of them", whole, TAKEN));
    answers
}
