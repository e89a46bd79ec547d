//! The address of a database server.

/// The parameters of an address, by name and value, as the drivers read them.
pub fn parameters(address: &str) -> impl Iterator<Item = (String, String)> {
    let address = address.split('#').next().unwrap_or_default();
    let query = address.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned()
}
