//! Placeholder while the first pieces are being laid.

fn main() {}
