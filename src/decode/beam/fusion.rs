//! What a prefix is worth beyond its acoustic score: language model, bonus and
//! penalty a word, hotwords.
//!
//! With the words w₁…wₙ ended and one more being spelled,
//!
//! ```text
//! bias = α·Σ ln p(wᵢ | w₁…wᵢ₋₁) + β·n − penalty·(unknown words)
//!      + α·look + β − (penalty, if the spelling can become no word but an unknown one)
//!      + complete hotwords + part of the one begun
//! ```
//!
//! An unknown word is one that the language model does not know, unless it, by itself or with the
//! words before it, begins a hotword or completes one: what someone listens for is often in no
//! vocabulary, and a boost should not have to make up for that first.
//!
//! `look` is the largest unigram ln p of the words that the spelling can still
//! become (Ortmanns and Ney's look-ahead, with a unigram), or ln p(`<unk>`) where it
//! can become none. The second line is there with look-ahead only. When the word
//! ends it gives way to the word's own score, so it moves pruning and not results.

use std::sync::Arc;

use super::config::BeamConfig;
use super::hotwords::Hotwords;
use crate::decode::Word;
use crate::decode::lm::{LanguageModel, Lexicon, LexiconNode, LmState};
use crate::decode::piece::Piece;

/// The text of a prefix as language model and hotwords see it. Sums run since the
/// decoder's first row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fusion {
    /// Unweighted ln p of the words that have ended.
    lm: f64,
    /// Boosts of the phrases that are complete.
    hotword: f64,
    /// What all of it adds to the score, for the settings at hand.
    pub bias: f64,
    /// Words that have ended.
    words: u32,
    /// Those of them that are penalised as unknown.
    unknown: u32,
    /// After the words that have ended; `None` without a language model.
    state: Option<LmState>,
    /// ln p(`<unk>`) in that state.
    unknown_ln: f32,
    /// A word is being spelled.
    pub open: bool,
    /// Where its spelling is in the lexicon; `None` when in no word.
    lexicon: Option<LexiconNode>,
    hotword_state: u32,
}

/// What the end of a prefix's open word brings. Nodes keep it, so that a word is
/// looked up once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    ln_prob: f32,
    known: bool,
    state: Option<LmState>,
    unknown_ln: f32,
}

/// A bias, by what it is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Parts {
    /// α·ln p of the words that have ended.
    pub lm: f64,
    /// α·`look` of the word being spelled.
    pub look_ahead: f64,
    /// β a word, less the penalties.
    pub bonus: f64,
    pub hotword: f64,
}

impl Parts {
    fn sum(self) -> f64 {
        self.lm + self.look_ahead + self.bonus + self.hotword
    }
}

/// The settings that make a bias.
#[derive(Clone, Debug)]
pub(super) struct Scorer {
    lm: Option<Arc<LanguageModel>>,
    hotwords: Arc<Hotwords>,
    lm_weight: f64,
    word_bonus: f64,
    unknown_word_penalty: f64,
    look_ahead: bool,
}

impl Scorer {
    pub fn new(config: &BeamConfig, lm: Option<Arc<LanguageModel>>) -> Self {
        Self {
            lm,
            hotwords: Arc::new(Hotwords::new(&config.hotwords)),
            lm_weight: config.lm_weight.into(),
            word_bonus: config.word_bonus.into(),
            unknown_word_penalty: config.unknown_word_penalty.into(),
            look_ahead: config.look_ahead,
        }
    }

    pub fn language_model(&self) -> Option<Arc<LanguageModel>> {
        self.lm.clone()
    }

    /// The text `words` and then, if it is not empty, `spelling`, the beginning of
    /// another word. Sums go on from `sums`, where there are any.
    pub fn replay(&self, words: &[Word], spelling: &str, sums: Option<&Fusion>) -> Fusion {
        let lm = self.lm.as_deref();
        let state = lm.map(|lm| {
            // More words than the model's context: what came before does not matter.
            let recent = &words[words.len().saturating_sub(lm.order())..];
            recent.iter().fold(lm.start(), |state, word| {
                lm.score(state, lm.word(&word.text)).1
            })
        });
        let recent = &words[words.len().saturating_sub(self.hotwords.longest_words)..];
        let characters = recent
            .iter()
            .flat_map(|word| word.text.chars().chain([' ']));
        let start = self.hotwords.start();
        let mut fusion = Fusion {
            lm: sums.map_or(0.0, |sums| sums.lm),
            hotword: sums.map_or(0.0, |sums| sums.hotword),
            bias: 0.0,
            words: sums.map_or(0, |sums| sums.words),
            unknown: sums.map_or(0, |sums| sums.unknown),
            state,
            unknown_ln: self.unknown_ln(state),
            open: false,
            lexicon: None,
            hotword_state: characters.fold(start, |at, c| self.hotwords.step(at, c)),
        };
        self.spell(&mut fusion, spelling);
        fusion.bias = self.parts(&fusion).sum();
        fusion
    }

