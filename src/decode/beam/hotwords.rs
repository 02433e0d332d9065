//! Which hotwords a text holds, and how far it is into one: a matcher of all
//! phrases at once over characters (Aho and Corasick 1975).
//!
//! A phrase stands in it as `␣the phrase␣`, and the text is read as `␣word␣word␣`,
//! so that a phrase matches whole words only. The space that ends one phrase can
//! begin the next. A state is the longest end of the text that begins some phrase.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use super::config::Hotword;

/// The matcher.
#[derive(Clone, Debug)]
pub(super) struct Hotwords {
    states: Vec<State>,
    /// Words of the longest phrase.
    pub longest_words: usize,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// Sorted by character.
    edges: Vec<(char, u32)>,
    /// The state of the longest proper end of this one.
    fail: u32,
    /// Boosts of all phrases that are complete here.
    complete: f32,
    /// Of the phrases begun here, the largest share of a boost: the boost times the
    /// part of the phrase's characters that are there.
    partial: f32,
}

impl Hotwords {
    /// No character yet, or none that matters.
    pub const NOWHERE: u32 = 0;

    pub fn new(hotwords: &[Hotword]) -> Self {
        // A phrase listed twice has the larger boost.
        let mut boosts: BTreeMap<String, f32> = BTreeMap::new();
        for hotword in hotwords {
            let words: Vec<String> = hotword
                .phrase
                .split_whitespace()
                .map(str::to_lowercase)
                .collect();
            let boost = boosts.entry(words.join(" ")).or_default();
            *boost = boost.max(hotword.boost);
        }
        boosts.remove("");
        let mut matcher = Self {
            states: vec![State::default()],
            longest_words: 0,
        };
        for (phrase, boost) in &boosts {
            matcher.add(phrase, *boost);
            let words = phrase.split(' ').count();
            matcher.longest_words = matcher.longest_words.max(words);
        }
        matcher.link();
        matcher
    }

    fn add(&mut self, phrase: &str, boost: f32) {
        let length = phrase.chars().count() as f32;
        let mut at = self.child_or_new(Self::NOWHERE, ' ');
        for (index, character) in phrase.chars().enumerate() {
            at = self.child_or_new(at, character);
            let share = boost * (index + 1) as f32 / length;
            let partial = &mut self.states[at as usize].partial;
            *partial = partial.max(share);
        }
        at = self.child_or_new(at, ' ');
        self.states[at as usize].complete = boost;
    }

    fn child_or_new(&mut self, at: u32, character: char) -> u32 {
        let new = self.states.len() as u32;
        let edges = &mut self.states[at as usize].edges;
        match edges.binary_search_by_key(&character, |edge| edge.0) {
            Ok(place) => edges[place].1,
            Err(place) => {
                edges.insert(place, (character, new));
                self.states.push(State::default());
                new
            }
        }
    }

    /// Finds each state's `fail`, shorter states first, and adds what it brings.
    fn link(&mut self) {
        let first = self.states[0].edges.iter().map(|edge| edge.1);
        let mut queue: VecDeque<u32> = first.collect();
        while let Some(at) = queue.pop_front() {
            let fail = self.states[at as usize].fail;
            let (complete, partial) = {
                let fail = &self.states[fail as usize];
                (fail.complete, fail.partial)
            };
            let state = &mut self.states[at as usize];
            state.complete += complete;
            state.partial = state.partial.max(partial);
            for index in 0..self.states[at as usize].edges.len() {
                let (character, child) = self.states[at as usize].edges[index];
                self.states[child as usize].fail = self.step(fail, character);
                queue.push_back(child);
            }
        }
    }

    /// The state before the first word.
    pub fn start(&self) -> u32 {
        self.step(Self::NOWHERE, ' ')
    }

    /// The state after one more character; a space ends a word.
    pub fn step(&self, mut at: u32, character: char) -> u32 {
        loop {
            let state = &self.states[at as usize];
            if let Ok(place) = state.edges.binary_search_by_key(&character, |edge| edge.0) {
                return state.edges[place].1;
            }
            if at == Self::NOWHERE {
                return at;
            }
            at = state.fail;
        }
    }

    /// Whether the text's last word, ended or not, belongs to a phrase that is begun or complete.
    pub fn is_inside(&self, at: u32) -> bool {
        // At the start the text stands between words, with nothing begun.
        at != Self::NOWHERE && at != self.start()
    }

    /// What is earned for good on entering the state.
    pub fn complete(&self, at: u32) -> f32 {
        self.states[at as usize].complete
    }

    /// What counts for as long as the text is in the state.
    pub fn partial(&self, at: u32) -> f32 {
        self.states[at as usize].partial
    }
}
