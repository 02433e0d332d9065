//! Answers that are being worked out, in moments in which the take has nothing to do.

use std::collections::VecDeque;

use asr_playground::protocol::FromWorker;
use asr_playground::recognizer::{Pending, RecognizerError};

use crate::browser::post;

/// By the numbers of their questions, in the order of asking.
#[derive(Default)]
pub struct Answers(VecDeque<(u32, Pending)>);

impl Answers {
    pub fn begin(&mut self, id: u32, pending: Pending) {
        self.0.push_back((id, pending));
    }

    /// A slice of the first; says whether there was one. When it is done its answer is sent.
    pub fn step(&mut self) -> bool {
        let Some((id, pending)) = self.0.front_mut() else {
            return false;
        };
        if let Some(answer) = pending.step().transpose() {
            let answer = answer.map_err(|error| error.to_string());
            post(&FromWorker::Answer { id: *id, answer });
            self.0.pop_front();
        }
        true
    }

    /// The take is gone.
    pub fn forget(&mut self) {
        for (id, _) in self.0.drain(..) {
            let answer = Err(RecognizerError::NoTake.to_string());
            post(&FromWorker::Answer { id, answer });
        }
    }
}
