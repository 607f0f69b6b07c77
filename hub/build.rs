//! Gathers `config/starter/*.txt` into a table of (category key, text), so that a new file needs no second mention.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, error, fs};

#[expect(clippy::disallowed_methods, reason = "cargo reads the file only after this program has ended well")]
fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../config/starter").canonicalize()?;
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(&folder)?.map(|file| Ok(file?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let key = file.file_stem().unwrap_or_default();
        writeln!(table, "    ({key:?}, include_str!({:?})),", file.display().to_string())?;
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("starter.rs"), table)?;
    Ok(())
}
