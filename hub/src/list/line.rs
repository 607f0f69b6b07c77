//! One line of a list: which names it means, in whichever of five forms it is written.
//!
//! ```text
//! hosts     0.0.0.0 a.example b.example     those names alone
//! plain     a.example                       the name and all below it, as in the forms that follow
//! wildcard  *.a.example
//! dnsmasq   address=/a.example/b.example/0.0.0.0   server=/a.example/   local=/a.example/
//! adblock   ||a.example^                    and @@||a.example^, an exception
//! address   192.0.2.7  192.0.2.0/24  2001:db8::/32     as its reverse name, where the category takes addresses
//! ```
//!
//! What can't be said by name alone (a path, a page element, a redirection to a real address) is rejected: to list
//! the whole host for it would block too much.

use luytre_lists::{Name, NameBuf, NameError};
use serde::Deserialize;

use super::address::{is_address, is_block, is_sink, reverse_name};

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// An address and the names that are sent to it.
    Hosts,
    /// A bare name, a URL of nothing but a host, or a rank and a name.
    #[serde(rename = "domains")]
    Plain,
    /// `*.name`, which stands for the name as well.
    Wildcard,
    /// A line of dnsmasq's configuration.
    Dnsmasq,
    /// A network rule of ad blockers.
    Adblock,
}

/// What a line says about one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The name.
    pub name: Name<'a>,
    /// How the line is written.
    pub form: Form,
    /// Not to be listed, rather than to be listed.
    pub allow: bool,
    /// The name is the reverse name of an address or a prefix, which stands for all below it.
    pub address: bool,
}

/// Why a line, or one name on it, is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reject {
    /// Longer than [`MAX_LINE`] bytes.
    TooLong,
    /// Not text in UTF-8.
    NotText,
    /// Control characters: not a text file.
    Binary,
    /// The machine's own names, as at the top of a hosts file, and reverse names of addresses.
    Special,
    /// A URL that is more than a host.
    Url,
    /// A rule about a path.
    Path,
    /// A rule about elements of a page.
    Cosmetic,
    /// A regular expression.
    Regex,
    /// `*` elsewhere than as the first label.
    Wildcard,
    /// An option that narrows the rule to something DNS does not see.
    Option,
    /// The name is sent to a real address or server.
    Redirected,
    /// Written in another form than the source is said to have.
    Form,
    /// Something stands behind the name.
    Trailing,
    /// An address where a name should be, in a category that takes none.
    Address,
    /// A private or special address, or a prefix with such in it.
    Inward,
    /// A prefix that is wider than a list may block, or that no reverse name stands for.
    Prefix,
    /// Not a name for another reason.
    Name,
}

impl Reject {
    /// The reason, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::TooLong => "longer than 4096 bytes",
            Self::NotText => "not UTF-8 text",
            Self::Binary => "control characters, not a text file",
            Self::Special => "special name",
            Self::Url => "url",
            Self::Path => "rule about a path",
            Self::Cosmetic => "rule about page elements",
            Self::Regex => "regular expression",
            Self::Wildcard => "wildcard inside the name",
            Self::Option => "rule narrowed by an option",
            Self::Redirected => "redirection to a real address or server",
            Self::Form => "another form than the source is said to have",
            Self::Trailing => "more than a name",
            Self::Address => "address instead of a name",
            Self::Inward => "private or special address",
            Self::Prefix => "address prefix that is too wide or has no reverse name",
            Self::Name => "not a name",
        }
    }
}

/// The longest line that is read, in bytes; longer ones are no list lines.
pub const MAX_LINE: usize = 4096;

