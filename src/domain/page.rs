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

/// The place of a numbered page, with the length of the whole list if that is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The number of entries of all pages; none if there are more than [`MAX_COUNTED`].
    pub total: Option<u64>,
    /// True if there is another page after this one.
    pub has_rest: bool,
    /// The request that it answers.
    pub request: PageRequest,
}

impl Page {
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

/// The place of a slice, with the beginning of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The id after which the rest begins; none at the end.
    pub next: Option<i64>,
    /// The request that it answers.
    pub request: KeysetRequest,
}

/// The place of a part in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingPlace {
    /// A numbered page.
    Page(Page),
    /// The entries after an id.
    Slice(Slice),
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Their place in the list.
    pub place: ListingPlace,
}

impl<T> Listing<T> {
    /// The id after which the rest of a slice begins; none at its end, and for pages.
    pub fn next(&self) -> Option<i64> {
        match self.place {
            ListingPlace::Page(_) => None,
            ListingPlace::Slice(slice) => slice.next,
        }
    }

    /// The part with something else for each entry.
    pub fn map<U>(self, to: impl FnMut(T) -> U) -> Listing<U> {
        Listing {
            items: self.items.into_iter().map(to).collect(),
            place: self.place,
        }
    }

    /// The part with something else for each entry, or the first error.
    pub fn try_map<U, E>(self, to: impl FnMut(T) -> Result<U, E>) -> Result<Listing<U>, E> {
        Ok(Listing {
            items: self.items.into_iter().map(to).collect::<Result<_, E>>()?,
            place: self.place,
        })
    }
}
