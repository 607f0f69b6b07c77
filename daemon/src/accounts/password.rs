//! Passwords: argon2id (RFC 9106), with the memory that the smallest router can spare.
//!
//! Stored as PHC strings, which carry their parameters, so that these can grow without locking anybody out.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64_NOPAD;

use super::Error;
use super::secret::random;

/// Fewest characters (NIST SP 800-63B §3.1.1.2).
const FEWEST: usize = 8;
/// Most bytes: more is no safer, and must be hashed.
const MOST: usize = 256;

/// Memory in kB: an eighth of a 64 MB router, for a moment and once at a time.
const MEMORY: u32 = 8 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// The most memory that a stored password may ask for, in kB.
const MOST_MEMORY: u32 = 64 << 10;
/// The most passes that it may ask for.
const MOST_PASSES: u32 = 16;

/// Takes as long to check as anybody's, and is nobody's.
pub(super) const NOBODYS: &str =
    "$argon2id$v=19$m=8192,t=3,p=1$bm9ib2R5cyBwYXNzd29yZA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether a new password will do.
pub(super) fn fit(password: &str) -> Result<(), Error> {
    let unfit = |detail| Err(Error::Unfit { pointer: "/password", detail });
    if password.chars().count() < FEWEST {
        return unfit(format!("a password has at least {FEWEST} characters"));
    }
    if password.len() > MOST {
        return unfit(format!("a password has at most {MOST} bytes"));
    }
    Ok(())
}

/// The PHC string of a new password. Takes a moment and 8 MB.
pub(super) fn hash(password: &str) -> Result<String, Error> {
    let salt = random::<16>()?;
    let key = derive(password, &salt, MEMORY, PASSES, LANES)
        .ok_or(Error::System("it could not hash the password"))?;
    let [salt, key] = [&salt[..], &key].map(|bytes| BASE64_NOPAD.encode(bytes));
    Ok(format!("$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}${salt}${key}"))
}

/// Whether this is the password of a PHC string. Takes a moment and the memory that the string names.
pub(super) fn matches(password: &str, phc: &str) -> bool {
    let Some((salt, expected, [memory, passes, lanes])) = parse(phc) else { return false };
    let derived = derive(password, &salt, memory, passes, lanes);
    derived.is_some_and(|derived| same(&derived, &expected))
}

fn derive(password: &str, salt: &[u8], memory: u32, passes: u32, lanes: u32) -> Option<[u8; 32]> {
    let params = Params::new(memory, passes, lanes, Some(32)).ok()?;
    let mut key = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), salt, &mut key).ok()?;
    Some(key)
}

/// Salt, key and parameters of a PHC string of ours.
fn parse(phc: &str) -> Option<(Vec<u8>, Vec<u8>, [u32; 3])> {
    let mut parts = phc.strip_prefix("$argon2id$v=19$")?.split('$');
    let (parameters, salt, key) = (parts.next()?, parts.next()?, parts.next()?);
    let mut numbers = parameters.split(',').zip(["m=", "t=", "p="]);
    let mut number = || numbers.next().and_then(|(text, key)| text.strip_prefix(key)?.parse::<u32>().ok());
    let [memory, passes, lanes] = [number()?, number()?, number()?];
    // The file is ours, but a damaged digit must not take the router's memory.
    let bounded = memory <= MOST_MEMORY && passes <= MOST_PASSES && lanes == LANES;
    let decoded = |text: &str| BASE64_NOPAD.decode(text.as_bytes()).ok();
    bounded.then_some((decoded(salt)?, decoded(key)?, [memory, passes, lanes]))
}

/// Equality whose time does not tell where the first difference is.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_two_strings_are_alike() {
        let (one, other) = (hash("mật khẩu dài").unwrap(), hash("mật khẩu dài").unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=8192,t=3,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(matches("mật khẩu dài", &one) && matches("mật khẩu dài", &other));
        assert!(!matches("mật khẩu dai", &one) && !matches("", &one));
    }

    /// By the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1 -l 32`.
    #[test]
    fn a_string_of_other_parameters_is_understood() {
        let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(matches("password", phc));
        assert!(!matches("Password", phc));
    }

    #[test]
    fn nobodys_password_is_well_formed_and_no_string_takes_all_memory() {
        assert!(parse(NOBODYS).is_some_and(|(_, key, [memory, ..])| key.len() == 32 && memory == MEMORY));
        assert!(!matches("", NOBODYS));
        for damaged in [
            "",
            "$argon2id$v=19$",
            "$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=8192,t=4000000000,p=1$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=8192,t=3$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=8,t=3,p=1$c$AAAA",
        ] {
            assert!(!matches("password", damaged), "{damaged}");
        }
    }

    #[test]
    fn short_and_huge_passwords_are_refused() {
        assert!(fit("1234567").is_err() && fit(&"x".repeat(257)).is_err());
        assert!(fit("12345678").is_ok() && fit("ắắắắắắắắ").is_ok());
    }
}
