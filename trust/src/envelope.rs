//! A document with its signatures, and the keys that make them.

use std::collections::BTreeSet;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::canonical;
use crate::hex::{Hex, KeyId, PublicKey, Sha256, Signature};
use crate::refusal::{Refusal, Role};
use crate::root::{Keyholders, Root};

/// Signatures that are looked at in one document: more than the keys of any role.
const MAX_SIGNATURES: usize = 32;

/// A document as it was read: nothing of it is believed yet.
pub(crate) struct Envelope {
    role: Role,
    signatures: Vec<SignatureOf>,
    signed: Value,
    canonical: Vec<u8>,
}

#[derive(Deserialize, Serialize)]
struct SignatureOf {
    keyid: KeyId,
    sig: Signature,
}

#[derive(Deserialize, Serialize)]
struct Form {
    signatures: Vec<SignatureOf>,
    signed: Value,
}

impl Envelope {
    /// Reads a document of at most `most` bytes.
    pub(crate) fn read(role: Role, bytes: &[u8], most: usize) -> Result<Self, Refusal> {
        if bytes.len() > most {
            return Err(Refusal::TooLong { role, most, found: bytes.len() });
        }
        let form: Form = serde_json::from_slice(bytes)
            .map_err(|error| Refusal::Document { role, what: format!("{error}{}", looks_like(bytes)) })?;
        let Some(canonical) = canonical(&form.signed) else {
            let what = "a number in it is no whole number below 2^53".to_owned();
            return Err(Refusal::Document { role, what });
        };
        if form.signatures.len() > MAX_SIGNATURES {
            let what = format!("{} signatures, where {MAX_SIGNATURES} are the most", form.signatures.len());
            return Err(Refusal::Document { role, what });
        }
        Ok(Self { role, signatures: form.signatures, signed: form.signed, canonical })
    }

    /// Whether enough of the role's keys in `root` have signed it.
    pub(crate) fn check(&self, root: &Root) -> Result<(), Refusal> {
        let public = |id: &KeyId| root.keys.get(id).map(|key| key.public);
        self.check_by(root.roles.of(self.role), public, Some(root.version))
    }

    /// Whether enough of these keys have signed it. A key counts once, however often it signed. `by` is the version of the
    /// root that names them, if one does.
    pub(crate) fn check_by(
        &self,
        holders: &Keyholders,
        public: impl Fn(&KeyId) -> Option<PublicKey>,
        by: Option<u64>,
    ) -> Result<(), Refusal> {
        let good: BTreeSet<KeyId> = self
            .signatures
            .iter()
            .filter(|signature| holders.keyids.contains(&signature.keyid))
            .filter(|SignatureOf { keyid, sig }| {
                public(keyid).is_some_and(|key| is_signed_by(&self.canonical, &key, sig))
            })
            .map(|signature| signature.keyid)
            .collect();
        if good.len() < holders.threshold as usize {
            let (valid, threshold) = (good.len(), holders.threshold);
            return Err(Refusal::Signatures { role: self.role, valid, threshold, by });
        }
        Ok(())
    }

    /// What it says; to be believed only after [`check`](Self::check).
    pub(crate) fn content<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        T::deserialize(&self.signed)
            .map_err(|error| Refusal::Document { role: self.role, what: error.to_string() })
    }

    /// Names exactly what is signed.
    pub(crate) fn digest(&self) -> Sha256 {
        Sha256::of(&self.canonical)
    }
}

fn is_signed_by(message: &[u8], public: &PublicKey, signature: &Signature) -> bool {
    UnparsedPublicKey::new(&ED25519, public.0).verify(message, &signature.0).is_ok()
}

/// A hint for people whose network answers every address with a page of its own.
fn looks_like(bytes: &[u8]) -> &'static str {
    let begins = bytes.trim_ascii_start().first_chunk::<1>();
    if begins == Some(b"<") { "; it is a web page: does the network want a log-in?" } else { "" }
}

/// A key that signs.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key that this secret seed gives (RFC 8032 §5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    /// What others check its signatures by.
    pub fn public(&self) -> PublicKey {
        let mut public = [0; 32];
        public.copy_from_slice(self.0.public_key().as_ref()); // Ed25519's have 32 bytes
        Hex(public)
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        Sha256::of(&self.public().0)
    }
}

/// The document's bytes with the signatures of these keys, the same for the same keys in any order. `None` if it can't be
/// written ([`canonical`]).
pub fn sign(document: &impl Serialize, keys: &[&SigningKey]) -> Option<Vec<u8>> {
    let signed = serde_json::to_value(document).ok()?;
    let message = canonical(&signed)?;
    let signature = |key: &&SigningKey| {
        let mut sig = [0; 64];
        sig.copy_from_slice(key.0.sign(&message).as_ref()); // Ed25519's have 64 bytes
        SignatureOf { keyid: key.id(), sig: Hex(sig) }
    };
    let mut signatures: Vec<SignatureOf> = keys.iter().map(signature).collect();
    signatures.sort_by_key(|signature| signature.keyid);
    signatures.dedup_by_key(|signature| signature.keyid);
    let envelope = serde_json::to_value(Form { signatures, signed }).ok()?;
    canonical(&envelope)
}

/// What a document says, believed for other reasons than its signatures: a publisher reads what it wrote itself.
pub fn unverified<T: DeserializeOwned>(document: &[u8]) -> Option<T> {
    let form: Form = serde_json::from_slice(document).ok()?;
    T::deserialize(&form.signed).ok()
}

/// The bytes with one more signature, beside those that they have: for people who sign one after the other.
pub fn add_signature(document: &[u8], key: &SigningKey) -> Option<Vec<u8>> {
    let mut form: Form = serde_json::from_slice(document).ok()?;
    let signed = sign(&form.signed, &[key])?;
    let one: Form = serde_json::from_slice(&signed).ok()?;
    form.signatures.retain(|signature| signature.keyid != key.id());
    form.signatures.extend(one.signatures);
    form.signatures.sort_by_key(|signature| signature.keyid);
    canonical(&serde_json::to_value(form).ok()?)
}
