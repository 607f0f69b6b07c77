//! What `config/services.toml` promises, and what is refused.

use std::collections::{HashMap, HashSet};

use luytre_lists::Name;
use serde::Deserialize;

use super::*;

/// What others load from or sign in at: whoever owns it would break them when switched off.
const SHARED: [&str; 22] = [
    "accounts.google.com",
    "apis.google.com",
    "appleid.apple.com",
    "cdninstagram.com",
    "connect.facebook.net",
    "docs.google.com",
    "drive.google.com",
    "fonts.gstatic.com",
    "id.zalo.me",
    "id.zing.vn",
    "idmsa.apple.com",
    "login.live.com",
    "login.microsoftonline.com",
    "mail.google.com",
    "oauth.zaloapp.com",
    "oauth2.googleapis.com",
    "scontent.xx.fbcdn.net",
    "user.auth.xboxlive.com",
    "www.google.com",
    "www.googleapis.com",
    "www.gstatic.com",
    "www.icloud.com",
];

/// The groups of `guard.toml` whose names many depend on; the others (platforms, press, education) are what services
/// are made of.
const DEPENDED_ON: [&str; 7] =
    ["public-zones", "cdn", "app-stores", "isp", "shared-hosting", "helplines", "sexual-health"];

fn shipped() -> &'static Catalogue {
    Catalogue::shipped()
}

/// The names of a file's groups, with each group's id.
fn protected(text: &str) -> Vec<(String, NameRule)> {
    #[derive(Deserialize)]
    struct File {
        group: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        id: String,
        names: Vec<String>,
        #[serde(default)]
        zones: Vec<String>,
    }
    let file: File = toml::from_str(text).unwrap();
    let rules = |group: Group| {
        let texts = group.names.into_iter().chain(group.zones);
        texts.map(move |text| (group.id.clone(), NameRule::parse(&text).unwrap())).collect::<Vec<_>>()
    };
    file.group.into_iter().flat_map(rules).collect()
}

fn essentials() -> Vec<NameRule> {
    let rules = protected(include_str!("../../../../config/essentials.toml"));
    rules.into_iter().map(|(_, rule)| rule).collect()
}

/// Whether there is a host that both are about.
fn meet(a: &NameRule, b: &NameRule) -> bool {
    let holds =
        |a: &NameRule, b: Name<'_>| if a.exact { a.name.as_name() == b } else { b.is_in(a.name.as_name()) };
    holds(a, b.name.as_name()) || holds(b, a.name.as_name())
}

/// Whose a host is, by the most specific name: the slow way, without the policy's tables.
fn owner(host: &str) -> Option<&'static str> {
    let host = Domain::parse(host).unwrap();
    let owners: HashMap<Domain, (bool, Option<ServiceId>)> =
        shipped().owners().map(|(rule, id)| (rule.name, (rule.exact, id))).collect();
    let suffixes = host.as_name().suffixes();
    let mut found = suffixes.filter_map(|suffix| {
        let &(exact, id) = owners.get(&suffix.to_domain())?;
        (!exact || suffix == host.as_name()).then_some(id)
    });
    found.next()?.and_then(|id| shipped().service(id)).map(|service| service.key)
}

#[test]
fn there_are_enough_services_in_twelve_groups() {
    assert_eq!(shipped().groups().count(), 12);
    assert!((120..=MAX_SERVICES).contains(&shipped().services().count()));
    let mut all = ServiceSet::EMPTY;
    for (id, group) in shipped().groups() {
        let services = shipped().services_of(id);
        assert!(services.iter().count() >= 10, "{} has few services", group.key);
        assert!(all.intersection(services).is_empty());
        all = all.union(services);
        assert_eq!(shipped().group_by_key(group.key), Some(id));
        assert_eq!(shipped().group(id).map(|group| group.key), Some(group.key));
    }
    assert_eq!(all.iter().count(), shipped().services().count(), "each service is in a group");
}

#[test]
fn a_service_is_found_by_its_key() {
    for (id, service) in shipped().services() {
        assert_eq!(shipped().by_key(service.key), Some(id));
    }
    assert_eq!(shipped().by_key("no_such_service"), None);
    assert!(shipped().service(ServiceId(u8::MAX)).is_none());
}

