//! Compiles `config/starter/*.txt` into the list that every `luytre` carries, so that a router filters before its
//! first sync.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

use luytre_lists::{CategorySet, CategoryTable, Disposition, Domain, Entry, ListWriter, Meta};

/// The build date of a build that is told none: 2026-11-01. A later one is welcome, since an untrusted clock is taken to
/// be no earlier; the system's would make each build another.
const BUILT: &str = "1793491200";

fn main() -> Result<(), Box<dyn Error>> {
    let built = env::var("SOURCE_DATE_EPOCH").unwrap_or_else(|_| BUILT.to_owned());
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo:rustc-env=LUYTRE_BUILT={built}");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../config/starter");
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-changed={}", folder.join("../categories.toml").display());

    let mut list = ListWriter::new(Meta::default());
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|file| Ok(file?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    for file in files {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let category = CategoryTable::shipped().by_key(stem);
        let category = category.ok_or_else(|| format!("{}: no category has this key", file.display()))?;
        let blocked = Entry::subtree(Disposition::Block(CategorySet::from(category)));
        for (line, number) in fs::read_to_string(&file)?.lines().zip(1..) {
            let name = line.split('#').next().unwrap_or_default().trim();
            if name.is_empty() {
                continue;
            }
            let domain = Domain::parse(name)
                .map_err(|error| format!("{}:{number}: {name}: {error}", file.display()))?;
            list.add(domain.as_name(), blocked)?;
        }
    }
    let out = Path::new(&env::var("OUT_DIR")?).join("starter.lyt");
    #[expect(clippy::disallowed_methods, reason = "a build script's output, not a router's file")]
    fs::write(out, list.finish()?)?;
    Ok(())
}
