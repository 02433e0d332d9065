//! Reading a manifest of clips.

use std::path::PathBuf;

use crate::arguments::Arguments;

/// A clip with its reference.
pub struct Clip {
    pub corpus: String,
    pub path: PathBuf,
    pub reference: String,
}

/// Reads the manifest and keeps the clips that were asked for, in its order.
pub fn read(arguments: &Arguments) -> Result<Vec<Clip>, String> {
    let shown = arguments.manifest.display();
    let text = std::fs::read_to_string(&arguments.manifest)
        .map_err(|error| format!("cannot read {shown}: {error}"))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| header.iter().position(|column| *column == name);
    let needed = |name: &str| {
        column(name).ok_or_else(|| format!("{shown} has no column '{name}' in its first line"))
    };
    let (corpus, path, text) = (needed("corpus")?, needed("path")?, needed("text")?);
    let split = arguments
        .split
        .as_ref()
        .map(|wanted| needed("split").map(|column| (column, wanted)))
        .transpose()?;

    let mut clips = Vec::new();
    let mut taken = std::collections::HashMap::<String, usize>::new();
    for (number, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        if fields.len() != header.len() {
            return Err(format!(
                "line {} of {shown} has {} fields, not {}",
                number + 2,
                fields.len(),
                header.len()
            ));
        }
        if split.is_some_and(|(column, wanted)| fields[column] != wanted)
            || !(arguments.corpora.is_empty()
                || arguments.corpora.iter().any(|c| c == fields[corpus]))
        {
            continue;
        }
        let count = taken.entry(fields[corpus].to_owned()).or_default();
        if arguments.limit.is_some_and(|limit| *count >= limit) {
            continue;
        }
        *count += 1;
        clips.push(Clip {
            corpus: fields[corpus].to_owned(),
            path: arguments.audio_root.join(fields[path]),
            reference: fields[text].to_owned(),
        });
    }
    if clips.is_empty() {
        return Err(format!("no clip of {shown} fits the options"));
    }
    Ok(clips)
}
