//! Lists in pages.

/// Most entries of a page, as in GitLab.
pub const MAX_PAGE_SIZE: u64 = 100;

/// Which page of a list is wanted, and how long pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// From 1.
    pub number: u64,
    /// From 1 to [`MAX_PAGE_SIZE`].
    pub size: u64,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            number: 1,
            size: 20,
        }
    }
}

/// A page, and how long the whole list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries of this page.
    pub items: Vec<T>,
    /// The number of entries of all pages.
    pub total: u64,
    /// Which page it is.
    pub request: PageRequest,
}

impl<T> Page<T> {
    /// The number of pages.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.request.size.max(1))
    }
}
