//! Turns of the event loop for work that takes many of them.

use std::cell::Cell;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

use crate::browser::now_ms;

/// Divides a long piece of work into turns of the event loop; whatever else waits has its own
/// between them.
pub struct Turns {
    /// A message to ourselves; a timer would be clamped. `None`: the browser has none,
    /// and the work is done in one turn.
    channel: Option<MessageChannel>,
    turn_ms: f64,
    began_ms: Cell<f64>,
}

impl Turns {
    /// The first turn begins now; each lasts `turn_ms`, and to the next [`Self::give_way`].
    pub fn of(turn_ms: f64) -> Self {
        Self {
            channel: MessageChannel::new().ok(),
            turn_ms,
            began_ms: Cell::new(now_ms()),
        }
    }

    /// Goes on at once while the turn lasts, in the next turn otherwise. Says whether it is
    /// the next.
    pub async fn give_way(&self) -> bool {
        let over = now_ms() - self.began_ms.get() >= self.turn_ms;
        if over {
            self.next().await;
        }
        over
    }

    /// Goes on in the next turn.
    pub async fn next(&self) {
        if let Some(channel) = &self.channel {
            let next_turn = Promise::new(&mut |resolve, _| {
                channel.port2().set_onmessage(Some(&resolve));
                if let Err(error) = channel.port1().post_message(&JsValue::NULL) {
                    web_sys::console::error_1(&error);
                    let _ = resolve.call0(&JsValue::NULL);
                }
            });
            // It is never rejected.
            let _ = JsFuture::from(next_turn).await;
        }
        self.began_ms.set(now_ms());
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.port1().close();
            channel.port2().close();
        }
    }
}
