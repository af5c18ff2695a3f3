//! From the command line to the server. No tools here.

fn main() {}
