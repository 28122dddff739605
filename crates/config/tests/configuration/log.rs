//! `log`: handlers with and without names, and where their files are.

use crate::{errors_of, load_text};
use dunlin_config::{LogDestination, LogLevel, Sources};

#[test]
fn what_stands_directly_in_the_files_is_the_default_one() {
    let text = "log.file { enable = true, level = info, rotation_count = 3, extra { level = error } }";
    let files = load_text(text).unwrap().config.log.files;
    let seen: Vec<_> =
        files.iter().map(|(name, file)| (name.as_str(), file.handler.enable, file.handler.level)).collect();
    assert_eq!(seen, [("default", true, LogLevel::Info), ("extra", true, LogLevel::Error)]);
    assert_eq!((files["default"].rotation_count, files["extra"].rotation_count), (3, 10));
    let both = "log.file { level = info, path = \"a\", default { level = debug } }";
    let file = &load_text(both).unwrap().config.log.files["default"];
    assert_eq!((file.handler.level, file.path.to_str()), (LogLevel::Debug, Some("a")));
}

#[test]
fn files_without_a_path_are_in_the_folder_of_the_log() {
    let paths = |text: &str, variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Sources::new(variables).with_file("etc/dunlin.conf", text).load().unwrap().config;
        config.log.files.into_values().map(|file| file.path.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(paths("log.file.extra {}", &[]), ["data/log/dunlin.log", "data/log/extra.log"]);
    assert_eq!(paths("node.data_dir = \"/d\"", &[]), ["/d/log/dunlin.log"]);
    assert_eq!(paths("node.data_dir = \"/d\"", &[("EMQX_LOG_DIR", "/l")]), ["/l/dunlin.log"]);
    let named = "log.file.path = \"${EMQX_LOG_DIR}/emqx.log\"";
    assert_eq!(paths(named, &[]), ["data/log/emqx.log"]);
    assert_eq!(paths(named, &[("DUNLIN_LOG_DIR", "/m")]), ["/m/emqx.log"]);
}

#[test]
fn who_starts_the_node_says_where_the_log_goes_and_the_configuration_can_say_otherwise() {
    for (destination, text, expected) in [
        (LogDestination::File, "", (false, true)),
        (LogDestination::Both, "", (true, true)),
        (LogDestination::File, "log.to = console", (true, false)),
        (LogDestination::File, "log.console.enable = true", (true, true)),
    ] {
        let sources = Sources::new([]).with_file("dunlin.conf", text).with_log_destination(destination);
        let log = sources.load().unwrap().config.log;
        assert_eq!((log.console.enable, log.files["default"].handler.enable), expected, "{destination:?} {text}");
    }
}

#[test]
fn mistakes_are_told_under_the_name_that_was_written() {
    for (text, expected) in [
        ("log.file.levle = info", "dunlin.conf:1: unknown key `log.file.levle`; did you mean `log.file.level`?"),
        ("log.file.x.levle = info", "dunlin.conf:1: unknown key `log.file.x.levle`; did you mean `log.file.x.level`?"),
        ("log.file.default.size = 5", "dunlin.conf:1: unknown key `log.file.default.size`"),
        (
            "log.file.rotation_size = big",
            "dunlin.conf:1: `log.file.rotation_size` is `big`, but must be `infinity` or a size from 1 to 18446744073709551615 \
             bytes such as `512B`, `16KB` or `1MB`",
        ),
        (
            "log.file { enable = true, x.path = \"data/log/dunlin.log\" }",
            "dunlin.conf:1: `log.file.x`: writes the same file as `log.file.default`: data/log/dunlin.log",
        ),
        (
            "log.file.console {}",
            "dunlin.conf:1: `log.file.console`: another handler is called like that; take another name",
        ),
        ("log.file = 5", "dunlin.conf:1: `log.file` is `5`, but must be an object `{ … }`"),
    ] {
        assert_eq!(errors_of(text), [expected], "{text}");
    }
}
