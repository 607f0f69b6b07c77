//! The family that luytre decides for while it is measured.

/// The categories that every round blocks, for the house and for the child that asks.
pub(crate) const BLOCKED: &str = "[\"adult\", \"gambling\", \"ads\", \"trackers\", \"malware\", \"phishing\", \"scam\", \
                                  \"proxy_vpn\", \"dating\", \"file_hosting\"]";

/// Eight people with forty devices and three hundred rules. The generator, at `127.0.0.1`, is a child's phone, with
/// budgets and schedules that count and hold but spare the names asked: the answers stay the same as without them.
pub(crate) fn document() -> String {
    let mut text = format!(
        "time_zone = \"Asia/Ho_Chi_Minh\"\n\
         [[profile]]\nid = \"measured\"\nbase = \"adult\"\nblock = {BLOCKED}\n\
         safe_search = \"off\"\nyoutube = \"off\"\n\
         [[device]]\naddresses = [\"127.0.0.1\"]\nname = \"the generator\"\nperson = \"p0\"\n"
    );
    let mut add = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    for person in 0..8 {
        add(format!("[[person]]\nid = \"p{person}\"\nname = \"Child {person}\"\nprofile = \"measured\""));
        add(format!(
            "[[budget]]\nid = \"b{person}\"\nwho = \"p{person}\"\nof = [\"group:games\"]\nminutes = 1440"
        ));
        add(format!(
            "[[schedule]]\nid = \"s{person}\"\nwho = [\"p{person}\"]\nmode = \"block-set\"\n\
             of = [\"name:bedtime.example\"]\nfrom = \"21:00\"\nto = \"06:00\""
        ));
    }
    for device in 1..40 {
        add(format!("[[device]]\nmac = \"02:00:00:00:00:{device:02x}\"\nperson = \"p{}\"", device % 8));
    }
    for rule in 0..300 {
        let (person, action) = (rule % 8, if rule % 3 == 0 { "allow" } else { "block" });
        add(format!("[[rule]]\nwho = [\"p{person}\"]\nname = \"site{rule}.example\"\naction = \"{action}\""));
    }
    text
}
