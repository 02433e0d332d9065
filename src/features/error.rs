//! What can go wrong in the front end, in sentences for a person.

/// Why no features could be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FeatureError {
    /// A field of the configuration is out of range or contradicts another.
    #[error("The front end's {field} cannot be used: {reason}")]
    Config {
        /// The field, by its name in the manifest.
        field: &'static str,
        /// What is wrong with it and what would do, ending in a full stop.
        reason: String,
    },
    /// A sample is NaN or infinite. Nothing of the push that held it was taken.
    #[error(
        "Sample {sample_index} of the take is {value}, not a finite number: \
         the audio is damaged or was decoded wrongly."
    )]
    NotFinite {
        /// Samples of the take before this one.
        sample_index: u64,
        /// NaN or an infinity.
        value: f32,
    },
    /// The configuration can only be computed once the whole signal is known.
    #[error(
        "The front end cannot be computed while audio arrives, because {reason}: \
         use it on whole takes, or change that setting."
    )]
    NeedsWholeSignal {
        /// Which setting asks for the whole signal, and why.
        reason: &'static str,
    },
    /// Samples were pushed after the end of the input had been declared.
    #[error("The take has ended, so no more audio can be added to it: start a new take.")]
    Finished,
}
