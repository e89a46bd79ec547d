//! Rows that are written in parts, so that one which the database refuses holds up no other.

use crate::storage::StorageError;

/// The most rows that are written at once.
const AT_ONCE: usize = 50;

/// Rows that are to be written, the first ones next.
#[derive(Debug)]
pub(in crate::app) struct RowParts<T> {
    rows: Vec<T>,
    most: usize,
}

impl<T> RowParts<T> {
    /// All of `rows`.
    pub(in crate::app) fn new(rows: Vec<T>) -> Self {
        Self {
            rows,
            most: AT_ONCE,
        }
    }

    /// The rows that are to be written next, with one statement or transaction; none if no more are left.
    pub(in crate::app) fn part(&self) -> Option<&[T]> {
        self.rows.chunks(self.most).next()
    }

    /// Takes the next part away once it is written. A row that the database refuses for what is in it is taken away too, and comes back
    /// with the database's code; after any other failure all that are left stay.
    pub(in crate::app) fn settle(
        &mut self,
        written: Result<(), StorageError>,
    ) -> Result<Option<(T, String)>, StorageError> {
        let number = self.rows.len().min(self.most);
        let Err(error) = written else {
            self.rows.drain(..number);
            return Ok(None);
        };
        match error.refused_rows() {
            // One of them is in the way of the others, and is found when each is written by itself.
            Some(_) if number > 1 => {
                self.most = 1;
                Ok(None)
            }
            Some(code) => {
                self.most = AT_ONCE;
                let refused = self.rows.drain(..number).next();
                Ok(refused.map(|row| (row, code)))
            }
            None => Err(error),
        }
    }

    /// The rows that are left.
    pub(in crate::app) fn left(self) -> Vec<T> {
        self.rows
    }
}
