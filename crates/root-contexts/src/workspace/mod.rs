//! Which files may be read, and what can be said about them.