/// Reads a line and hands over each statement or rejection on it; blank lines and comments give none.
pub fn parse(line: &[u8], found: &mut impl FnMut(Result<Statement<'_>, Reject>)) {
    if line.len() > MAX_LINE {
        return found(Err(Reject::TooLong));
    }
    let Ok(text) = std::str::from_utf8(line) else { return found(Err(Reject::NotText)) };
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() || text.starts_with(['#', '!', ';', '[']) || text.starts_with("//") {
        return;
    }
    if text.bytes().any(|byte| byte < b' ' && byte != b'\t') {
        return found(Err(Reject::Binary));
    }
    let (rule, allow) = match text.strip_prefix("@@") {
        Some(rule) => (rule, true),
        None => (text, false),
    };
    let mut each = |name: Result<&str, Reject>, form| {
        let mut buffer = NameBuf::new();
        found(name.and_then(|name| {
            let (parsed, address) = parse_name(name)?;
            buffer = parsed;
            Ok(Statement { name: buffer.as_name(), form, allow, address })
        }));
    };
    if let Some(rule) = rule.strip_prefix("||") {
        each(adblock(rule), Form::Adblock);
    } else if allow || rule.starts_with('|') || is_cosmetic(rule) {
        each(Err(if is_cosmetic(rule) { Reject::Cosmetic } else { Reject::Path }), Form::Adblock);
    } else if rule.starts_with('/') {
        each(
            Err(if rule.len() > 1 && rule.ends_with('/') { Reject::Regex } else { Reject::Path }),
            Form::Adblock,
        );
    } else if let Some((key, value)) = rule.split_once("=/") {
        dnsmasq(key, value, |name| each(name, Form::Dnsmasq));
    } else {
        words(rule, each);
    }
}

/// `name^`, `name^$option,option`, `*.name^`: what stands behind `||`.
fn adblock(rule: &str) -> Result<&str, Reject> {
    if is_cosmetic(rule) {
        return Err(Reject::Cosmetic);
    }
    let (pattern, options) = rule.split_once('$').unwrap_or((rule, ""));
    if !options.split(',').all(keeps_whole_host) {
        return Err(Reject::Option);
    }
    let name = pattern.trim_end().trim_end_matches('|');
    let name = name.strip_suffix('^').unwrap_or(name);
    if name.contains(['/', '^', '?', ':']) && !is_block(name) {
        return Err(Reject::Path);
    }
    Ok(name.strip_prefix("*.").unwrap_or(name))
}

/// Options that leave a rule about the host as a whole. `third-party` does: such rules name the hosts of ad and
/// tracking companies, which nobody visits.
fn keeps_whole_host(option: &str) -> bool {
    matches!(
        option.trim(),
        "" | "important" | "all" | "document" | "doc" | "popup" | "third-party" | "3p" | "network"
    )
}

/// Rules about page elements: `##`, `#@#`, `#?#`, `#$#`.
fn is_cosmetic(rule: &str) -> bool {
    rule.match_indices('#').any(|(at, _)| {
        let rest = &rule[at + 1..];
        rest.starts_with('#') || ["@#", "?#", "$#", "%#"].iter().any(|mark| rest.starts_with(mark))
    })
}

/// `address=/name/name/0.0.0.0`: the last part is where to, the others are names.
fn dnsmasq(key: &str, value: &str, mut each: impl FnMut(Result<&str, Reject>)) {
    let Some((names, target)) = value.rsplit_once('/') else { return each(Err(Reject::Name)) };
    let target =
        target.split_once('#').filter(|(_, comment)| comment.starts_with(' ')).map_or(target, |(t, _)| t);
    let blocks = match key.trim_end() {
        "address" => matches!(target.trim(), "" | "#") || is_sink(target.trim()),
        "server" | "local" => target.trim().is_empty(),
        _ => return each(Err(Reject::Name)),
    };
    if !blocks {
        return each(Err(Reject::Redirected));
    }
    names.split('/').for_each(|name| each(Ok(name.strip_prefix("*.").unwrap_or(name))));
}

/// The forms that consist of words: hosts, wildcard, plain.
fn words<'a>(rule: &'a str, mut each: impl FnMut(Result<&'a str, Reject>, Form)) {
    let mut words = rule.split_ascii_whitespace().take_while(|word| !is_comment(word));
    let first = words.next().unwrap_or_default();
    let first = first.split_once('#').map_or(first, |(word, _)| word);
    if is_address(first) {
        let is_sink = is_sink(first);
        let mut names = words.map(|word| word.split_once('#').map_or(word, |(name, _)| name)).peekable();
        if names.peek().is_none() {
            return each(Ok(first), Form::Plain);
        }
        return names.for_each(|name| match (is_special(name), is_sink) {
            (true, _) => each(Err(Reject::Special), Form::Hosts),
            (false, false) => each(Err(Reject::Redirected), Form::Hosts),
            (false, true) => each(Ok(name), Form::Hosts),
        });
    }
    if words.next().is_some() {
        return each(Err(Reject::Trailing), Form::Plain);
    }
    match first.strip_prefix("*.").or_else(|| first.strip_prefix('.')) {
        Some(name) => each(Ok(name), Form::Wildcard),
        None => each(plain(first), Form::Plain),
    }
}

/// A bare name, `http://name/`, or `rank,name` as popularity lists have it.
fn plain(word: &str) -> Result<&str, Reject> {
    if let Some((_, rest)) = word.split_once("://") {
        let host = rest.strip_suffix('/').unwrap_or(rest);
        return if host.contains(['/', '?', '#', ':', '@']) { Err(Reject::Url) } else { Ok(host) };
    }
    if let Some((rank, name)) = word.split_once(',')
        && rank.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Ok(name);
    }
    if word.contains('/') && !is_block(word) { Err(Reject::Url) } else { Ok(word) }
}

