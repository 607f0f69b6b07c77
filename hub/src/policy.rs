//! A provider's policy for its routers: its keys, its drafts, and what comes of them (`luytre_trust::policy`). Nothing of a
//! publication is needed for it, and its keys are none of a publication's.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use luytre_trust::policy::{List, Taken, Upstream};
use luytre_trust::{MAX_POLICY, Moment, Operator, Policy, SigningKey, envelope, sign};
use serde::Deserialize;

use crate::files;
use crate::keys::secret;

/// The anchor in a folder of keys.
const ANCHOR: &str = "operator.json";
/// The longest provider's line that a router shows, in characters.
const MAX_PROVIDER: usize = 80;
/// What servers begin with.
const SERVERS: [&str; 5] = ["udp://", "tcp://", "tls://", "https://", "quic://"];
/// What mirrors and centres begin with.
const SITES: [&str; 2] = ["https://", "http://"];

/// What a provider writes: a policy without what signing adds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    /// Who is asked.
    pub upstream: Upstream,
    /// Where lists come from, and when.
    pub list: List,
    /// Who looks after the routers.
    pub provider: String,
    /// Where reports go.
    pub centre: String,
}

/// How a draft is signed.
pub struct Signing {
    /// What time it is.
    pub now: Moment,
    /// For how many seconds routers take it.
    pub lifetime_s: u64,
    /// Its version; `None`: one more than that of the policy in its place.
    pub version: Option<u64>,
}

/// Makes a key in a folder, and the anchor that knows it beside those that it knew already. Returns the key's file and the
/// anchor.
pub fn new_key(dir: &Path, threshold: Option<u32>) -> Result<(PathBuf, Operator)> {
    fs::create_dir_all(dir).with_context(|| format!("the folder {} can't be made", dir.display()))?;
    let anchor = dir.join(ANCHOR);
    let before = if anchor.exists() { Some(read_anchor(&anchor)?) } else { None };
    let known = before.iter().flat_map(Operator::keys).copied().collect::<Vec<_>>();
    let threshold = threshold.or(before.as_ref().map(|before| before.holders().threshold)).unwrap_or(1);
    // Refused before there is a key that nobody knows.
    ensure!(
        (1..=known.len() + 1).contains(&(threshold as usize)),
        "--threshold {threshold}: {} keys can't give so many signatures; make the keys first",
        known.len() + 1
    );
    let names = (1..).map(|number| dir.join(format!("operator-{number}.key")));
    let file = names.into_iter().find(|file| !file.exists()).context("no name is free")?;
    let key = secret::make(&file)?;
    let operator =
        Operator::new(known.into_iter().chain([key.public()]), threshold).map_err(anyhow::Error::msg)?;
    files::replace(&anchor, |out| out.write_all(&operator.document()))
        .with_context(|| format!("{} can't be written", anchor.display()))?;
    Ok((file, operator))
}

/// Reads an anchor, or the one in a folder of keys.
pub fn read_anchor(place: &Path) -> Result<Operator> {
    let file = if place.is_dir() { place.join(ANCHOR) } else { place.to_owned() };
    let shown = file.display();
    let bytes = files::read_at_most(&file, MAX_POLICY)
        .with_context(|| format!("{shown} can't be read; `luytre-hub policy new-key --dir` makes one"))?;
    Operator::read(&bytes).map_err(|what| anyhow::anyhow!("{shown} is no operator's keys: {what}"))
}

/// The secret keys of a folder, and those that lie elsewhere.
pub fn read_keys(dir: Option<&Path>, files: &[PathBuf]) -> Result<Vec<SigningKey>> {
    let mut keys = Vec::new();
    if let Some(dir) = dir {
        keys.extend(secret::in_folder(dir)?.into_values().map(|(_, key)| key));
    }
    for file in files {
        keys.push(secret::read(file)?);
    }
    ensure!(!keys.is_empty(), "there is no key to sign with; name a folder with --dir, or files with --key");
    Ok(keys)
}

impl Draft {
    /// Reads TOML, or JSON where the file is called so.
    pub fn read(file: &Path) -> Result<Self> {
        let shown = file.display();
        let bytes =
            files::read_at_most(file, MAX_POLICY).with_context(|| format!("{shown} can't be read"))?;
        let text = String::from_utf8(bytes).with_context(|| format!("{shown} is not UTF-8"))?;
        let is_json = file.extension().is_some_and(|extension| extension == "json");
        let read = if is_json {
            serde_json::from_str(&text).map_err(anyhow::Error::from)
        } else {
            toml::from_str(&text).map_err(anyhow::Error::from)
        };
        let draft: Self = read.with_context(|| format!("{shown} is no draft of a policy"))?;
        draft.check().with_context(|| shown.to_string())?;
        Ok(draft)
    }

