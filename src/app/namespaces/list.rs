//! Lists of groups and projects.

use std::collections::BTreeMap;

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::authority::Authority;
use crate::domain::filters::PlaceFilter;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::{Located, Namespace, NamespaceKind};
use crate::domain::page::{Listing, Paging};
use crate::storage::namespaces;
use crate::storage::namespaces::lists;

/// How many places are looked up at a time: 20 levels of each are fewer names than any database takes.
const AT_A_TIME: usize = 500;

impl Desk {
    /// A part of the groups or projects that the caller may see.
    pub async fn places_page(
        &self,
        authority: &Authority,
        filter: &PlaceFilter,
        paging: Paging,
    ) -> Result<Listing<Located>, ChangeError> {
        let found = lists::page(&self.db, authority, filter, self.now(), paging).await?;
        let mut located = self.locate(found.items().to_vec()).await?.into_iter();
        Ok(found.filter_map(|_| located.next()))
    }

    /// All groups or projects, by path.
    pub async fn namespaces(&self, kind: NamespaceKind) -> Result<Vec<Namespace>, ChangeError> {
        Ok(namespaces::all(&self.db, kind).await?)
    }

    /// The places with what they lie in.
    pub async fn locate(&self, places: Vec<Namespace>) -> Result<Vec<Located>, ChangeError> {
        let mut located = Vec::with_capacity(places.len());
        for some in places.chunks(AT_A_TIME) {
            let above: BTreeMap<NamespacePath, Namespace> = namespaces::above(&self.db, some)
                .await?
                .into_iter()
                .map(|place| (place.path.clone(), place))
                .collect();
            located.extend(some.iter().map(|place| {
                let paths = place.path.and_ancestors().skip(1);
                Located {
                    place: place.clone(),
                    above: paths.filter_map(|path| above.get(&path).cloned()).collect(),
                }
            }));
        }
        Ok(located)
    }

    /// One place with what it lies in.
    pub async fn locate_one(&self, place: Namespace) -> Result<Located, ChangeError> {
        let above = namespaces::and_ancestors(&self.db, &place).await?;
        let above = above.into_iter().filter(|other| other.id != place.id);
        Ok(Located {
            above: above.collect(),
            place,
        })
    }
}
