//! The keys of a publication: a folder with `root.json`, every earlier root, and a file of 64 hex digits for each secret
//! key that is at hand.
//!
//! A key of `lifts` is there only where one was delegated, by `rotate`.
//!
//! `root-*.key` and `targets-*.key` belong on removable media that are put in only to sign; `timestamp.key` stays on the
//! machine that publishes. Any of them may be missing: what is asked for says which.

pub(crate) mod secret;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use luytre_lists::CategoryTable;
use luytre_trust::{
    Categories, KeyId, MAX_ROOT, Moment, PublicKey, Role, Root, Seen, SigningKey, Trusted, sign,
};

use crate::files;

/// Seconds that a root is good for: two years.
const ROOT_LIFETIME: u64 = 2 * 365 * 24 * 3600;
/// The roles, with how many keys each gets, and how many of them sign.
const SET: [(Role, usize, u32); 3] = [(Role::Root, 5, 3), (Role::Targets, 3, 2), (Role::Timestamp, 1, 1)];
const ROOT: &str = "root.json";

/// A folder of keys that was read.
pub struct KeyFolder {
    dir: PathBuf,
    /// Every root, the first one first: routers that slept follow them.
    roots: Vec<Vec<u8>>,
    root: Root,
    /// The secret keys at hand, with the name of their file.
    secrets: BTreeMap<KeyId, (String, SigningKey)>,
}