#[test]
fn what_families_here_use_is_there() {
    for key in [
        "zalo",
        "zalo_feed",
        "zalopay",
        "momo",
        "zing_mp3",
        "zing_tv",
        "znews",
        "garena",
        "lien_quan",
        "free_fire",
        "fc_online",
        "vng_games",
        "zingplay",
        "vtc_game",
        "gunny",
        "fpt_play",
        "vtv_go",
        "vieon",
        "k_plus",
        "nhaccuatui",
        "shopee",
        "lazada",
        "tiki",
        "sendo",
        "tiktok_shop",
        "facebook",
        "messenger",
        "instagram",
        "threads",
        "tiktok",
        "youtube",
        "youtube_kids",
        "roblox",
        "minecraft",
        "discord",
        "telegram",
        "viber",
        "steam",
        "pubg",
        "mobile_legends",
        "genshin",
        "netflix",
        "spotify",
        "twitch",
        "bigo",
        "tinder",
        "ometv",
        "chatgpt",
        "gemini",
        "character_ai",
        "wattpad",
        "voz",
        "webtretho",
        "truyenfull",
    ] {
        assert!(shipped().by_key(key).is_some(), "{key}");
    }
}

#[test]
fn keys_and_texts_are_short_and_plain() {
    let mut shown = HashSet::new();
    let groups = shipped().groups().map(|(_, group)| (group.key, group.vi, group.en));
    let services = shipped().services().map(|(_, service)| (service.key, service.vi, service.en));
    for (key, vi, en) in groups.chain(services) {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(key.len() <= 20 && key.bytes().all(is_plain), "{key}");
        for text in [vi, en] {
            assert!((1..=32).contains(&text.chars().count()), "{key}: {text}");
        }
        assert!(en.is_ascii() || vi == en, "{key}: {en} is hard to type");
        assert!(shown.insert((vi, en)), "two are shown as {vi}");
    }
}

#[test]
fn each_host_is_of_the_service_that_people_mean() {
    for (host, service) in [
        ("chat.zalo.me", "zalo"),
        ("zpsocial2-f10-org.zadn.vn", "zalo_feed"),
        ("gateway.zalopay.vn", "zalopay"),
        ("srv.mp3.zing.vn", "zing_mp3"),
        ("connect.garena.com", "garena"),
        ("100067.connect.garena.com", "free_fire"),
        ("lienquan.garena.vn", "lien_quan"),
        ("robloxapp.vnggames.com", "roblox"),
        ("www.youtube.com", "youtube"),
        ("youtubei.googleapis.com", "youtube"),
        ("music.youtube.com", "youtube_music"),
        ("edge-chat.facebook.com", "messenger"),
        ("graph.facebook.com", "facebook"),
        ("shop.tiktok.com", "tiktok_shop"),
        ("v16.tiktokcdn.com", "tiktok"),
    ] {
        assert_eq!(owner(host), Some(service), "{host}");
    }
    for host in ["other-host.zadn.vn", "zing.vn", "x.youtubei.googleapis.com", "vtc.vn", "example.com"] {
        assert_eq!(owner(host), None, "{host}");
    }
}

#[test]
fn what_others_need_is_nobodys() {
    for host in SHARED {
        assert_eq!(owner(host), None, "{host}");
    }
}

/// Switching a service off breaks no bank, school, helpline or certificate (design §5: essentials come first anyway,
/// and a service that could never take effect would be a promise broken).
#[test]
fn a_service_is_essential_as_a_whole_or_not_at_all() {
    let essentials = essentials();
    for (_, service) in shipped().services() {
        for name in service.names() {
            let met = essentials.iter().find(|essential| meet(&name, essential));
            let told = met.map(|essential| &essential.text);
            assert_eq!(met.is_some(), service.essential, "{}: {} meets {told:?}", service.key, name.text);
        }
    }
    let essential = shipped().services().filter(|(_, service)| service.essential);
    assert!(essential.count() >= 3, "ZaloPay, MoMo and VNPAY are known by name");
}

#[test]
fn of_what_many_depend_on_a_service_has_single_hosts_at_most() {
    let guard = protected(include_str!("../../../../config/guard.toml"));
    let guarded: Vec<_> = guard.iter().filter(|(group, _)| DEPENDED_ON.contains(&group.as_str())).collect();
    assert!(guarded.len() > 300);
    for (_, service) in shipped().services() {
        for name in service.names().filter(|name| !name.exact) {
            let met = guarded.iter().find(|(_, guarded)| meet(&name, guarded));
            assert!(met.is_none(), "{}: {} meets {met:?}", service.key, name.text);
        }
    }
}

