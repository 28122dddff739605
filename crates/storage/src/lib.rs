//! Storage engine: a segmented log and a key-value store behind traits, over a disk that can be simulated.
