//! Durable sessions as a deterministic state machine: queues, subscriptions and QoS state, changed by commands from a log.
