//! Questions to the worker about the take in view, and who waits for their answers.

use std::collections::HashMap;

use asr_playground::protocol::ToWorker;
use asr_playground::recognizer::{Answer, Question};
use leptos::prelude::*;

use super::link;
use super::page::Page;

type Waiting = Box<dyn FnOnce(Result<Answer, String>)>;

/// Who waits for which answer.
#[derive(Default)]
pub struct Questions {
    last: u32,
    waiting: HashMap<u32, Waiting>,
}

/// Asks about the take in view. `hear` gets the answer, or why there is none; it is not
/// called where another take has begun meanwhile, or the worker is gone.
pub fn ask(page: Page, question: Question, hear: impl FnOnce(Result<Answer, String>) + 'static) {
    let id = page
        .handles
        .try_update_value(|h| {
            let questions = &mut h.questions;
            questions.last += 1;
            questions.waiting.insert(questions.last, Box::new(hear));
            questions.last
        })
        .unwrap_or_default();
    link::send(page, &ToWorker::Ask { id, question });
}

/// An answer is here.
pub fn answered(page: Page, id: u32, answer: Result<Answer, String>) {
    let hear = page
        .handles
        .try_update_value(|h| h.questions.waiting.remove(&id))
        .flatten();
    if let Some(hear) = hear {
        hear(answer);
    }
}

/// Nobody waits any more: another take has begun, or the worker is gone.
pub fn forget(page: Page) {
    page.handles.update_value(|h| h.questions.waiting.clear());
}
