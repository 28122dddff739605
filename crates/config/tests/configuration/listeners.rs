//! Which listeners there are, and what they may not have in common.

use crate::{errors_of, load_text};

/// Id, address and whether it is enabled, of every listener.
fn listeners_of(text: &str) -> Vec<String> {
    let listeners = load_text(text).unwrap_or_else(|errors| panic!("{text}: {errors}")).config.listeners;
    listeners.iter().map(|l| format!("{} {} {}", l.id(), l.bind, l.enable)).collect()
}

const DEFAULTS: [&str; 4] = [
    "tcp:default 0.0.0.0:1883 true",
    "ssl:default 0.0.0.0:8883 true",
    "ws:default 0.0.0.0:8083 true",
    "wss:default 0.0.0.0:8084 true",
];

/// The default listeners with some of them replaced; an empty text takes one away.
fn defaults_with(replaced: [&'static str; 4]) -> Vec<&'static str> {
    let pairs = DEFAULTS.into_iter().zip(replaced);
    pairs.map(|(default, other)| if other == "-" { default } else { other }).filter(|text| !text.is_empty()).collect()
}

#[test]
fn the_default_listeners_are_there_unless_somebody_takes_them_away() {
    for (text, expected) in [
        ("", ["-"; 4]),
        ("listeners.tcp {}", ["-"; 4]),
        ("listeners {}", ["-"; 4]),
        ("listeners.tcp.default = null", ["-"; 4]),
        ("listeners.ssl.default.bind = 8884", ["-", "ssl:default 0.0.0.0:8884 true", "-", "-"]),
        ("listeners.tcp.default.enable = false", ["tcp:default 0.0.0.0:1883 false", "-", "-", "-"]),
        ("listeners.wss.default.enabled = no", ["-", "-", "-", "wss:default 0.0.0.0:8084 false"]),
        ("listeners.tcp.default = marked_for_deletion", ["", "-", "-", "-"]),
        ("listeners.ws.default = marked_for_deletion", ["-", "-", "", "-"]),
        ("listeners.tcp { gone = marked_for_deletion }", ["-"; 4]),
    ] {
        assert_eq!(listeners_of(text), defaults_with(expected), "{text}");
    }
}

#[test]
fn listeners_are_ordered_by_kind_and_name() {
    let text = "listeners.tcp { b.bind = \"127.0.0.1:2\", a { bind = \"[::]:1\" } }\nlisteners.quic.q.bind = 14567";
    let expected = [
        "tcp:a [::]:1 true",
        "tcp:b 127.0.0.1:2 true",
        DEFAULTS[0],
        DEFAULTS[1],
        DEFAULTS[2],
        DEFAULTS[3],
        "quic:q 0.0.0.0:14567 true",
    ];
    assert_eq!(listeners_of(text), expected);
}

#[test]
fn two_listeners_cannot_have_one_address() {
    for (text, expected) in [
        (
            "listeners.tcp {\na.bind = 1\nb.bind = 1 }",
            "dunlin.conf:3: `listeners.tcp.b.bind`: 0.0.0.0:1 is the address of listener tcp:a too, see dunlin.conf:2; choose \
             another port for one of them",
        ),
        (
            "listeners.tcp.mine.bind = 1883",
            "dunlin.conf:1: `listeners.tcp.mine.bind`: 0.0.0.0:1883 is the address of listener tcp:default too, which is there \
             unless `listeners.tcp.default.enable = false`; switch it off or choose another port",
        ),
        (
            "listeners.ssl.default.bind = \"127.0.0.1:1883\"",
            "dunlin.conf:1: `listeners.ssl.default.bind`: 127.0.0.1:1883 is not free beside listener tcp:default on \
             0.0.0.0:1883, which is there unless `listeners.tcp.default.enable = false`; switch it off or choose another port",
        ),
        (
            "listeners.tcp.default.bind = \"[::]:8883\"",
            "dunlin.conf:1: `listeners.tcp.default.bind`: [::]:8883 is not free beside listener ssl:default on 0.0.0.0:8883, \
             which is there unless `listeners.ssl.default.enable = false`; switch it off or choose another port",
        ),
    ] {
        assert_eq!(errors_of(text), [expected]);
    }
    for fine in [
        "listeners.tcp { a.bind = 0, b.bind = 0 }",
        "listeners.tcp { a.bind = 1, b { bind = 1, enable = false } }",
        "listeners.tcp { a.bind = \"127.0.0.1:1\", b.bind = \"127.0.0.2:1\" }",
        "listeners.quic.a.bind = 1883",
    ] {
        load_text(fine).unwrap();
    }
}

#[test]
fn whoever_names_a_listener_says_where_it_listens() {
    let expected = "dunlin.conf:1: `listeners.ws.mine.bind` is missing; it must be a port or an IP address and a port, such as \
                    `1883`, `127.0.0.1:1883` or `[::1]:1883`";
    assert_eq!(errors_of("listeners.ws.mine {}"), [expected]);
    load_text("listeners.ws.mine.enable = false").unwrap();
}

#[test]
fn a_name_can_stand_in_an_id() {
    let expected = "dunlin.conf:1: `listeners.tcp.a:b`: the name of a listener may have letters, digits, `_` and `-`, and begins \
                    with a letter or a digit";
    assert_eq!(errors_of("listeners.tcp.\"a:b\".bind = 1"), [expected]);
    load_text("listeners.tcp.my_Listener-2.bind = 1").unwrap();
}
