//! Tests of what has spans.

use super::*;
use dunlin_model::{MessageParts, Qos};

const PARENT: TraceContext = TraceContext { trace_id: [1; 16], span_id: [2; 8], is_sampled: true };

fn message() -> Message {
    Message::new(&MessageParts {
        topic: "a/b",
        properties: &[],
        payload: b"",
        qos: Qos::AtMostOnce,
        retain: false,
        expiry_secs: None,
        publisher: "c1",
        received_at: 0,
    })
}

fn end_to_end(sample_ratio: f64) -> EndToEnd {
    EndToEnd {
        cluster_identifier: "emqxcl".to_owned(),
        sample_ratio,
        client_connect_disconnect: false,
        client_subscribe_unsubscribe: false,
        client_messaging: true,
        follow_traceparent: true,
        client_ids: Vec::new(),
        topics: Vec::new(),
    }
}

fn sample(mode: &SpanMode, parent: Option<TraceContext>) -> Option<Sampled> {
    mode.sample_message(parent, &message(), &mut fastrand::Rng::with_seed(7))
}

#[test]
fn a_sampled_traceparent_is_followed() {
    let silent = TraceContext { is_sampled: false, ..PARENT };
    let (legacy, all) = (SpanMode::Legacy { trace_all: false }, SpanMode::Legacy { trace_all: true });
    for mode in [&legacy, &all] {
        let sampled = sample(mode, Some(PARENT)).unwrap();
        assert_eq!((sampled.context.trace_id, sampled.parent), (PARENT.trace_id, Some(PARENT.span_id)));
        assert_ne!(sampled.context.span_id, PARENT.span_id);
        assert_eq!(sample(mode, Some(silent)), None);
    }
    assert_eq!(sample(&legacy, None), None);
    assert_eq!(sample(&all, None).unwrap().parent, None);
}

#[test]
fn a_share_of_traces_is_sampled_and_the_chosen_ones_always() {
    assert!(sample(&SpanMode::EndToEnd(end_to_end(1.0)), None).is_some());
    let never = end_to_end(0.0);
    assert_eq!(sample(&SpanMode::EndToEnd(never.clone()), Some(PARENT)), None);
    let of_client = EndToEnd { client_ids: vec!["c1".to_owned()], ..never.clone() };
    let of_topic = EndToEnd { topics: vec!["a/#".to_owned()], client_messaging: false, ..never.clone() };
    for chosen in [of_client, of_topic] {
        let sampled = sample(&SpanMode::EndToEnd(chosen.clone()), Some(PARENT)).unwrap();
        assert_eq!(sampled.context.trace_id, PARENT.trace_id);
        let alone = EndToEnd { follow_traceparent: false, ..chosen };
        assert_eq!(sample(&SpanMode::EndToEnd(alone), Some(PARENT)).unwrap().parent, None);
    }
    let other = EndToEnd { topics: vec!["b/#".to_owned()], client_ids: vec!["c2".to_owned()], ..never };
    assert_eq!(sample(&SpanMode::EndToEnd(other), None), None);
    let mut random = fastrand::Rng::with_seed(3);
    let tenth = SpanMode::EndToEnd(end_to_end(0.1));
    let count = (0..10_000).filter(|_| tenth.sample_message(None, &message(), &mut random).is_some()).count();
    assert!((800..1200).contains(&count), "{count}");
}
