//! Mistakes in files that people write: which line, and the word that they meant.

/// `:line: what is wrong`, with the nearest of the known keys where one is misspelt.
pub fn explain(text: &str, error: &toml::de::Error, keys: &[&str]) -> String {
    let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
    let message = error.message();
    match message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        Some(key) => {
            let nearest = nearest(key, keys.iter().copied());
            format!(":{line}: the key `{key}` is unknown; did you mean `{nearest}`?")
        }
        None => format!(":{line}: {message}"),
    }
}

/// The known word that is most like this one.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> &'a str {
    known.into_iter().min_by_key(|key| strsim::damerau_levenshtein(word, key)).unwrap_or_default()
}
