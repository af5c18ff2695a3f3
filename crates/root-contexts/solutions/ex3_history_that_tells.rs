//! Exercise 3, defend it: a history that tells when somebody has changed it.
//!
//! A context is the record of a decision. Whoever can write to the database can change it later. Chain the messages:
//! each gets a hash over its own content and the hash before it. Then a change in the middle breaks every hash after it.
//!
//! Where to look: `src/contexts/store` keeps the messages; `sha2` is a dependency already.
//!
//! Hint: hash the parts with their lengths. Without them, `("ab", "c")` and `("a", "bc")` have one hash.
//! Hint: the first link has no link before it: start with 32 zero bytes. A chain that is too short or too long is broken
//! where the first link or the first message is missing.
//!
//! Learned: lengths make a hash of several parts unambiguous; a chain finds changes only if its last link is kept elsewhere.
//! Read on: src/contexts/secrets.rs, which binds a ciphertext to its place; RFC 9162, Certificate Transparency.

use sha2::{Digest, Sha256};

/// A message as it is chained: who said it, and what.
pub(crate) type Message<'a> = (&'a str, &'a str);

/// A link of the chain.
pub(crate) type Link = [u8; 32];

/// The links of `messages`, one for each.
pub(crate) fn chain(messages: &[Message<'_>]) -> Vec<Link> {
    let mut before: Link = [0; 32];
    messages
        .iter()
        .map(|message| {
            before = link(&before, message);
            before
        })
        .collect()
}

fn link(before: &Link, (role, content): &Message<'_>) -> Link {
    let mut hash = Sha256::new();
    hash.update(before);
    for part in [role, content] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Where `messages` and `links` part for the first time. `None`: everything is as it was.
pub(crate) fn first_broken(messages: &[Message<'_>], links: &[Link]) -> Option<usize> {
    let fresh = chain(messages);
    let differs = fresh.iter().zip(links).position(|(one, other)| one != other);
    differs.or_else(|| (messages.len() != links.len()).then(|| messages.len().min(links.len())))
}