/// What the starter list says of a service's names: both are ours, and a category that is off must mean the same.
#[test]
fn the_starter_list_puts_a_service_into_the_same_category() {
    let mut listed: HashMap<Domain, HashSet<String>> = HashMap::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/starter");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let category = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        for name in text.lines().filter_map(|line| Domain::parse(line.trim()).ok()) {
            listed.entry(name).or_default().insert(category.clone());
        }
    }
    let mut seen = 0;
    for (_, service) in shipped().services() {
        let known: HashSet<&String> =
            service.names().filter_map(|rule| listed.get(&rule.name)).flatten().collect();
        if known.is_empty() {
            continue;
        }
        seen += 1;
        let category = service.category.map(|category| CategoryTable::shipped().key(category).into_owned());
        let agrees = category.as_ref().is_some_and(|category| known.contains(category));
        assert!(agrees, "{} is {category:?} here and {known:?} there", service.key);
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_network_of_a_service_is_cut_into_whole_octets() {
    let service = |key| shipped().service(shipped().by_key(key).unwrap()).unwrap();
    let telegram: Vec<_> = service("telegram").addresses.iter().map(ToString::to_string).collect();
    for block in ["91.108.4.0/24", "91.108.7.0/24", "149.154.175.0/24", "2a0a:f280::/32"] {
        assert!(telegram.iter().any(|found| found == block), "{block} is not in {telegram:?}");
    }
    assert_eq!(service("roblox").addresses.len(), 128, "128.116.0.0/17");
    for (_, service) in shipped().services() {
        assert!(service.addresses.iter().all(|block| block.is_public()), "{}", service.key);
    }
    for wrong in
        ["91.108.5.0/22", "91.0.0.0/8", "192.0.2.7/32", "192.0.2.0/25", "2001:db8::/33", "example.com", ""]
    {
        assert_eq!(blocks(wrong), None, "{wrong}");
    }
    assert_eq!(blocks("203.113.0.0/16").map(|blocks| blocks.len()), Some(1));
}

#[test]
fn a_wrong_file_is_refused_with_the_service_and_the_reason() {
    fn error(text: String) -> String {
        Catalogue::parse(Box::leak(text.into_boxed_str())).unwrap_err()
    }
    let group = "version = 1\n[[group]]\nkey = 'chat'\nvi = 'a'\nen = 'b'\n";
    let row = |rest: &str| format!("[[service]]\nkey = 'x'\nvi = 'a'\nen = 'b'\n{rest}\n");
    let services = |rows: &[String]| error(format!("{group}{}", rows.concat()));
    let one = |rest: &str| services(&[row(rest)]);

    assert_eq!(
        error("version = 2\ngroup = []\nservice = []".to_owned()),
        "version 2 of the catalogue is unknown; this build reads 1"
    );
    assert_eq!(one("group = 'games'\nnames = ['a.example']"), "service x: there is no group games");
    assert_eq!(one("group = 'chat'\nnames = []"), "service x: it has no names");
    assert!(one("group = 'chat'\nnames = ['a..b']").starts_with("service x: a..b: it has an empty label"));
    assert_eq!(
        one("group = 'chat'\nnames = ['a.example', '=a.example']"),
        "service x: =a.example belongs to x already"
    );
    assert_eq!(
        one("group = 'chat'\nnames = ['a.example']\nexcept = ['b.example']"),
        "service x: b.example is excepted, but lies below none of its names"
    );
    assert_eq!(
        one("group = 'chat'\nnames = ['a.example']\ncategory = 'nothing'"),
        "service x: there is no category nothing"
    );
    assert_eq!(
        one("group = 'chat'\nnames = ['a.example']\naddresses = ['10.0.0.0/8']"),
        "service x: 10.0.0.0/8 is no prefix of /16 to /24, or of IPv6 /32 to /48"
    );
    assert!(one("group = 'chat'\nnames = ['a.example']\ncolour = 'red'").contains("colour"));
    let twice = row("group = 'chat'\nnames = ['a.example']");
    assert_eq!(services(&[twice.clone(), twice]), "service x stands twice");
    let many = (0..=MAX_SERVICES).map(|n| {
        format!("[[service]]\nkey = 's{n}'\nvi = ''\nen = ''\ngroup = 'chat'\nnames = ['s{n}.example']\n")
    });
    assert_eq!(services(&many.collect::<Vec<_>>()), "there are more than 250 services or groups");
}
