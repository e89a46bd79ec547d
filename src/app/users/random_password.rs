//! Random passwords.

use secrecy::SecretString;

use crate::app::desk::Desk;
use crate::domain::entropy::random_bytes;

impl Desk {
    /// A password that nobody knows yet: 160 bits in base32, without letters that are misread or that a shell
    /// would treat specially.
    pub fn random_password(&self) -> SecretString {
        let password = data_encoding::BASE32_NOPAD.encode(&random_bytes::<20>(&*self.entropy));
        SecretString::from(password.to_lowercase())
    }
}
