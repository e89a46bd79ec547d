//! The bounds of backups: a file that goes beyond them is none of ours, and would cost memory, or break the database that it fills.

/// The most bytes of a line, with its end.
pub const LONGEST_LINE: usize = 16 << 20;
/// The most tables.
pub const MOST_TABLES: usize = 100;
/// The most columns of a table.
pub const MOST_COLUMNS: usize = 100;
/// The most letters in the name of a table or column: no database takes more.
pub const LONGEST_NAME: usize = 63;
/// The most letters in a version of the program, and in the name of a migration.
pub const LONGEST_WORD: usize = 100;
/// The largest number, in both directions: what counts up from it goes on for ever, and does not come to the end of 64 bits.
pub const LARGEST_NUMBER: i64 = i64::MAX / 2;
/// The most key files.
pub const MOST_KEY_FILES: usize = 10_000;
/// The most bytes of a key file.
pub const LONGEST_KEY_FILE: usize = 1 << 20;
/// The most bytes of all key files together, which are in memory at a time.
pub const ALL_KEY_FILES: usize = 16 << 20;

/// True if the number is one that a backup may have.
pub fn is_number(number: i64) -> bool {
    (-LARGEST_NUMBER..=LARGEST_NUMBER).contains(&number)
}

/// True if the number may be a key, or the last that was given out.
pub fn is_key(number: i64) -> bool {
    (0..=LARGEST_NUMBER).contains(&number)
}

/// True if the text is a short word that can be printed as it is.
pub fn is_word(text: &str) -> bool {
    text.len() <= LONGEST_WORD && text.chars().all(|letter| letter.is_ascii_graphic())
}