fn is_comment(word: &str) -> bool {
    word.starts_with(['#', '!', ';']) || word.starts_with("//")
}

/// The machine's own names.
fn is_special(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    matches!(
        name,
        "localhost" | "local" | "localdomain" | "localhost.localdomain" | "localhost4" | "localhost6"
    ) || matches!(
        name,
        "broadcasthost" | "ip6-localhost" | "ip6-loopback" | "ip6-localnet" | "ip6-mcastprefix"
    ) || matches!(name, "ip6-allnodes" | "ip6-allrouters" | "ip6-allhosts")
}

/// The name, and whether it is the reverse name of an address.
fn parse_name(text: &str) -> Result<(NameBuf, bool), Reject> {
    if is_special(text) {
        return Err(Reject::Special);
    }
    if is_block(text) {
        return Ok((reverse_name(text)?, true));
    }
    let name = NameBuf::parse(text).map_err(|error| match error {
        NameError::Address => Reject::Address,
        NameError::Character('*') => Reject::Wildcard,
        _ => Reject::Name,
    })?;
    // Below .arpa stand addresses turned into names; nobody visits one.
    match name.as_name().with_labels(1).first_label() {
        Some(b"arpa") => Err(Reject::Special),
        _ => Ok((name, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line means, written short: `exact name`, `name`, `allow name`, or the reason it is rejected.
    fn read(line: impl AsRef<[u8]>) -> Vec<String> {
        let mut all = Vec::new();
        parse(line.as_ref(), &mut |found| {
            all.push(match found {
                Ok(Statement { name, form: Form::Hosts, .. }) => format!("exact {name}"),
                Ok(Statement { name, allow: true, .. }) => format!("allow {name}"),
                Ok(Statement { name, .. }) => name.to_string(),
                Err(reject) => format!("rejected: {}", reject.text()),
            });
        });
        all
    }

    #[test]
    fn hosts_lines_mean_those_names_alone() {
        assert_eq!(read("0.0.0.0 bad.example"), ["exact bad.example"]);
        assert_eq!(
            read("127.0.0.1\tBAD.Example. two.example # why"),
            ["exact bad.example", "exact two.example"]
        );
        for sink in ["::", "::1", "0", "127.0.0.7"] {
            assert_eq!(read(format!("{sink} bad.example#why")), ["exact bad.example"]);
        }
        assert_eq!(read("127.0.0.1 localhost"), ["rejected: special name"]);
        assert_eq!(read("fe80::1%lo0 localhost"), ["rejected: special name"]);
        assert_eq!(read("0.0.0.0 0.0.0.0"), ["rejected: private or special address"]);
        assert_eq!(read("192.0.2.7 nas.example"), ["rejected: redirection to a real address or server"]);
    }

    #[test]
    fn an_address_alone_means_its_reverse_name() {
        for line in ["192.0.2.7", " 192.0.2.7 # why", "||192.0.2.7^", "0.0.0.0 192.0.2.7"] {
            let said = read(line).concat();
            assert_eq!(said.trim_start_matches("exact "), "7.2.0.192.in-addr.arpa", "{line:?}");
        }
        assert_eq!(read("10.0.0.1"), ["rejected: private or special address"]);
        assert_eq!(read("192.0.2.7/login.php"), ["rejected: url"]);
    }

    #[test]
    fn plain_and_wildcard_lines_mean_all_below_too() {
        for line in
            ["bad.example", "  bad.example.\r", "\u{feff}bad.example", "bad.example # why", "*.bad.example"]
        {
            assert_eq!(read(line), ["bad.example"], "{line:?}");
        }
        assert_eq!(read(".bad.example"), ["bad.example"]);
        assert_eq!(read("17,bad.example"), ["bad.example"]);
        assert_eq!(read("http://bad.example/"), ["bad.example"]);
        assert_eq!(read("tiếngviệt.vn"), ["xn--tingvit-5t4cyc.vn"]);
        assert_eq!(read("bad.example worse.example"), ["rejected: more than a name"]);
        assert_eq!(read("a.*.example"), ["rejected: wildcard inside the name"]);
        assert_eq!(read("http://bad.example/path"), ["rejected: url"]);
        assert_eq!(read("http://bad.example:8080/"), ["rejected: url"]);
        assert_eq!(read("a..example"), ["rejected: not a name"]);
        assert_eq!(read("52.in-addr.arpa"), ["rejected: special name"]);
    }

    #[test]
    fn dnsmasq_lines_may_hold_several_names() {
        assert_eq!(read("address=/bad.example/0.0.0.0"), ["bad.example"]);
        assert_eq!(read("address=/bad.example/two.example/#"), ["bad.example", "two.example"]);
        assert_eq!(read("server=/bad.example/"), ["bad.example"]);
        assert_eq!(read("local=/bad.example/ # why"), ["bad.example"]);
        assert_eq!(
            read("server=/corp.example/192.0.2.1"),
            ["rejected: redirection to a real address or server"]
        );
        assert_eq!(read("ipset=/bad.example/set"), ["rejected: not a name"]);
    }

    #[test]
    fn adblock_rules_are_taken_when_they_are_about_a_whole_host() {
        assert_eq!(read("||bad.example^"), ["bad.example"]);
        assert_eq!(read("||*.bad.example^$important,third-party"), ["bad.example"]);
        assert_eq!(read("@@||good.example^$document"), ["allow good.example"]);
        assert_eq!(read("||bad.example^$script"), ["rejected: rule narrowed by an option"]);
        assert_eq!(read("||bad.example^$domain=a.example"), ["rejected: rule narrowed by an option"]);
        assert_eq!(read("||bad.example/banner"), ["rejected: rule about a path"]);
        assert_eq!(read("bad.example##.banner"), ["rejected: rule about page elements"]);
        assert_eq!(read("/ads[0-9]+/"), ["rejected: regular expression"]);
    }

    #[test]
    fn comments_and_blank_lines_say_nothing() {
        for line in
            ["", "   ", "\r", "# a.example", "! a.example", "; a.example", "// a.example", "[Adblock Plus]"]
        {
            assert_eq!(read(line), [""; 0], "{line:?}");
        }
    }

    #[test]
    fn garbage_is_rejected_by_reason() {
        assert_eq!(read(b"\xff\xfe\x00"), ["rejected: not UTF-8 text"]);
        assert_eq!(read(b"bad\x00.example"), ["rejected: control characters, not a text file"]);
        assert_eq!(read(format!("{}.example", "a".repeat(64))), ["rejected: not a name"]);
        assert_eq!(read("a".repeat(5000)), ["rejected: longer than 4096 bytes"]);
    }
}
