//! The claims as Distribution reads them (docs/protocol.md §2.2, §2.3).

use crate::json::{Json, Names, Object};
use crate::{CRASH, Entry, Refusal};

pub(crate) struct Claims<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) audience: Vec<&'a str>,
    pub(crate) expires: i64,
    pub(crate) not_before: i64,
    access: Option<&'a Json>,
    names: Names,
}

impl<'a> Claims<'a> {
    /// Every claim has its type, those too that nobody looks at afterwards.
    pub(crate) fn read(claims: Object<'a>, names: Names, lists: bool) -> Result<Self, Refusal> {
        claims.integer("iat")?;
        claims.text("jti")?;
        let access = claims.get("access");
        entries(access, names)?;
        Ok(Self {
            issuer: claims.text("iss")?,
            subject: claims.text("sub")?,
            audience: audience(claims, lists)?,
            expires: claims.integer("exp")?,
            not_before: claims.integer("nbf")?,
            access,
            names,
        })
    }

    /// What is granted; to look at a null is the end of the connection.
    pub(crate) fn access(&self) -> Result<Vec<Entry>, Refusal> {
        let entries = entries(self.access, self.names)?;
        entries.into_iter().collect::<Option<_>>().ok_or(CRASH)
    }
}

/// `aud`: a string; a list of them only where lists are understood.
pub(crate) fn audience(claims: Object<'_>, lists: bool) -> Result<Vec<&str>, Refusal> {
    match claims.get("aud") {
        Some(Json::List(_)) if lists => claims.texts("aud"),
        None => Ok(Vec::new()),
        Some(_) => Ok(vec![claims.text("aud")?]),
    }
}

/// The entries of `access`; none where there is a null.
pub(crate) fn entries(access: Option<&Json>, names: Names) -> Result<Vec<Option<Entry>>, Refusal> {
    let items = match access {
        None => return Ok(Vec::new()),
        Some(Json::List(items)) => items,
        Some(_) => return Err("a list is something else"),
    };
    let entry = |item: &Json| {
        if *item == Json::Null {
            return Ok(None);
        }
        let entry = item.object(names)?;
        entry.text("class")?;
        let actions = entry.texts("actions")?;
        Ok(Some(Entry {
            kind: entry.text("type")?.to_owned(),
            name: entry.text("name")?.to_owned(),
            actions: actions.into_iter().map(str::to_owned).collect(),
        }))
    };
    items.iter().map(entry).collect()
}
