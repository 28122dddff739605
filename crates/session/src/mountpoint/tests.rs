//! Texts with and without the mountpoint.

use super::*;
use proptest::prelude::*;

fn mountpoint(text: &str) -> Mountpoint {
    Mountpoint::new(text).expect("a good one")
}

#[test]
fn a_mountpoint_is_the_beginning_of_topics_that_are_only_topics() {
    let longest = "m".repeat(MAX_TOPIC_BYTES - 1);
    for text in
        ["m", "m/", "/", "a/b c/ä/", "$aws/things/", "$shared/", "${username}/", "$SYSTEM/", "a/$share/", &longest]
    {
        assert_eq!(Mountpoint::new(text).map(|good| good.as_str().to_owned()), Ok(text.to_owned()));
    }
    let too_long = "m".repeat(MAX_TOPIC_BYTES);
    for (text, expected) in [
        ("", MountpointError::Empty),
        (too_long.as_str(), MountpointError::TooLong),
        ("m/+/", MountpointError::Forbidden('+')),
        ("#", MountpointError::Forbidden('#')),
        ("m\0", MountpointError::Forbidden('\0')),
        ("$", MountpointError::Prefix("$share/")),
        ("$share/", MountpointError::Prefix("$share/")),
        ("$share/g/", MountpointError::Prefix("$share/")),
        ("$que", MountpointError::Prefix("$queue/")),
        ("$queue/m/", MountpointError::Prefix("$queue/")),
        ("$exclusive/", MountpointError::Prefix("$exclusive/")),
        ("$delayed/5/m/", MountpointError::Prefix("$delayed/")),
        ("$SYS", MountpointError::Prefix("$SYS/")),
        ("$SYS/brokers/", MountpointError::Prefix("$SYS/")),
    ] {
        assert_eq!(Mountpoint::new(text), Err(expected), "{:?}", text.get(..20).unwrap_or(text));
    }
    assert_eq!(size_of::<Option<Mountpoint>>(), size_of::<usize>(), "every session has one");
}

#[test]
fn names_are_mounted_behind_their_delay() {
    for (name, with_delayed, without) in [
        ("t", "m/t", "m/t"),
        ("/", "m//", "m//"),
        ("m/t", "m/m/t", "m/m/t"),
        ("$share/g/t", "m/$share/g/t", "m/$share/g/t"),
        ("$SYS/t", "m/$SYS/t", "m/$SYS/t"),
        ("$delayed/5/t", "$delayed/5/m/t", "m/$delayed/5/t"),
        ("$delayed/5//", "$delayed/5/m//", "m/$delayed/5//"),
        ("$delayed/soon/t", "$delayed/soon/m/t", "m/$delayed/soon/t"),
        ("$delayed", "m/$delayed", "m/$delayed"),
        // Each of these is refused where delayed messages are on, and would be a good topic with a mountpoint in it.
        ("$delayed/5", "$delayed/5", "m/$delayed/5"),
        ("$delayed/5/", "$delayed/5/", "m/$delayed/5/"),
        ("$delayed/5/$SYS/t", "$delayed/5/$SYS/t", "m/$delayed/5/$SYS/t"),
        ("$delayed/5/$delayed/5/t", "$delayed/5/$delayed/5/t", "m/$delayed/5/$delayed/5/t"),
    ] {
        assert_eq!(mountpoint("m/").mount_name(name, true).as_deref(), Some(with_delayed));
        assert_eq!(mountpoint("m/").mount_name(name, false).as_deref(), Some(without));
    }
}

/// [MQTT-4.7.1-1], [MQTT-4.7.1-2]
#[test]
fn filters_are_mounted_behind_their_prefix_and_stay_filters() {
    for (at, filter, expected) in [
        ("m/", "t", Some("m/t")),
        ("m/", "#", Some("m/#")),
        ("m/", "+/t/#", Some("m/+/t/#")),
        ("m", "t/#", Some("mt/#")),
        ("m", "/#", Some("m/#")),
        ("m", "#", None),
        ("m", "+/t", None),
        ("m/", "$share/g/+", Some("$share/g/m/+")),
        ("m/", "$share/$queue/t", Some("$share/$queue/m/t")),
        ("m/", "$share/t/t", Some("$share/t/m/t")),
        ("m/", "$queue/t", Some("$queue/m/t")),
        ("m/", "$exclusive/t", Some("$exclusive/m/t")),
        ("m", "$share/g/#", None),
        ("m/", "$SYS/#", Some("m/$SYS/#")),
        ("m/", "$delayed/5/t", Some("m/$delayed/5/t")),
        ("m/", "a#", None),
    ] {
        assert_eq!(mountpoint(at).mount_filter(filter).as_deref(), expected, "{at} {filter}");
    }
}