impl KeyFolder {
    /// Makes a new set. Nothing is ever written over: a lost key is a lost publication.
    pub fn create(dir: &Path, now: Moment) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("the folder {} can't be made", dir.display()))?;
        ensure!(!dir.join(ROOT).exists(), "{} has a root.json already; name an empty folder", dir.display());
        let mut publics = Vec::new();
        for (role, count, _) in SET {
            publics.push(make(dir, role, count)?);
        }
        let roles = [0, 1, 2].map(|index| (publics[index].as_slice(), SET[index].2));
        let mut root = Root::new(1, now.plus(ROOT_LIFETIME), roles);
        root.categories = categories();
        let secrets = secret::in_folder(dir)?;
        let mut folder = Self { dir: dir.to_owned(), roots: Vec::new(), root: root.clone(), secrets };
        folder.add_root(root)?;
        Ok(folder)
    }

    /// Reads a folder of keys.
    pub fn open(dir: &Path) -> Result<Self> {
        let mut roots = Vec::new();
        for version in 1.. {
            match files::read_at_most(&dir.join(old_root(version)), MAX_ROOT) {
                Ok(bytes) => roots.push(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
                Err(error) => bail!("{} can't be read: {error}", dir.join(old_root(version)).display()),
            }
        }
        let [first, rest @ ..] = roots.as_slice() else {
            bail!("{} has no keys; `luytre-hub keys new --dir` makes a set", dir.display())
        };
        let shown = |number: usize| dir.join(old_root(number as u64)).display().to_string();
        let mut trusted = Trusted::begin(first, Seen::default(), Moment::default())
            .with_context(|| format!("{} is not to be trusted", shown(1)))?;
        for (number, root) in (2..).zip(rest) {
            trusted.follow(root).with_context(|| format!("{} is not to be trusted", shown(number)))?;
        }
        let root = trusted.root().clone();
        Ok(Self { dir: dir.to_owned(), roots, root, secrets: secret::in_folder(dir)? })
    }

    /// Adds a secret key that lies elsewhere.
    pub fn add(&mut self, file: &Path) -> Result<()> {
        let key = secret::read(file)?;
        self.secrets.insert(key.id(), (file.display().to_string(), key));
        Ok(())
    }

    /// The last root.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Every root with its version.
    pub fn roots(&self) -> impl Iterator<Item = (u64, &[u8])> {
        (1..).zip(self.roots.iter().map(Vec::as_slice))
    }

    /// As many keys of a role as have to sign, always the same ones.
    pub fn signers(&self, role: Role) -> Result<Vec<&SigningKey>> {
        let holders = self.root.roles.of(role);
        let have = holders.keyids.iter().filter_map(|id| self.secrets.get(id)).map(|(_, key)| key);
        let signers: Vec<_> = have.take(holders.threshold as usize).collect();
        ensure!(
            signers.len() == holders.threshold as usize,
            "{} has {} of the {} {role} keys that have to sign; put the others in, or name them with --key FILE",
            self.dir.display(),
            signers.len(),
            holders.threshold
        );
        Ok(signers)
    }

    /// Makes new keys for a role, or for none, and the next root, signed by the keys of the old one and the new one. The
    /// files of keys that no longer count are removed.
    pub fn rotate(mut self, role: Option<Role>, now: Moment) -> Result<Root> {
        // Before anything is made: without these nothing can be.
        self.signers(Role::Root)?;
        let mut publics = Vec::new();
        for (which, count, _) in SET {
            publics.push(match role {
                Some(role) if role == which => make(&self.dir, role, count)?,
                _ => self.publics(which),
            });
        }
        let threshold = |index: usize| match role {
            Some(role) if role == SET[index].0 => SET[index].2,
            _ => self.root.roles.of(SET[index].0).threshold,
        };
        let lifting = match role {
            Some(Role::Lifts) => make(&self.dir, Role::Lifts, 1)?,
            _ => self.publics(Role::Lifts),
        };
        let roles = [0, 1, 2].map(|index| (publics[index].as_slice(), threshold(index)));
        let mut root = Root::new(self.root.version + 1, now.plus(ROOT_LIFETIME), roles);
        root.categories = categories();
        if !lifting.is_empty() {
            root = root.lifting_by(&lifting, 1);
        }
        for (id, secret) in secret::in_folder(&self.dir)? {
            self.secrets.insert(id, secret);
        }
        self.add_root(root.clone())?;
        self.forget_unused()?;
        Ok(root)
    }

    /// The keys of each role, and which of them are at hand.
    pub fn describe(&self) -> String {
        let mut text = format!(
            "root {}, good until {}, allows {} categories\n",
            self.root.version,
            self.root.expires,
            self.root.categories.0.len()
        );
        let delegated = self.root.roles.lifts.as_ref().map(|_| Role::Lifts);
        for role in SET.map(|(role, ..)| role).into_iter().chain(delegated) {
            let holders = self.root.roles.of(role);
            // Writing to a string can't fail.
            let _ = writeln!(text, "{role}: {} of {} sign", holders.threshold, holders.keyids.len());
            for id in &holders.keyids {
                let place = self.secrets.get(id).map_or("not here", |(file, _)| file.as_str());
                let _ = writeln!(text, "  {id} {place}");
            }
        }
        text
    }

    fn publics(&self, role: Role) -> Vec<PublicKey> {
        let holders = self.root.roles.of(role);
        holders.keyids.iter().filter_map(|id| self.root.keys.get(id)).map(|key| key.public).collect()
    }

    fn add_root(&mut self, root: Root) -> Result<()> {
        let old = self.signers(Role::Root)?.into_iter().map(SigningKey::id).collect::<Vec<_>>();
        self.root = root;
        let new = self.signers(Role::Root)?.into_iter().map(SigningKey::id).collect::<Vec<_>>();
        let signers: Vec<_> =
            old.iter().chain(&new).filter_map(|id| self.secrets.get(id)).map(|(_, key)| key).collect();
        let document = sign(&self.root, &signers).context("the root can't be written")?;
        for name in [old_root(self.root.version), ROOT.to_owned()] {
            let path = self.dir.join(name);
            files::replace(&path, |out| out.write_all(&document))
                .with_context(|| format!("{} can't be written", path.display()))?;
        }
        self.roots.push(document);
        Ok(())
    }

    fn forget_unused(&self) -> Result<()> {
        for (id, (file, _)) in &self.secrets {
            if !self.root.keys.contains_key(id) {
                let path = self.dir.join(file);
                fs::remove_file(&path).with_context(|| format!("{} can't be removed", path.display()))?;
            }
        }
        Ok(())
    }
}

/// The categories that this build knows: what the holders of root's keys allow when they sign.
pub fn categories() -> Categories {
    CategoryTable::shipped().iter().map(|(number, row)| (number.number(), row.key.clone())).collect()
}

/// Makes so many keys for a role, in files of their own; those that are there stay.
fn make(dir: &Path, role: Role, count: usize) -> Result<Vec<PublicKey>> {
    let name = |number: usize| match (role, number) {
        (Role::Timestamp, 0) => "timestamp.key".to_owned(),
        (Role::Lifts, 0) => "lifts.key".to_owned(),
        (Role::Timestamp, more) => format!("timestamp-{}.key", more + 1),
        _ => format!("{role}-{}.key", number + 1),
    };
    let free = (0..).map(name).map(|name| dir.join(name)).filter(|path| !path.exists());
    free.take(count).map(|path| secret::make(&path).map(|key| key.public())).collect()
}

fn old_root(version: u64) -> String {
    format!("root.{version}.json")
}
