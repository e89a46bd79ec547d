//! Lists in parts.
//!
//! By offset, a part is a numbered [`Page`], and the whole is counted. By keyset, it is the
//! [`Slice`] after a certain id: that costs the same however far on it is.

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

impl PageRequest {
    /// How many entries come before this page.
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
    /// The number of pages; an empty list has one too.
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.request.size.max(1)).max(1)
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// A numbered page.
    Offset(PageRequest),
    /// What comes after an id.
    Keyset(KeysetRequest),
}

/// After which id a slice begins, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeysetRequest {
    /// The id; none for the beginning.
    pub after: Option<i64>,
    /// Whether ids fall.
    pub descending: bool,
    /// From 1 to [`MAX_PAGE_SIZE`].
    pub size: u64,
}

/// A slice, and where the rest begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// The entries of this slice.
    pub items: Vec<T>,
    /// The id after which the rest begins; none at the end.
    pub next: Option<i64>,
    /// Which slice it is.
    pub request: KeysetRequest,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing<T> {
    /// By offset.
    Page(Page<T>),
    /// By keyset.
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
