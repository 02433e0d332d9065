//! Lesson: self-supervised and encoder–decoder models, in words and pictures. Needs no model.

use leptos::prelude::*;

use super::lesson::Lesson;

/// The lesson.
pub const LESSON: Lesson = Lesson {
    slug: "other-models",
    title: "Other kinds of model",
    lead: "A CTC encoder is one of three usual ways to write down speech, and labels are not the only teacher.",
    body: || view! { <Body /> }.into_any(),
    questions: &[
        (
            "CTC, transducer, attention decoder: when which?",
            "CTC is the simplest and streams, but its outputs are independent given the audio. A transducer (RNN-T) adds a \
             prediction network that sees what was written, and streams: the usual choice on devices. An attention decoder \
             writes token after token with the whole encoding in view: accurate on recorded audio, awkward to stream, and \
             it can invent text.",
        ),
        (
            "What does “end to end” replace?",
            "An acoustic model, a pronunciation lexicon and a language model, each built apart, by one network trained \
             from audio to text. A language model can still be added when decoding.",
        ),
        (
            "How does wav2vec 2.0 learn without labels?",
            "Convolutions turn the waveform into a vector every 20 ms. About half of the steps are masked. For each masked step a \
             transformer must tell the true quantised vector from 100 distractors taken from the same clip: a contrastive \
             loss. Another term keeps the codebook in use. Then a linear layer on top is fine-tuned with CTC.",
        ),
        (
            "How much labelled speech does that need?",
            "The paper reports WER 4.8 / 8.2 on LibriSpeech test-clean / other with ten minutes of labels, after pre-training \
             on 53,000 unlabelled hours, decoded with a language model.",
        ),
        (
            "How do HuBERT, WavLM and data2vec differ?",
            "HuBERT predicts, for masked steps, which cluster (k-means) they belong to. WavLM does the same with a second voice or noise \
             mixed in. data2vec predicts the averaged inner states of a slowly moving copy of itself.",
        ),
    ],
};

#[component]
fn Body() -> impl IntoView {
    view! {
        <h3>"Ours: an encoder with a CTC head"</h3>
        <Chain
            label="Audio, log-mel frames, conformer encoder, CTC head, decoder, text"
            boxes=&[("Audio", "16 kHz"), ("Log-mel", "every 10 ms"), ("Encoder", "conformer"), ("CTC head", "row / 20 ms"), ("Decoder", "greedy, beam"), ("Text", "words")]
            accent=&[2, 3]
        />
        <p>
            "Every row of output is decided from sound alone. That is why it can run in chunks, why it fits in a page, and why it \
             spells by ear."
        </p>
        <h3>"Encoder–decoder: write while looking"</h3>
        <AttentionDecoder />
        <p>
            "The decoder is a language model that reads the encoding. At each step it attends to all of the audio, weighs what \
             it has written, and writes one token, until it writes the end. Whisper is built so: 30 s windows of log-mel, "
            "trained on 680,000 hours from the web. The text need not follow the sound in order, so translation is possible, and so is "
            "text that nobody said."
        </p>
        <h3>"Transducer: two networks and a joint"</h3>
        <Transducer />
        <p>
            "A transducer keeps CTC's frames and blank, and adds a small network that has read the text so far. At each frame it "
            "may write letters, or the blank to go on to the next frame. It streams, and its outputs are no longer independent."
        </p>
        <h3>"wav2vec 2.0: mask, quantise, contrast"</h3>
        <Contrast />
        <p>
            "Trained on sound alone, it learns what could stand in the gap. A CTC head on top, fine-tuned on little labelled speech, "
            "makes a recogniser of it: everything the other lessons say about rows, blanks and beams holds for it too, 20 ms a row."
        </p>
    }
}

/// A row of boxes with arrows between.
#[component]
fn Chain(
    label: &'static str,
    boxes: &'static [(&'static str, &'static str)],
    accent: &'static [usize],
) -> impl IntoView {
    const WIDTH: usize = 88;
    const STEP: usize = 104;
    let parts = boxes
        .iter()
        .enumerate()
        .map(|(index, (name, note))| {
            let x = index * STEP;
            view! {
                <Part x y=10 width=WIDTH name note accent=accent.contains(&index) />
                {(index > 0).then(|| view! { <Arrow from=(x - STEP + WIDTH, 34) to=(x, 34) /> })}
            }
        })
        .collect_view();
    view! {
        <div class="lesson-scroll" tabindex="0">
            <svg class="diagram" viewBox=format!("0 0 {} 68", boxes.len() * STEP - 14) role="img" aria-label=label>{parts}</svg>
        </div>
    }
}

