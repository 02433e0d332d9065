//! Writing ARPA, for other people's tools.

use std::fmt::Write as _;

use asr_playground::decode::lm::{LanguageModel, NGram};

/// The model as an ARPA file, with enough digits to be read back as it is.
pub fn write(model: &LanguageModel) -> Result<String, std::fmt::Error> {
    let levels = model.levels();
    let mut text = "\\data\\\n".to_owned();
    for (below, level) in levels.iter().enumerate() {
        writeln!(text, "ngram {}={}", below + 1, level.len())?;
    }
    for (below, level) in levels.iter().enumerate() {
        writeln!(text, "\n\\{}-grams:", below + 1)?;
        for NGram {
            gram,
            ln_prob,
            ln_backoff,
        } in level
        {
            write!(text, "{}", log10(*ln_prob))?;
            for (index, word) in gram.words(below + 1).enumerate() {
                let separator = if index == 0 { '\t' } else { ' ' };
                write!(text, "{separator}{}", model.text(word).unwrap_or_default())?;
            }
            if *ln_backoff != 0.0 {
                write!(text, "\t{}", log10(*ln_backoff))?;
            }
            writeln!(text)?;
        }
    }
    text.push_str("\n\\end\\\n");
    Ok(text)
}

/// To eight decimals, of which f32 keeps all that matter.
fn log10(ln: f32) -> f64 {
    (f64::from(ln) / std::f64::consts::LN_10 * 1e8).round() / 1e8
}
