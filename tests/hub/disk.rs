//! A disk that is full.

use std::fs;
use std::process::Command;

use crate::harness::{Ended, program};
use crate::scene::{Scene, router};
use crate::web::Web;

/// In a mount namespace of its own, a tmpfs holds the router's lists. List 1 comes; then a file fills the disk but for a
/// little, and list 2 can't come; then the file goes, and it comes.
const SCRIPT: &str = r#"
mount -t tmpfs -o size=1m none "$DISK" || exit 1
run() { "$LUYTRE" sync --once --config "$CONFIG" 2>&1; echo "exit $?"; }
run
cp "$DISK/list.lyt" "$DISK/../first.lyt"
sed -i "s|/one|/two|" "$CONFIG"
dd if=/dev/zero of="$DISK/filler" bs=1k count="$FILL" 2> /dev/null
run
cmp "$DISK/list.lyt" "$DISK/../first.lyt" && echo "the list is the same"
ls "$DISK"
rm "$DISK/filler"
run
"$LUYTRE" list info "$DISK/list.lyt" | grep serial
"#;

#[test]
fn a_full_disk_keeps_the_list_and_says_so() {
    let mut namespace = Command::new("unshare");
    namespace.args(["--map-root-user", "--mount", "true"]);
    if Ended::of(namespace, "").code != 0 {
        eprintln!("a_full_disk_keeps_the_list_and_says_so: skipped, no mount namespaces here");
        return;
    }
    let scene = Scene::new();
    copy(&scene, "one");
    scene.centre.publish("second.example");
    copy(&scene, "two");
    let web = Web::of(scene.centre.path(""));
    // From no room at all to too little of it.
    for fill in [1024, 960, 800] {
        let house = router(&scene.centre, &[&format!("{}/one", web.url())]);
        fs::create_dir(house.path("disk")).unwrap();
        let config = fs::read_to_string(house.config_file()).unwrap();
        house.write("luytre.toml", config.replace("'list.lyt'", "'disk/list.lyt'"));
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", SCRIPT]);
        command.env("DISK", house.path("disk")).env("CONFIG", house.config_file());
        command.env("LUYTRE", program()).env("FILL", fill.to_string());
        let said = Ended::of(command, "").out;
        let (first, rest) = said.split_once("exit 0").unwrap_or_else(|| panic!("{fill}: {said}"));
        assert!(first.contains("serial 1"), "{fill}: {said}");
        let (full, freed) =
            rest.split_once("the list is the same").unwrap_or_else(|| panic!("{fill}: {said}"));
        assert!(full.contains("exit 1"), "{fill}: {said}");
        assert!(full.contains("make room") || full.contains("No space left on device"), "{fill}: {said}");
        assert!(freed.contains("exit 0") && freed.contains("serial\t2"), "{fill}: {said}");
    }
}

fn copy(scene: &Scene, name: &str) {
    let mut command = Command::new("cp");
    command.arg("-r").arg(scene.centre.publication()).arg(scene.centre.path(name));
    assert_eq!(Ended::of(command, "").code, 0);
}
