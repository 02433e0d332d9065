//! However the audio is cut on its way to the worker, the text is the same.

use asr_playground::audio::decode_file;
use asr_playground::model::Lookahead;
use asr_playground::protocol::{FromWorker, ToWorker, decode, encode};
use serde_json::{Value, json};

use super::harness::{with_page, worker};
use super::native::{at, clip, text_of};
use super::recognition::quiet;

/// Runs takes one after another, each over a port of its own.
const TAKES: &str = r"
const [samples, takes] = arguments;
const {kinds, send, until} = talk;
const audio = Float32Array.from(samples, s => s / 32768);
const transcripts = [];
for (const take of takes) {
  const {port1, port2} = new MessageChannel();
  const finished = until(kinds.finished, kinds.transcript);
  send(take.start, port2);
  let from = 0;
  for (const size of take.sizes) {
    const batch = audio.slice(from, from + size);
    port1.postMessage(batch, [batch.buffer]);
    from += size;
  }
  port1.postMessage({end: true});
  transcripts.push(await finished);
}
return transcripts;
";

/// A number generator of the test's own, so that a failure can be repeated
/// (Knuth's MMIX multiplier).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Sizes that add up to `total`: of each split its own temper, from the audio
/// thread's quantum to seconds.
fn split(dice: &mut Dice, total: usize) -> Vec<usize> {
    let largest = [128, 512, 2000, 9000, 40_000][dice.below(5)];
    let mut sizes = Vec::new();
    let mut left = total;
    while left > 0 {
        let size = (1 + dice.below(largest)).min(left);
        sizes.push(size);
        left -= size;
    }
    sizes
}

#[tokio::test]
async fn sixty_splits_give_one_text() {
    let bytes = std::fs::read(clip("sentence.flac")).unwrap();
    let audio = decode_file("sentence.flac", &bytes).unwrap();
    let settings = at(Lookahead::Ms(160));
    let expected = text_of(&audio.samples, audio.sample_rate_hz, &settings);
    assert!(!expected.is_empty());

    let mut dice = Dice(2026);
    let takes: Vec<Value> = (1..=60)
        .map(|take| {
            let start = ToWorker::StartMicrophone {
                take,
                sample_rate_hz: audio.sample_rate_hz,
                settings: settings.clone(),
            };
            json!({"start": encode(&start).unwrap(), "sizes": split(&mut dice, audio.samples.len())})
        })
        .collect();
    let samples: Vec<i32> = audio
        .samples
        .iter()
        .map(|s| (s * 32_768.0).round() as i32)
        .collect();

    with_page("splits", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        worker::start(page).await;
        let transcripts = page
            .script_async(TAKES, vec![json!(samples), json!(takes)])
            .await;
        let transcripts = transcripts.as_array().unwrap();
        assert_eq!(transcripts.len(), 60);
        for (index, message) in transcripts.iter().enumerate() {
            let bytes: Vec<u8> = serde_json::from_value(message.clone()).unwrap();
            let FromWorker::Transcript { take, transcript } = decode(&bytes).unwrap() else {
                panic!("message {index} is no transcript");
            };
            assert_eq!(take as usize, index + 1);
            assert!(transcript.finished);
            assert_eq!(transcript.committed, transcript.words.len());
            assert_eq!(
                transcript.text(),
                expected,
                "split {index}: {}",
                takes[index]["sizes"]
            );
        }
    })
    .await;
}