/// [MQTT-4.7.3-3]
#[test]
fn mqtt_4_7_3_3_nothing_grows_beyond_what_a_packet_can_carry() {
    let at = mountpoint("site-1/");
    for (len, fits) in [(MAX_TOPIC_BYTES - 7, true), (MAX_TOPIC_BYTES - 6, false), (MAX_TOPIC_BYTES, false)] {
        let delayed = format!("$delayed/5/{}", "t".repeat(len - 11));
        for name in ["t".repeat(len), delayed] {
            assert_eq!(at.mount_name(&name, true).map(|mounted| mounted.len()), fits.then_some(len + 7));
        }
        for prefix in ["", "$share/g/", "$queue/", "$exclusive/"] {
            let filter = format!("{prefix}{}", "t".repeat(len - prefix.len()));
            assert_eq!(at.mount_filter(&filter).map(|mounted| mounted.len()), fits.then_some(len + 7), "{prefix}");
        }
    }
}

/// [MQTT-4.7.3-1]
#[test]
fn what_does_not_begin_with_the_mountpoint_is_delivered_whole() {
    for (mounted, expected) in
        [("m/t", "t"), ("m//", "/"), ("m/m/t", "m/t"), ("m", "m"), ("n/t", "n/t"), ("M/t", "M/t"), ("m/", "m/")]
    {
        let at = mountpoint("m/");
        assert_eq!(at.unmount(mounted), expected);
        assert_eq!(at.unmount_bytes(mounted.as_bytes()), expected.as_bytes());
    }
}

proptest! {
    #[test]
    fn a_mounted_name_is_behind_the_mountpoint_and_comes_back(at in "[$a-zé/]{1,12}", name in "(\\$[a-zA-Z]{1,8}/)?[a-zé$/]{1,12}") {
        let Ok(at) = Mountpoint::new(&at) else { return Ok(()) };
        let mounted = at.mount_name(&name, false).expect("short");
        prop_assert_eq!(dunlin_topic::validate_name(&mounted), Ok(()));
        prop_assert_eq!(at.unmount(&mounted), &name);
        prop_assert_eq!(at.unmount_bytes(mounted.as_bytes()), name.as_bytes());
        for prefix in SUBSCRIPTION_PREFIXES.into_iter().chain([DELAYED_PREFIX, SYSTEM_PREFIX]) {
            prop_assert!(!mounted.starts_with(prefix), "{} is none of the client's", mounted);
        }
    }

    /// What a filter matches without a mountpoint and what it matches with one are the same, but for `$` topics, which wildcards
    /// in front do not match [MQTT-4.7.2-1].
    #[test]
    fn a_mounted_filter_matches_what_the_filter_matches(
        at in "[ab/]{0,4}/",
        prefix in prop_oneof![Just(""), Just("$share/g/"), Just("$queue/"), Just("$exclusive/")],
        filter in "(a|b|\\+)?(/(a|b|\\+)?){0,3}(/#)?",
        name in "[ab/]{1,6}",
    ) {
        let at = mountpoint(&at);
        let written = format!("{prefix}{filter}");
        let mounted = at.mount_filter(&written);
        prop_assert_eq!(mounted.is_some(), SubscriptionFilter::parse(&written).is_ok());
        let Some(mounted) = mounted else { return Ok(()) };
        let parsed = SubscriptionFilter::parse(&mounted).expect("it was checked");
        prop_assert_eq!(at.unmount(parsed.filter()), &filter);
        prop_assert!(mounted.starts_with(prefix));
        let mounted_name = at.mount_name(&name, true).expect("short");
        prop_assert_eq!(dunlin_topic::matches(parsed.filter(), &mounted_name), dunlin_topic::matches(&filter, &name));
    }
}
