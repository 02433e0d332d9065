//! The page. See `src/ui/`.

fn main() {}
