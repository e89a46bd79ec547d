//! Letter pairs: the letters of folded texts by twos, by which a search finds names with any part.
//!
//! An index of whole names cannot find a part of one. An index of pairs can: a name that has a text in it has all pairs of the
//! text. The things with a pair are kept by blocks of ids, a bit for each, so that a pair that many names share takes few rows.

use std::collections::BTreeSet;

/// The ids of a block; their bits fit into a number without its sign, which no database reads otherwise.
const BLOCK: i64 = 60;

/// A pair of letters, or one letter, as a number.
pub type LetterPair = i64;

/// The place of an id: its block, and its bit there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PairPlace {
    /// The number of the block.
    pub block: i64,
    /// A number of which that bit alone is set.
    pub bit: i64,
}

impl PairPlace {
    /// The place of an id.
    pub fn of(id: i64) -> Self {
        Self {
            block: id.div_euclid(BLOCK),
            bit: 1 << id.rem_euclid(BLOCK),
        }
    }
}

/// The ids whose bits are set, in their order.
pub fn ids_in(block: i64, bits: i64) -> impl Iterator<Item = i64> {
    (0..BLOCK)
        .filter(move |bit| bits & (1 << bit) != 0)
        .map(move |bit| block * BLOCK + bit)
}

/// The pairs and the single letters of a folded text. A line is a text of its own.
pub fn pairs_of(text: &str) -> BTreeSet<LetterPair> {
    let of_line = |line: &str| {
        let letters: Vec<i64> = line.chars().map(number).collect();
        let pairs = letters.windows(2).filter_map(pair).collect::<Vec<_>>();
        letters.into_iter().chain(pairs)
    };
    text.lines().flat_map(of_line).collect()
}

/// The pairs, or the single letter, that each text has that has the folded text `part` in it.
pub fn pairs_for(part: &str) -> BTreeSet<LetterPair> {
    let letters: Vec<i64> = part.chars().map(number).collect();
    match letters.as_slice() {
        [one] => BTreeSet::from([*one]),
        _ => letters.windows(2).filter_map(pair).collect(),
    }
}

fn number(letter: char) -> i64 {
    u32::from(letter).into()
}

/// No letter has a number of more than 21 bits, so that no two pairs are the same, and none is a single letter.
fn pair(letters: &[i64]) -> Option<LetterPair> {
    match letters {
        [first, second] => Some((first << 21) | second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_without_a_part_may_lack_one_of_its_pairs() {
        let text = pairs_of("deploy\nci");
        for (part, is_possible) in [
            ("deploy", true),
            ("plo", true),
            ("i", true),
            ("", true),
            ("yc", false),
            ("dp", false),
            ("z", false),
        ] {
            assert_eq!(pairs_for(part).is_subset(&text), is_possible, "{part}");
        }
    }

    #[test]
    fn a_letter_is_no_pair() {
        let pairs = pairs_of("\u{10ffff}\u{1}\u{10ffff}\u{10ffff}");
        assert_eq!(pairs.len(), 2 + 3);
    }

    proptest! {
        #[test]
        fn a_text_has_the_pairs_of_all_its_parts(text in "\\PC{0,30}", from in 0..30_usize, length in 0..30_usize) {
            let part: String = text.chars().skip(from).take(length).collect();
            let whole = format!("first\n{text}\nlast");
            prop_assert!(pairs_for(&part).is_subset(&pairs_of(&whole)));
        }

        #[test]
        fn an_id_is_found_at_its_place(id in 0..i64::MAX, others in 0..(1_i64 << 60)) {
            let place = PairPlace::of(id);
            let found: Vec<i64> = ids_in(place.block, others | place.bit).collect();
            prop_assert!(found.contains(&id) && found.is_sorted());
            prop_assert_eq!(ids_in(place.block, place.bit).collect::<Vec<_>>(), [id]);
        }
    }
}
