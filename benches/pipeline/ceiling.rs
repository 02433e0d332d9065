//! What no kernel can be faster than: multiply-adds on vectors that stay in their registers
//! (`benches/peers/ceiling`), in a worker of the same Chromium and by turns with the rest.

use super::harness::Page;
use super::harness::site::built_site;
use super::operations::Kind;
use super::report::{Row, of_times};

/// In what numbers layers with int8 weights are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// As all other layers.
    Floats,
    /// 16-bit products.
    Integers,
}

/// Milliseconds of a thousand million operations, turn by turn. The relaxed instructions are not the
/// product's: they say what a second build for browsers that have them could win.
#[derive(Default)]
pub struct Ceiling {
    integers: Vec<f64>,
    floats: Vec<f64>,
    relaxed_integers: Vec<f64>,
    relaxed_floats: Vec<f64>,
}

impl Ceiling {
    /// One more turn; nothing where the module could not be built.
    pub async fn measure(&mut self, page: &Page) {
        if !built_site().join("peers/ceiling.wasm").is_file() {
            return;
        }
        let answer = page
            .script_async(
                r"
window.ceiling ??= new Worker(new URL('peers/ceiling.js', document.baseURI), {type: 'module'});
return await new Promise((resolve, reject) => {
  ceiling.onmessage = ({data}) => resolve(data);
  ceiling.onerror = event => reject(event.message);
  ceiling.postMessage(null);
});",
                Vec::new(),
            )
            .await;
        for (kind, times) in [
            ("integers", &mut self.integers),
            ("floats", &mut self.floats),
            ("relaxed_integers", &mut self.relaxed_integers),
            ("relaxed_floats", &mut self.relaxed_floats),
        ] {
            times.push(answer[kind].as_f64().unwrap());
        }
    }

    /// What `operations` would take at their fastest turn.
    pub fn limit_ms(&self, operations: &[(Kind, f64)], numbers: Numbers) -> Option<f64> {
        let limits = operations.iter().map(|(kind, number)| {
            let numbers = if kind.is_of_integers() {
                numbers
            } else {
                Numbers::Floats
            };
            Some(number / 1e6 / self.fastest_gops(numbers)?)
        });
        limits.sum()
    }

    /// Thousand million operations a second of the fastest turn.
    pub fn fastest_gops(&self, numbers: Numbers) -> Option<f64> {
        let times = match numbers {
            Numbers::Floats => &self.floats,
            Numbers::Integers => &self.integers,
        };
        times
            .iter()
            .copied()
            .min_by(f64::total_cmp)
            .map(|ms| 1e3 / ms)
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
