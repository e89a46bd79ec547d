//! Follows a pattern along a name, at all positions of the pattern at once.
//!
//! The costs are a few operations for each letter of the name, whatever the pattern is: strangers choose
//! patterns and names, and the work is done on the threads that answer everybody.

use crate::domain::registry::component::MAX_NAME_LENGTH;

/// The words for a bit at each letter of the longest pattern, at the `/` behind it, and at its end.
const WORDS: usize = (MAX_NAME_LENGTH + 2).div_ceil(64);

/// Patterns are ASCII.
const LETTERS: usize = 128;

/// A set of positions in a pattern; each is before a letter, a `*` or a `**`, or at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Positions([u64; WORDS]);

/// A pattern, and the positions in it that the name so far leads to. Each segment of pattern and name ends
/// with `/`, the last one too.
#[derive(Debug)]
pub(super) struct Walk {
    letters: Vec<Positions>,
    stars: Positions,
    double_stars: Positions,
    end: Positions,
    reached: Positions,
}

impl Walk {
    /// Goes along all of `name`.
    pub(super) fn along(pattern: &str, name: &str) -> Self {
        let mut walk = Self::at_the_beginning(pattern);
        for letter in name.bytes().chain([b'/']) {
            walk.step(letter);
        }
        walk
    }

    /// True if pattern and name end together.
    pub(super) fn is_at_the_end(&self) -> bool {
        !self.reached.common(self.end).is_empty()
    }

    /// True if more of the pattern may follow the name, or both end together.
    pub(super) fn goes_on(&self) -> bool {
        !self.reached.is_empty()
    }

    fn at_the_beginning(pattern: &str) -> Self {
        let mut walk = Self {
            letters: vec![Positions::default(); LETTERS],
            stars: Positions::default(),
            double_stars: Positions::default(),
            end: Positions::default(),
            reached: Positions::default(),
        };
        let mut at = 0;
        for segment in pattern.split('/') {
            if segment == "**" {
                walk.double_stars.add(at);
                at += 1;
                continue;
            }
            for letter in segment.bytes().chain([b'/']) {
                if letter == b'*' {
                    walk.stars.add(at);
                } else if let Some(positions) = walk.letters.get_mut(usize::from(letter)) {
                    positions.add(at);
                }
                at += 1;
            }
        }
        walk.end.add(at);
        walk.reached.add(0);
        walk.skip_stars(true);
        walk
    }

    fn step(&mut self, letter: u8) {
        let is_slash = letter == b'/';
        let known = self.letters.get(usize::from(letter)).copied();
        let mut reached = self.reached.common(known.unwrap_or_default()).next();
        if !is_slash {
            reached = reached.and(self.reached.common(self.stars));
        }
        self.reached = reached.and(self.reached.common(self.double_stars));
        self.skip_stars(is_slash);
    }

    /// A star may stand for nothing. `**` ends only where a segment does; never is another one behind it, nor
    /// behind `*`.
    fn skip_stars(&mut self, is_between_segments: bool) {
        if is_between_segments {
            self.reached = self
                .reached
                .and(self.reached.common(self.double_stars).next());
        }
        self.reached = self.reached.and(self.reached.common(self.stars).next());
    }
}

impl Positions {
    fn add(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn common(mut self, other: Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
        self
    }

    fn and(mut self, other: Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
        self
    }

    /// Each position's next one.
    fn next(mut self) -> Self {
        let mut carried = 0;
        for word in &mut self.0 {
            let highest = *word >> 63;
            *word = (*word << 1) | carried;
            carried = highest;
        }
        self
    }
}
