//! What no kernel can be faster than: multiply-adds on vectors that stay in their registers
//! (`benches/peers/ceiling`), in a worker of the same Chromium and by turns with the rest.

use serde_json::Value;

use super::harness::Page;
use super::harness::site::built_site;
use super::operations::Kind;
use super::report::{Row, of_times};

/// Milliseconds of a thousand million operations, turn by turn. The relaxed instructions are not the
/// product's: they say what a second build for browsers that have them could win.
#[derive(Default)]
pub struct Ceiling {
    integers: Vec<f64>,
    floats: Vec<f64>,
    relaxed_integers: Vec<f64>,
    relaxed_floats: Vec<f64>,
}

/// Asks `benches/peers/ceiling.js`, which is started the first time.
pub async fn ask(page: &Page, question: Value) -> Value {
    page.script_async(
        r"
window.ceiling ??= new Worker(new URL('peers/ceiling.js', document.baseURI), {type: 'module'});
return await new Promise((resolve, reject) => {
  ceiling.onmessage = ({data}) => resolve(data);
  ceiling.onerror = event => reject(event.message);
  ceiling.postMessage(arguments[0]);
});",
        vec![question],
    )
    .await
}

impl Ceiling {
    /// One more turn; nothing where the module could not be built.
    pub async fn measure(&mut self, page: &Page) {
        if !built_site().join("peers/ceiling.wasm").is_file() {
            return;
        }
        let answer = ask(page, Value::Null).await;
        for (kind, times) in [
            ("integers", &mut self.integers),
            ("floats", &mut self.floats),
            ("relaxed_integers", &mut self.relaxed_integers),
            ("relaxed_floats", &mut self.relaxed_floats),
        ] {
            times.push(answer[kind].as_f64().unwrap());
        }
    }

    /// What `operations` would take at their fastest turn: in int8, those of [`Kind::is_of_integers`] as
    /// integers and the rest as floats.
    pub fn limit_ms(&self, operations: &[(Kind, f64)], precision: &str) -> Option<f64> {
        let fastest = |times: &[f64]| times.iter().copied().min_by(f64::total_cmp);
        let (integers, floats) = (fastest(&self.integers)?, fastest(&self.floats)?);
        let limits = operations.iter().map(|(kind, number)| {
            let speed = if kind.is_of_integers() && precision == "int8" {
                integers
            } else {
                floats
            };
            number / 1e9 * speed
        });
        Some(limits.sum())
    }

    /// A row for the products of 16-bit integers, which int8 kernels are made of, and one for
    /// floats; and one each for the relaxed instructions.
    pub fn rows(&self) -> Vec<Row> {
        [
            ("", "int8", &self.integers),
            ("", "f32", &self.floats),
            (" relaxed", "int8", &self.relaxed_integers),
            (" relaxed", "f32", &self.relaxed_floats),
        ]
        .into_iter()
        .filter(|(_, _, times)| !times.is_empty())
        .map(|(relaxed, precision, times)| {
            let row = of_times(
                &format!("ceiling, 1e9{relaxed} operations, Chromium worker"),
                precision,
                times.clone(),
            );
            Row {
                gops: Some(1e3 / row.median_ms),
                ..row
            }
        })
        .collect()
    }
}
