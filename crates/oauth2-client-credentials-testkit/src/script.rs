//! The answers that are still to be given.

use std::collections::VecDeque;

use crate::Answer;

/// Answers in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Script {
    answers: VecDeque<Answer>,
    last: Option<Answer>,
    repeat_last: bool,
}

impl Script {
    pub(crate) fn push(&mut self, answer: Answer) {
        self.answers.push_back(answer);
    }

    pub(crate) fn repeat_last(&mut self) {
        self.repeat_last = true;
    }

    /// The next answer, or the usual one when the script is at its end.
    pub(crate) fn next(&mut self) -> Answer {
        if let Some(answer) = self.answers.pop_front() {
            self.last = Some(answer);
        } else if !self.repeat_last {
            self.last = None;
        }
        self.last.clone().unwrap_or_else(Answer::usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Outcome;

    fn script(repeat_last: bool) -> Script {
        let mut script = Script::default();
        script.push(Answer::hang());
        script.push(Answer::reset());
        if repeat_last {
            script.repeat_last();
        }
        script
    }

    #[test]
    fn after_its_end_the_usual_answer_comes() {
        let mut script = script(false);
        assert!(matches!(script.next().outcome, Outcome::Hang));
        assert!(matches!(script.next().outcome, Outcome::Reset));
        assert!(matches!(script.next().outcome, Outcome::Usual));
        script.push(Answer::hang());
        assert!(matches!(script.next().outcome, Outcome::Hang));
        assert!(matches!(script.next().outcome, Outcome::Usual));
    }

    #[test]
    fn the_last_answer_repeats_until_another_is_pushed() {
        let mut script = script(true);
        script.next();
        for _ in 0..3 {
            assert!(matches!(script.next().outcome, Outcome::Reset));
        }
        script.push(Answer::hang());
        assert!(matches!(script.next().outcome, Outcome::Hang));
    }
}
