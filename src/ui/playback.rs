//! The sound of a take, as an `AudioBuffer` at 16 kHz; the browser resamples.

use std::ops::Range;

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AudioBuffer, AudioBufferSourceNode, AudioContext, AudioScheduledSourceNode};

use super::timeline::SAMPLE_RATE_HZ;

/// Plays the current take.
#[derive(Default)]
pub struct Player {
    context: Option<AudioContext>,
    buffer: Option<AudioBuffer>,
    sounding: Option<Sounding>,
}

struct Sounding {
    node: AudioBufferSourceNode,
    _on_ended: Closure<dyn FnMut()>,
    /// The context's clock when the sample `from_sample` was heard.
    started_seconds: f64,
    from_sample: i64,
}

impl Player {
    /// Makes the context; to be called while a click is being handled, because
    /// browsers let only those make sound.
    ///
    /// # Errors
    /// The browser's.
    pub fn wake(&mut self) -> Result<(), JsValue> {
        if self.context.is_none() {
            self.context = Some(AudioContext::new()?);
        }
        if let Some(context) = &self.context {
            let _ = context.resume()?;
        }
        Ok(())
    }

    /// Takes the take's samples in, unless they are here already.
    ///
    /// # Errors
    /// The browser's.
    pub fn load(&mut self, samples: &[i16]) -> Result<(), JsValue> {
        let Some(context) = &self.context else {
            return Ok(());
        };
        if self.buffer.is_some() {
            return Ok(());
        }
        let length = samples.len().max(1) as u32;
        let buffer = context.create_buffer(1, length, SAMPLE_RATE_HZ as f32)?;
        let samples: Vec<f32> = samples.iter().map(|s| f32::from(*s) / 32768.0).collect();
        buffer.copy_to_channel(&samples, 0)?;
        self.buffer = Some(buffer);
        Ok(())
    }

    /// Plays a stretch of samples; `ended` is called at its end.
    ///
    /// # Errors
    /// The browser's.
    pub fn play(
        &mut self,
        stretch: Range<i64>,
        ended: impl FnMut() + 'static,
    ) -> Result<(), JsValue> {
        self.stop();
        let (Some(context), Some(buffer)) = (&self.context, &self.buffer) else {
            return Ok(());
        };
        let node = context.create_buffer_source()?;
        node.set_buffer(Some(buffer));
        node.connect_with_audio_node(&context.destination())?;
        let on_ended = Closure::<dyn FnMut()>::new(ended);
        scheduled(&node).set_onended(Some(on_ended.as_ref().unchecked_ref()));
        let from_sample = stretch.start.clamp(0, i64::from(buffer.length()));
        let samples = (stretch.end - from_sample).max(0);
        node.start_with_when_and_grain_offset_and_grain_duration(
            0.0,
            from_sample as f64 / SAMPLE_RATE_HZ,
            samples as f64 / SAMPLE_RATE_HZ,
        )?;
        self.sounding = Some(Sounding {
            started_seconds: context.current_time(),
            from_sample,
            node,
            _on_ended: on_ended,
        });
        Ok(())
    }

    /// The sample being heard.
    pub fn position(&self) -> Option<i64> {
        let sounding = self.sounding.as_ref()?;
        let context = self.context.as_ref()?;
        let length = i64::from(self.buffer.as_ref()?.length());
        let heard_seconds = (context.current_time() - sounding.started_seconds).max(0.0);
        Some((sounding.from_sample + (heard_seconds * SAMPLE_RATE_HZ) as i64).min(length))
    }

    /// Falls silent.
    pub fn stop(&mut self) {
        if let Some(sounding) = self.sounding.take() {
            let node = scheduled(&sounding.node);
            node.set_onended(None);
            // Refused only if it was never started or has ended by itself.
            let _ = node.stop();
        }
    }

    /// Falls silent and forgets the take's samples.
    pub fn forget(&mut self) {
        self.stop();
        self.buffer = None;
    }
}

/// `onended` and `stop` belong to the parent class.
fn scheduled(node: &AudioBufferSourceNode) -> &AudioScheduledSourceNode {
    node.as_ref()
}
