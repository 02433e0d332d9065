//! The model's tokens: what each column of the log-probs writes.

use thiserror::Error;

/// The blank's line in a token file.
const BLANK: &str = "<blank>";
/// The space's line in a token file.
const SPACE: &str = "<space>";

/// The tokens of a model, in the order of its log-prob columns.
///
/// The file has one token a line. Index 0 is `<blank>`; `<space>`, if there, is
/// the token between words. Any other line is text as it is written, with a
/// leading `▁` (U+2581, `SentencePiece`'s) for a token that begins a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    texts: Vec<String>,
    space: Option<usize>,
}

/// Why a token file was refused. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokensError {
    /// The first line is something else, or there is none.
    #[error("the first token must be <blank>, but it is {found:?}")]
    NoBlank {
        /// The first line.
        found: String,
    },
    /// Nothing but the blank.
    #[error("the token file has no tokens besides <blank>")]
    OnlyBlank,
    /// An empty line, or one with white space in it.
    #[error(
        "line {line} of the token file is {found:?}; a token is one or more characters without white space (write <space> for the space)"
    )]
    NotAToken {
        /// The line's number.
        line: usize,
        /// The line.
        found: String,
    },
    /// The same token a second time.
    #[error("line {line} of the token file repeats {token:?}")]
    Repeated {
        /// The later line's number.
        line: usize,
        /// The token.
        token: String,
    },
}

impl Tokens {
    /// Reads a token file. Line ends may be `\n` or `\r\n`.
    ///
    /// # Errors
    /// When the first token is not `<blank>`, no other follows, a line is empty
    /// or has white space in it, or a token is repeated.
    pub fn parse(file: &str) -> Result<Self, TokensError> {
        let first = file.lines().next().unwrap_or_default();
        if first != BLANK {
            return Err(TokensError::NoBlank {
                found: first.to_owned(),
            });
        }
        let mut seen = std::collections::HashSet::new();
        let mut texts = Vec::new();
        let mut space = None;
        for (index, token) in file.lines().enumerate() {
            let line = index + 1;
            if token.is_empty() || token.contains(char::is_whitespace) {
                return Err(TokensError::NotAToken {
                    line,
                    found: token.to_owned(),
                });
            }
            if !seen.insert(token) {
                return Err(TokensError::Repeated {
                    line,
                    token: token.to_owned(),
                });
            }
            texts.push(match token {
                BLANK => String::new(),
                SPACE => {
                    space = Some(index);
                    " ".to_owned()
                }
                text => text.to_owned(),
            });
        }
        if texts.len() == 1 {
            return Err(TokensError::OnlyBlank);
        }
        Ok(Self { texts, space })
    }

    /// The tokens whose [`text`](Self::text)s these are.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn of_texts(texts: &[String]) -> Result<Self, TokensError> {
        let line = |text: &String| match text.as_str() {
            "" => BLANK.to_owned(),
            " " => SPACE.to_owned(),
            text => text.to_owned(),
        };
        let lines: Vec<String> = texts.iter().map(line).collect();
        Self::parse(&lines.join("\n"))
    }

    /// How many tokens there are, the blank included: the columns of the log-probs.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a parsed token list is never empty"
    )]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The blank's index.
    #[must_use]
    pub fn blank(&self) -> usize {
        0
    }

    /// The space's index; `None` where tokens carry `▁` instead.
    #[must_use]
    pub fn space(&self) -> Option<usize> {
        self.space
    }

    /// What a token writes: the line of the file, `""` for the blank, `" "` for
    /// the space, and `""` for an index beyond the last.
    #[must_use]
    pub fn text(&self, index: usize) -> &str {
        self.texts.get(index).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn characters_and_word_pieces() {
        let tokens = Tokens::parse("<blank>\r\n<space>\r\n'\r\na\r\n").unwrap();
        assert_eq!(
            (tokens.len(), tokens.blank(), tokens.space()),
            (4, 0, Some(1))
        );
        let texts: Vec<&str> = (0..5).map(|index| tokens.text(index)).collect();
        assert_eq!(texts, ["", " ", "'", "a", ""]);
        let texts: Vec<String> = texts[..4].iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(Tokens::of_texts(&texts).unwrap(), tokens);
        assert!(Tokens::of_texts(&texts[1..]).is_err());

        let tokens = Tokens::parse("<blank>\n▁the\ns").unwrap();
        assert_eq!((tokens.len(), tokens.space()), (3, None));
        assert_eq!(tokens.text(1), "▁the");
    }

    #[test]
    fn refused_files() {
        let message = |file: &str| Tokens::parse(file).unwrap_err().to_string();
        assert_eq!(
            message(""),
            "the first token must be <blank>, but it is \"\""
        );
        assert_eq!(
            message("a\n<blank>\n"),
            "the first token must be <blank>, but it is \"a\""
        );
        assert_eq!(
            message("<blank>\n"),
            "the token file has no tokens besides <blank>"
        );
        assert!(message("<blank>\n\na\n").starts_with("line 2 of the token file is \"\";"));
        assert!(message("<blank>\na 1\n").starts_with("line 2 of the token file is \"a 1\";"));
        assert_eq!(
            message("<blank>\na\nb\na\n"),
            "line 4 of the token file repeats \"a\""
        );
        assert_eq!(
            message("<blank>\na\n<blank>\n"),
            "line 3 of the token file repeats \"<blank>\""
        );
    }
}
