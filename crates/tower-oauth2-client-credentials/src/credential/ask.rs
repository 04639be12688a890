//! One question for all who want the answer.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

/// Whether the question is being asked. Who asked it may go away; it goes on.
#[derive(Default)]
pub(super) struct Question {
    asked: Mutex<Asked>,
    /// The number of the latest question of which the answer is known.
    answered: Mutex<u64>,
}

#[derive(Default)]
struct Asked {
    under_way: Option<(Instant, watch::Receiver<()>)>,
    looked_at: Option<Instant>,
    count: u64,
}

/// Held by what carries a question out. Dropped, however that comes about, the question has its answer.
pub(super) struct Answering {
    number: u64,
    #[expect(dead_code, reason = "its end is what counts")]
    end: watch::Sender<()>,
}

/// Waits for the end of a question.
pub(super) struct Asking(watch::Receiver<()>);

impl Asking {
    pub(super) async fn end(mut self) {
        // Nothing is ever sent.
        while self.0.changed().await.is_ok() {}
    }
}

/// A question that takes longer is given up: the runtime it runs on may stand still for ever.
const LIMIT: Duration = Duration::from_secs(20);

impl Question {
    /// The question that is under way, or the one that `ask` begins.
    pub(super) fn ask(&self, ask: impl FnOnce(Answering)) -> Asking {
        let mut asked = self.asked();
        let now = Instant::now();
        let under_way = asked.under_way.as_ref().filter(|(since, answer)| {
            now.saturating_duration_since(*since) < LIMIT && answer.has_changed().is_ok()
        });
        let answer = match under_way {
            Some((_, answer)) => answer.clone(),
            None => {
                let (sender, receiver) = watch::channel(());
                asked.under_way = Some((now, receiver.clone()));
                asked.count += 1;
                let number = asked.count;
                drop(asked);
                ask(Answering {
                    number,
                    end: sender,
                });
                receiver
            }
        };
        Asking(answer)
    }

    /// Makes an answer known, unless that of a later question is: who was given up may be heard, but not above the next one.
    pub(super) fn publish(&self, answering: &Answering, publish: impl FnOnce()) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if *answered < answering.number {
            *answered = answering.number;
            publish();
        }
    }

    /// Whether there was no look for this long; then there is one now.
    pub(super) fn may_look(&self, every: Duration) -> bool {
        let mut asked = self.asked();
        let now = Instant::now();
        let may = asked
            .looked_at
            .is_none_or(|at| now.saturating_duration_since(at) >= every);
        if may {
            asked.looked_at = Some(now);
        }
        may
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_meanwhile_share_one_question() {
        let question = Question::default();
        let mut answering = Vec::new();
        let first = question.ask(|one| answering.push(one));
        let second = question.ask(|one| answering.push(one));
        assert_eq!(answering.len(), 1);
        answering.clear();
        first.end().await;
        second.end().await;
        drop(question.ask(|one| answering.push(one)));
        assert_eq!(answering.len(), 1, "the next question is a new one");
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_stands_still_is_asked_again() {
        let question = Question::default();
        let mut answering = Vec::new();
        for (wait, questions) in [(0, 1), (19, 1), (1, 2), (19, 2)] {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            drop(question.ask(|one| answering.push(one)));
            assert_eq!(answering.len(), questions);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_older_answer_is_not_heard_above_a_later_one() {
        let question = Question::default();
        let mut answering = Vec::new();
        for _ in 0..3 {
            drop(question.ask(|one| answering.push(one)));
            tokio::time::sleep(LIMIT).await;
        }
        let mut heard = Vec::new();
        for number in [1, 0, 2] {
            question.publish(&answering[number], || heard.push(number));
        }
        assert_eq!(heard, [1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn looks_are_rare() {
        let question = Question::default();
        let every = Duration::from_secs(1);
        assert!(question.may_look(every) && !question.may_look(every));
        tokio::time::sleep(every).await;
        assert!(question.may_look(every) && !question.may_look(every));
    }
}