    fn unknown_ln(&self, state: Option<LmState>) -> f32 {
        match (&self.lm, state) {
            (Some(lm), Some(state)) => lm.score(state, None).0,
            _ => 0.0,
        }
    }

    /// What the end of the open word would bring.
    pub fn ending(&self, fusion: &Fusion) -> Ending {
        let (Some(lm), Some(state)) = (&self.lm, fusion.state) else {
            return Ending {
                ln_prob: 0.0,
                known: true,
                state: None,
                unknown_ln: 0.0,
            };
        };
        let word = fusion.lexicon.and_then(|node| lm.lexicon().word(node));
        let (ln_prob, state) = lm.score(state, word);
        Ending {
            ln_prob,
            known: word.is_some(),
            state: Some(state),
            unknown_ln: self.unknown_ln(Some(state)),
        }
    }

    /// The prefix with one more piece. `ending` is that of its open word; without
    /// one, the piece ends no word.
    pub fn extend(&self, fusion: &Fusion, piece: &Piece, ending: Option<Ending>) -> Fusion {
        let mut next = *fusion;
        if let Some(ending) = ending {
            self.end(&mut next, ending);
        }
        self.spell(&mut next, &piece.text);
        next.bias = self.parts(&next).sum();
        next
    }

    /// The prefix at the end of the take: its open word ends, then the sentence.
    pub fn finish(&self, fusion: &Fusion) -> Fusion {
        let mut last = *fusion;
        if last.open {
            self.end(&mut last, self.ending(fusion));
        }
        if let (Some(lm), Some(state)) = (&self.lm, last.state) {
            last.lm += f64::from(lm.end(state));
        }
        // What is only begun now failed.
        last.hotword_state = Hotwords::NOWHERE;
        last.bias = self.parts(&last).sum();
        last
    }

    fn end(&self, fusion: &mut Fusion, ending: Ending) {
        fusion.lm += f64::from(ending.ln_prob);
        fusion.words += 1;
        fusion.state = ending.state;
        fusion.unknown_ln = ending.unknown_ln;
        fusion.open = false;
        fusion.lexicon = None;
        fusion.hotword_state = self.hotwords.step(fusion.hotword_state, ' ');
        fusion.hotword += f64::from(self.hotwords.complete(fusion.hotword_state));
        let listened_for = self.hotwords.is_inside(fusion.hotword_state);
        fusion.unknown += u32::from(!ending.known && !listened_for);
    }

    fn spell(&self, fusion: &mut Fusion, text: &str) {
        let lexicon = self.lm.as_deref().map(LanguageModel::lexicon);
        for character in text.chars() {
            if !fusion.open {
                fusion.open = true;
                fusion.lexicon = lexicon.map(Lexicon::root);
            }
            fusion.lexicon = match (lexicon, fusion.lexicon) {
                (Some(lexicon), Some(node)) => lexicon.child(node, character),
                _ => None,
            };
            fusion.hotword_state = self.hotwords.step(fusion.hotword_state, character);
        }
    }

    pub fn parts(&self, fusion: &Fusion) -> Parts {
        let partial = self.hotwords.partial(fusion.hotword_state);
        let hotword = fusion.hotword + f64::from(partial);
        let Some(lm) = &self.lm else {
            return Parts {
                hotword,
                ..Parts::default()
            };
        };
        let mut parts = Parts {
            lm: self.lm_weight * fusion.lm,
            look_ahead: 0.0,
            bonus: self.word_bonus * f64::from(fusion.words)
                - self.unknown_word_penalty * f64::from(fusion.unknown),
            hotword,
        };
        if self.look_ahead && fusion.open {
            let look = if let Some(node) = fusion.lexicon {
                lm.lexicon().best(node)
            } else {
                if !self.hotwords.is_inside(fusion.hotword_state) {
                    parts.bonus -= self.unknown_word_penalty;
                }
                fusion.unknown_ln
            };
            parts.look_ahead = self.lm_weight * f64::from(look);
            parts.bonus += self.word_bonus;
        }
        parts
    }
}