    /// What routers would refuse, all of them at once.
    fn check(&self) -> Result<()> {
        let begins = |key: &str, texts: &[String], with: &[&str]| match texts
            .iter()
            .find(|text| !with.iter().any(|start| text.starts_with(start)))
        {
            Some(text) => bail!("{key}: {text:?} begins with none of {}", with.join(", ")),
            None => Ok(()),
        };
        begins("upstream.servers", &self.upstream.servers, &SERVERS)?;
        begins("list.urls", &self.list.urls, &SITES)?;
        if !self.centre.is_empty() {
            begins("centre", std::slice::from_ref(&self.centre), &SITES)?;
        }
        let edition = self.list.edition.as_str();
        ensure!(
            ["", "small", "standard", "full"].contains(&edition),
            "list.edition: {edition:?} is not small, standard or full"
        );
        let length = self.provider.chars().count();
        ensure!(length <= MAX_PROVIDER, "provider: {length} characters, where {MAX_PROVIDER} are the most");
        ensure!(*self != Self::default(), "it says nothing");
        Ok(())
    }

    /// Signs it, to lie at `to`, where the policy before it may lie. Returns it, and how many signatures are missing.
    pub fn sign(
        self,
        to: &Path,
        how: &Signing,
        operator: &Operator,
        keys: &[SigningKey],
    ) -> Result<(Policy, u32)> {
        let version = match how.version {
            Some(version) => version,
            None => version_at(to)? + 1,
        };
        let mut policy = Policy::new(version, how.now, how.now.plus(how.lifetime_s));
        (policy.upstream, policy.list) = (self.upstream, self.list);
        (policy.provider, policy.centre) = (self.provider, self.centre);
        policy.check()?;
        let known = known(operator, keys)?;
        let document = sign(&policy, &known).context("the policy can't be written")?;
        ensure!(
            document.len() <= MAX_POLICY,
            "the policy has {} bytes, where {MAX_POLICY} are the most",
            document.len()
        );
        put(to, &document)?;
        Ok((policy, missing(operator, known.len())))
    }
}

/// Adds a signature to a policy, for people who sign one after the other. Returns how many are missing still.
pub fn countersign(file: &Path, operator: &Operator, keys: &[SigningKey]) -> Result<u32> {
    let shown = file.display();
    let mut document =
        files::read_at_most(file, MAX_POLICY).with_context(|| format!("{shown} can't be read"))?;
    let policy: Policy =
        envelope::unverified(&document).with_context(|| format!("{shown} is no signed policy"))?;
    policy.check()?;
    for key in known(operator, keys)? {
        document =
            envelope::add_signature(&document, key).with_context(|| format!("{shown} can't be signed"))?;
    }
    put(file, &document)?;
    let good = (0..=operator.holders().threshold).rev().find(|&count| {
        let fewer = Operator::new(operator.keys().copied(), count);
        fewer.is_ok_and(|fewer| fewer.read_taken(&document).is_ok())
    });
    Ok(missing(operator, good.unwrap_or_default() as usize))
}

/// Checks a policy as a router does that knows no other.
pub fn verify(place: &str, operator: &Operator, now: Moment) -> Result<Taken> {
    let document = match place.rsplit_once('/') {
        Some((base, file)) if SITES.iter().any(|start| place.starts_with(start)) => {
            crate::verify::Source::at(base)
                .get(file, MAX_POLICY)?
                .with_context(|| format!("{place} is not there"))?
        }
        _ => files::read_at_most(Path::new(place), MAX_POLICY)
            .with_context(|| format!("{place} can't be read"))?,
    };
    Ok(operator.take(&document, None, Some(now), Moment::default())?)
}

/// Those of the keys that routers know.
fn known<'k>(operator: &Operator, keys: &'k [SigningKey]) -> Result<Vec<&'k SigningKey>> {
    let known: Vec<_> = keys.iter().filter(|key| operator.holders().keyids.contains(&key.id())).collect();
    ensure!(
        !known.is_empty(),
        "no key at hand is one of operator.json; `luytre-hub policy new-key` adds one there"
    );
    Ok(known)
}

fn missing(operator: &Operator, signatures: usize) -> u32 {
    operator.holders().threshold.saturating_sub(signatures as u32) // at most 32
}

/// The version of the policy that lies there; 0 if none does.
fn version_at(file: &Path) -> Result<u64> {
    match files::read_at_most(file, MAX_POLICY) {
        Ok(document) => {
            let policy: Option<Policy> = envelope::unverified(&document);
            let policy = policy
                .with_context(|| format!("{} is no policy; name another file with --to", file.display()))?;
            Ok(policy.version)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", file.display())),
    }
}

fn put(file: &Path, document: &[u8]) -> Result<()> {
    files::replace(file, |out| out.write_all(document))
        .with_context(|| format!("{} can't be written", file.display()))
}
