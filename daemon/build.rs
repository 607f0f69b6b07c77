//! Compiles `config/starter/*.txt` into the list that every `luytre` carries, so that a router filters before its
//! first sync; `config/oui.txt` into a table to search; and takes in the page's application from `webui/dist` and the
//! API's description.

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
    vendors(&folder.join("../oui.txt"))?;
    description(Path::new("src/web/api/openapi.json"))?;
    application(&folder.join("../../webui/dist"))
}

/// Writes `openapi.json` anew without the spaces between its values.
fn description(file: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={}", file.display());
    let (mut inside, mut escaped) = (false, false);
    let mut text = fs::read_to_string(file)?;
    text.retain(|c| {
        inside ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        inside || !c.is_ascii_whitespace()
    });
    let out = PathBuf::from(env::var("OUT_DIR")?);
    #[expect(clippy::disallowed_methods, reason = "as above")]
    fs::write(out.join("openapi.json"), text)?;
    Ok(())
}

/// Writes `assets.rs`: the files that `webui/build.mjs` made and lists in `files.txt`, a line each: role, path, content
/// type, file. Without them the program builds too, with the pages that need no script.
fn application(folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let listed = folder.join("files.txt");
    let lines = match listed.exists() {
        true => fs::read_to_string(&listed)?,
        false => {
            println!(
                "cargo:warning=the page's application is left out, for webui/dist is empty: run ./dev build, or \
                 (cd webui && npm ci && npm run build)"
            );
            String::new()
        }
    };
    let (mut assets, mut entry) =
        (String::new(), ["script", "style", "vi", "en"].map(|role| (role, String::new())));
    for line in lines.lines() {
        let [role, path, kind, file] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("{}: {line:?}: no role, path, type and file", listed.display()).into());
        };
        if let Some((_, known)) = entry.iter_mut().find(|(known, _)| *known == role) {
            path.clone_into(known);
        }
        let file = folder.join(file).canonicalize()?;
        assets +=
            &format!("    Asset {{ path: {path:?}, kind: {kind:?}, gzipped: include_bytes!({file:?}) }},\n");
    }
    let [(_, script), (_, style), (_, vi), (_, en)] = entry;
    let text = format!(
        "static ASSETS: &[Asset] = &[\n{assets}];\n\
         const ENTRY: Entry = Entry {{ script: {script:?}, style: {style:?}, vi: {vi:?}, en: {en:?} }};\n"
    );
    let out = PathBuf::from(env::var("OUT_DIR")?);
    #[expect(clippy::disallowed_methods, reason = "as above")]
    fs::write(out.join("assets.rs"), text)?;
    Ok(())
}

/// Writes `vendors.txt`, a name a line, and `oui.bin`: for each prefix its three octets and the number of its line, in
/// order.
fn vendors(file: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={}", file.display());
    let (mut names, mut prefixes) = (Vec::new(), Vec::new());
    let text = fs::read_to_string(file)?;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            names.push(name);
            continue;
        }
        let vendor = || u8::try_from(names.len().checked_sub(1)?).ok();
        for prefix in line.split_ascii_whitespace() {
            let octets = u32::from_str_radix(prefix, 16).ok().filter(|_| prefix.len() == 6);
            let (Some(octets), Some(vendor)) = (octets, vendor()) else {
                return Err(format!("{}: {prefix}: no prefix of a vendor", file.display()).into());
            };
            let [_, a, b, c] = octets.to_be_bytes();
            prefixes.push([a, b, c, vendor]);
        }
    }
    prefixes.sort_unstable();
    if let Some([[a, b, c, _], _]) = prefixes.array_windows().find(|[one, next]| one[..3] == next[..3]) {
        return Err(format!("{}: {a:02x}{b:02x}{c:02x} stands there twice", file.display()).into());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    #[expect(clippy::disallowed_methods, reason = "as above")]
    {
        fs::write(out.join("vendors.txt"), names.join("\n"))?;
        fs::write(out.join("oui.bin"), prefixes.as_flattened())?;
    }
    Ok(())
}
