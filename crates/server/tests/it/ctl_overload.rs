//! `dunlin ctl olp`, with EMQX's words.

use crate::lifecycle_site::Site;

#[test]
fn overload_protection_is_switched_on_and_off_and_stays_so() {
    let site = Site::new("node.name = \"emqx@127.0.0.1\"");
    site.start();
    let status = || site.good(&["ctl", "olp", "status"]);
    let setting = || site.good(&["ctl", "conf", "show", "overload_protection.enable"]);
    let off = status();
    assert!(off.starts_with("'emqx@127.0.0.1' is not overloaded\noverload protection is off"), "{off}");
    assert_eq!(site.good(&["ctl", "olp", "enable"]), "Enable overload protection 'emqx@127.0.0.1' : ok\n");
    assert_eq!(status(), "'emqx@127.0.0.1' is not overloaded\n");
    assert!(setting().contains("enable = true"), "{}", setting());
    let json: serde_json::Value = serde_json::from_str(&site.good(&["ctl", "olp", "status", "--json"])).expect("JSON");
    assert_eq!((&json["enable"], &json["is_overloaded"]), (&true.into(), &false.into()));
    site.good(&["stop"]);
    site.start();
    assert_eq!(status(), "'emqx@127.0.0.1' is not overloaded\n");
    assert_eq!(site.good(&["ctl", "olp", "disable"]), "Disable overload protection 'emqx@127.0.0.1' : ok\n");
    assert!(setting().contains("enable = false"), "{}", setting());
}

#[test]
fn what_the_configuration_file_says_is_changed_there() {
    let site = Site::new("overload_protection.enable = false");
    site.start();
    let why = site.run(&["ctl", "olp", "enable"]).failure();
    assert!(why.contains("overload_protection.enable") && why.contains("dunlin.conf"), "{why}");
}
