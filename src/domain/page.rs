//! Lists in parts.
//!
//! By offset, a part is a numbered [`Page`], and the whole is counted as far as [`MAX_COUNTED`]. By keyset, it is
//! the [`Slice`] after a certain id: that costs the same however far on it is.

/// Most entries of a page, as in GitLab.
pub const MAX_PAGE_SIZE: u64 = 100;
/// The length of a list above which it is not counted, as in GitLab.
pub const MAX_COUNTED: u64 = 10_000;
/// The entries of a list that numbered pages reach, as in GitLab: the database walks over all before a page.
pub const MAX_OFFSET: u64 = 50_000;

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

    /// True if the page is further on than numbered pages reach.
    pub fn is_too_far(self) -> bool {
        self.number.saturating_mul(self.size) > MAX_OFFSET
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

/// A page, with the length of the whole list if that is short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries of this page.
    pub items: Vec<T>,
    /// The number of entries of all pages; none if there are more than [`MAX_COUNTED`].
    pub total: Option<u64>,
    /// True if there is another page after this one.
    pub has_rest: bool,
    /// The request that it answers.
    pub request: PageRequest,
}

impl<T> Page<T> {
    /// The number of pages, if the list was counted; an empty list has one too.
    pub fn pages(&self) -> Option<u64> {
        let pages = |total: u64| total.div_ceil(self.request.size.max(1)).max(1);
        self.total.map(pages)
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

/// The ids between which the entries of a list are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdBounds {
    /// Only entries with a higher id.
    pub after: Option<i64>,
    /// Only entries with a lower id.
    pub before: Option<i64>,
}

impl IdBounds {
    /// The bounds without the one that is the beginning of a slice.
    #[must_use]
    pub fn behind(self, request: KeysetRequest) -> Self {
        let Self { after, before } = self;
        if request.descending {
            let before = before.filter(|_| before != request.after);
            Self { after, before }
        } else {
            let after = after.filter(|_| after != request.after);
            Self { after, before }
        }
    }
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

    /// The id after which the rest of a slice begins; none at its end, and for pages.
    pub fn next(&self) -> Option<i64> {
        match self {
            Self::Page(_) => None,
            Self::Slice(slice) => slice.next,
        }
    }

    /// The entries, without the rest.
    pub fn into_items(self) -> Vec<T> {
        match self {
            Self::Page(page) => page.items,
            Self::Slice(slice) => slice.items,
        }
    }

    /// The same part with other entries.
    pub fn filter_map<U>(self, to: impl FnMut(T) -> Option<U>) -> Listing<U> {
        match self {
            Self::Page(page) => Listing::Page(Page {
                items: page.items.into_iter().filter_map(to).collect(),
                total: page.total,
                has_rest: page.has_rest,
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
