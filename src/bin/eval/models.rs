//! The models that an evaluation needs, from which every thread makes its own recogniser.

use std::path::Path;
use std::sync::Arc;

use asr_playground::decode::LanguageModel;
use asr_playground::model::{Manifest, ModelSpec, Session, Tokens};
use asr_playground::recognizer::Recognizer;

use crate::arguments::Arguments;

type Error = Box<dyn std::error::Error>;

/// Files of a model, and the language model.
pub struct Models {
    pub spec: ModelSpec,
    pub tokens: Tokens,
    onnx: Vec<u8>,
    language_model: Option<Arc<LanguageModel>>,
}

impl Models {
    /// Reads what the arguments name.
    pub fn read(arguments: &Arguments) -> Result<Self, Error> {
        let path = &arguments.model;
        let manifest = Manifest::parse(&read_text(path)?)?;
        let spec = manifest.model(arguments.model_name.as_deref())?.clone();
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let language_model = match &arguments.language_model {
            Some(path) => {
                let model = LanguageModel::from_file(&read(path)?);
                Some(model.map_err(|error| format!("{}: {error}", path.display()))?)
            }
            None => match manifest.language_model(&spec) {
                None => None,
                Some(described) => {
                    let bytes = read(&folder.join(&described.file))?;
                    described.verify(&bytes)?;
                    Some(LanguageModel::from_bytes(&bytes)?)
                }
            },
        };
        let tokens = Tokens::parse(&read_text(&folder.join(&spec.tokens))?)?;
        if let Some(language_model) = &language_model {
            language_model.check_spelling(&tokens)?;
        }
        Ok(Self {
            tokens,
            onnx: read(&folder.join(&spec.file))?,
            spec,
            language_model: language_model.map(Arc::new),
        })
    }

    /// A recogniser of its own.
    pub fn recognizer(&self) -> Result<Recognizer, Error> {
        let session = Session::load(&self.spec, &self.onnx)?;
        let mut recognizer = Recognizer::new(session, self.tokens.clone());
        recognizer.set_language_model(self.language_model.clone())?;
        Ok(recognizer)
    }

    /// Whether there is a language model.
    pub fn has_language_model(&self) -> bool {
        self.language_model.is_some()
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    String::from_utf8(read(path)?).map_err(|_| format!("{} is not a text file", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
