//! Time from key to frame.

fn main() {}
