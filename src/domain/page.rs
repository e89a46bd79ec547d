//! Lists in parts.
//!
//! By offset, a part is a numbered [`Page`], and the whole is counted. By keyset, it is the
//! [`Slice`] after a certain id: that costs the same however far on it is.

/// Most entries of a page, as in GitLab.
pub const MAX_PAGE_SIZE: u64 = 100;

/// A request for a numbered page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// The page's number, from 1.
    pub number: u64,
    /// The most entries, from 1 to [`MAX_PAGE_SIZE`].
    pub size: u64,
}

impl PageRequest {
    /// The number of entries before this page.
    pub fn offset(self) -> u64 {
        self.number.saturating_sub(1).saturating_mul(self.size)
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            number: 1,
            size: 20,
        }
    }
}

/// A page, with the length of the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries of this page.
    pub items: Vec<T>,
    /// The number of entries of all pages.
    pub total: u64,
    /// The request that it answers.
    pub request: PageRequest,
}

impl<T> Page<T> {
    /// The number of pages; an empty list has one too.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.request.size.max(1)).max(1)
    }
}

/// A request for a part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// A numbered page.
    Offset(PageRequest),
    /// The entries after an id.
    Keyset(KeysetRequest),
}

/// A request for the entries of a list after an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeysetRequest {
    /// The id; none for the beginning.
    pub after: Option<i64>,
    /// True if ids fall.
    pub descending: bool,
    /// The most entries, from 1 to [`MAX_PAGE_SIZE`].
    pub size: u64,
}

/// A slice, with the beginning of the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// The entries of this slice.
    pub items: Vec<T>,
    /// The id after which the rest begins; none at the end.
    pub next: Option<i64>,
    /// The request that it answers.
    pub request: KeysetRequest,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing<T> {
    /// A numbered page.
    Page(Page<T>),
    /// The entries after an id.
    Slice(Slice<T>),
}

impl<T> Listing<T> {
    /// The entries.
    pub fn items(&self) -> &[T] {
        match self {
            Self::Page(page) => &page.items,
            Self::Slice(slice) => &slice.items,
        }
    }

    /// The same part with other entries.
    pub fn filter_map<U>(self, to: impl FnMut(T) -> Option<U>) -> Listing<U> {
        match self {
            Self::Page(page) => Listing::Page(Page {
                items: page.items.into_iter().filter_map(to).collect(),
                total: page.total,
                request: page.request,
            }),
            Self::Slice(slice) => Listing::Slice(Slice {
                items: slice.items.into_iter().filter_map(to).collect(),
                next: slice.next,
                request: slice.request,
            }),
        }
    }
}
