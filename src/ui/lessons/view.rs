//! The list of lessons and the one that is open.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::lesson::{Lesson, Questions};
use super::{
    beam_width, collapse, design, error_rates, flicker, language_model, mel, other_models,
    streaming, sum_over_paths, whiteboard_view,
};
use crate::ui::browser::show_in_row;
use crate::ui::page::{Page, use_page};

/// All lessons, in the order they build on each other.
const LESSONS: [&Lesson; 11] = [
    &collapse::LESSON,
    &sum_over_paths::LESSON,
    &beam_width::LESSON,
    &language_model::LESSON,
    &error_rates::LESSON,
    &mel::LESSON,
    &streaming::LESSON,
    &flicker::LESSON,
    &other_models::LESSON,
    &whiteboard_view::LESSON,
    &design::LESSON,
];

/// Whether there is a lesson of this name.
pub fn is_lesson(slug: &str) -> bool {
    LESSONS.iter().any(|lesson| lesson.slug == slug)
}

/// The view.
#[component]
pub fn LessonsView() -> impl IntoView {
    let page = use_page();
    let open = Memo::new(move |_| {
        page.settings.with(|s| {
            let slug = s.lesson.as_deref().unwrap_or_default();
            LESSONS.iter().position(|l| l.slug == slug).unwrap_or(0)
        })
    });
    view! {
        <div class="lessons">
            <nav class="lesson-list" aria-label="Lessons">
                <ol>
                    {LESSONS
                        .into_iter()
                        .enumerate()
                        .map(|(index, lesson)| {
                            view! {
                                <li>
                                    <button
                                        type="button"
                                        class="lesson-link"
                                        data-testid=format!("lesson-{}", lesson.slug)
                                        aria-current=move || (open.get() == index).then_some("page")
                                        on:click=move |_| choose(page, lesson)
                                    >
                                        <span class="lesson-number" aria-hidden="true">{index + 1}</span>
                                        {lesson.title}
                                    </button>
                                </li>
                            }
                        })
                        .collect_view()}
                </ol>
            </nav>
            {move || {
                let index = open.get();
                LESSONS.get(index).map(|lesson| view! { <Opened index lesson /> })
            }}
        </div>
    }
}

#[component]
fn Opened(index: usize, lesson: &'static Lesson) -> impl IntoView {
    let page = use_page();
    request_animation_frame(|| show_in_row(".lesson-list ol", ".lesson-link[aria-current]"));
    let neighbour = move |other: Option<usize>, testid: &'static str, words: &'static str| {
        other.and_then(|i| LESSONS.get(i)).map(|other| {
            view! {
                <button
                    type="button"
                    class="lesson-step"
                    data-testid=testid
                    on:click=move |_| choose(page, other)
                >
                    <span class="lesson-step-name">{words}</span>
                    {other.title}
                </button>
            }
        })
    };
    view! {
        <article
            class="panel lesson"
            aria-labelledby="lesson-title"
            data-testid="lesson"
            data-value=lesson.slug
        >
            <h2 id="lesson-title" class="lesson-title" tabindex="-1">{lesson.title}</h2>
            <p class="lesson-lead">{lesson.lead}</p>
            {(lesson.body)()}
            <Questions lesson />
            <div class="lesson-steps">
                {neighbour(index.checked_sub(1), "lesson-previous", "Previous")}
                {neighbour(Some(index + 1), "lesson-next", "Next")}
            </div>
        </article>
    }
}

/// Opens a lesson and takes the reader to its title.
fn choose(page: Page, lesson: &Lesson) {
    page.settings
        .update(|s| s.lesson = Some(lesson.slug.to_owned()));
    request_animation_frame(|| {
        let title = document().get_element_by_id("lesson-title");
        if let Some(Ok(title)) = title.map(JsCast::dyn_into::<web_sys::HtmlElement>) {
            let _ = title.focus();
        }
    });
}