#[component]
fn AttentionDecoder() -> impl IntoView {
    view! {
        <div class="lesson-scroll" tabindex="0">
            <svg class="diagram" viewBox="0 0 612 172" role="img" aria-label="An encoder turns log-mel frames into vectors; the decoder attends to all of them, reads the tokens written so far, and writes the next one">
                <Part x=0 y=10 width=88 name="Log-mel" note="30 s" accent=false />
                <Part x=104 y=10 width=88 name="Encoder" note="sees all" accent=true />
                <Part x=208 y=10 width=150 name="Encoding" note="a vector a step" accent=false />
                <Part x=208 y=112 width=150 name="Decoder" note="one token a turn" accent=true />
                <Part x=0 y=112 width=152 name="Written so far" note="“the cat”" accent=false />
                <Part x=420 y=112 width=120 name="Next token" note="“sat”" accent=false />
                <Arrow from=(88, 34) to=(104, 34) />
                <Arrow from=(192, 34) to=(208, 34) />
                <Arrow from=(283, 58) to=(283, 112) />
                <text class="diagram-note" x="292" y="88">"attention"</text>
                <Arrow from=(152, 136) to=(208, 136) />
                <Arrow from=(358, 136) to=(420, 136) />
                <path class="diagram-line" d="M480 160 V169 H76 V160" />
                <path class="diagram-head" d="M72 165 L76 158 L80 165 Z" />
            </svg>
        </div>
    }
}

#[component]
fn Transducer() -> impl IntoView {
    view! {
        <div class="lesson-scroll" tabindex="0">
            <svg class="diagram" viewBox="0 0 612 140" role="img" aria-label="Encoder and prediction network meet in a joint network that writes a letter or the blank">
                <Part x=0 y=10 width=104 name="Log-mel" note="chunks" accent=false />
                <Part x=130 y=10 width=104 name="Encoder" note="frame t" accent=true />
                <Part x=0 y=84 width=104 name="Text so far" note="u letters" accent=false />
                <Part x=130 y=84 width=104 name="Prediction" note="network" accent=true />
                <Part x=290 y=46 width=104 name="Joint" note="of (t, u)" accent=true />
                <Part x=450 y=46 width=130 name="Letter or blank" note="u + 1 or t + 1" accent=false />
                <Arrow from=(104, 34) to=(130, 34) />
                <Arrow from=(104, 108) to=(130, 108) />
                <Arrow from=(234, 34) to=(290, 62) />
                <Arrow from=(234, 108) to=(290, 80) />
                <Arrow from=(394, 70) to=(450, 70) />
            </svg>
        </div>
    }
}

#[component]
fn Contrast() -> impl IntoView {
    let steps = (0..8_usize)
        .map(|i| {
            let masked = (3..6).contains(&i);
            let x = 120 + i * 40;
            view! {
                <rect class="diagram-box" class:masked=masked x=x.to_string() y="62" width="32" height="24" rx="4" />
                <text class="diagram-step" x=(x + 16).to_string() y="79">{if masked { "?" } else { "z" }}</text>
                <rect class="diagram-box quantised" x=x.to_string() y="118" width="32" height="24" rx="4" />
                <text class="diagram-step" x=(x + 16).to_string() y="135">"q"</text>
            }
        })
        .collect_view();
    view! {
        <div class="lesson-scroll" tabindex="0">
            <svg class="diagram" viewBox="0 0 616 156" role="img" aria-label="Waveform to vectors by convolutions; some are masked before the transformer; each masked step must pick the true quantised vector among distractors">
                <Part x=0 y=50 width=104 name="Convolutions" note="waveform in" accent=false />
                <Arrow from=(104, 74) to=(119, 74) />
                {steps}
                <text class="diagram-note" x="120" y="54">"some steps masked"</text>
                <text class="diagram-note" x="120" y="110">"the same steps, quantised"</text>
                <Part x=120 y=4 width=312 name="Transformer" note="" accent=true />
                <Arrow from=(240, 62) to=(240, 44) />
                <Arrow from=(432, 26) to=(486, 60) />
                <Arrow from=(432, 130) to=(486, 108) />
                <Part x=486 y=60 width=126 name="Contrast" note="true q or one of 100" accent=true />
            </svg>
        </div>
    }
}

/// A box with a name, and a note under it.
#[component]
fn Part(
    x: usize,
    y: usize,
    width: usize,
    name: &'static str,
    note: &'static str,
    accent: bool,
) -> impl IntoView {
    let height = if note.is_empty() { 36 } else { 48 };
    let middle = (x + width / 2).to_string();
    let name_y = if note.is_empty() { y + 23 } else { y + 21 };
    view! {
        <rect class="diagram-box" class:accent=accent x=x.to_string() y=y.to_string() width=width.to_string() height=height.to_string() rx="6" />
        <text class="diagram-name" x=middle.clone() y=name_y.to_string()>{name}</text>
        <text class="diagram-under" x=middle y=(y + 37).to_string()>{note}</text>
    }
}

/// An arrow between two points.
#[component]
fn Arrow(from: (usize, usize), to: (usize, usize)) -> impl IntoView {
    let at = |(x, y): (usize, usize)| (x as f64, y as f64);
    let ((x1, y1), (x2, y2)) = (at(from), at(to));
    let length = (x2 - x1).hypot(y2 - y1).max(1.0);
    let (dx, dy) = ((x2 - x1) / length, (y2 - y1) / length);
    let (bx, by) = (x2 - 7.0 * dx, y2 - 7.0 * dy);
    let head = format!(
        "M{x2:.1} {y2:.1} L{:.1} {:.1} L{:.1} {:.1} Z",
        bx - 4.0 * dy,
        by + 4.0 * dx,
        bx + 4.0 * dy,
        by - 4.0 * dx
    );
    view! {
        <path class="diagram-line" d=format!("M{x1:.1} {y1:.1} L{bx:.1} {by:.1}") />
        <path class="diagram-head" d=head />
    }
}
