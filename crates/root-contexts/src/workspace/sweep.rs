//! A walk with somebody who looks at its files, in slices.

use std::time::{Duration, Instant};

use super::{
    scope::Scope,
    walk::{Content, Entry, Limits, Stopped, Walk},
};

/// How far a visitor has come with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Done with it.
    All,
    /// Time was up: it wants to go on with the same file.
    Part,
    /// Enough has been found.
    Enough,
}

/// What is done with each file of a walk.
pub trait Visitor: Send + 'static {
    /// Looks at one file, or at more of the one before, until about `until`.
    fn visit(&mut self, entry: &Entry, content: &Content, until: Instant) -> Seen;
    /// Whether the content of this file is wanted at all.
    fn wants(&self, _: &Entry) -> bool {
        true
    }
}

/// A walk with a visitor, done in slices: between two of them a caller may leave.
pub struct Sweep<V> {
    /// The walk.
    pub walk: Walk,
    /// What it has come to.
    pub visitor: V,
    /// A file that the last slice has not come to the end of.
    begun: Option<(Entry, Content)>,
}

impl<V: Visitor> Sweep<V> {
    /// Begins with nothing done.
    pub fn new(scope: Scope, limits: Limits, visitor: V) -> Self {
        Self { walk: Walk::new(scope, limits), visitor, begun: None }
    }

    /// Goes on for about `slice`. True when there is nothing left to do. Blocks.
    pub fn step(&mut self, slice: Duration) -> bool {
        let until = Instant::now() + slice;
        while Instant::now() < until {
            let (entry, content) = match self.begun.take() {
                Some(_) if self.walk.is_late() => return true,
                Some(begun) => begun,
                None => {
                    let Some(mut entry) = self.walk.next_file() else { return true };
                    if !self.visitor.wants(&entry) {
                        continue;
                    }
                    let content = self.walk.content(&mut entry);
                    (entry, content)
                }
            };
            match self.visitor.visit(&entry, &content, until) {
                Seen::All => {}
                Seen::Part => self.begun = Some((entry, content)),
                Seen::Enough => {
                    self.walk.stopped.get_or_insert(Stopped::Enough);
                    return true;
                }
            }
        }
        false
    }
}
