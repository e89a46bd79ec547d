//! The source of randomness.

use uuid::Uuid;

/// A source of unpredictable bytes, passed in so that tests are deterministic.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `buffer` with random bytes fit for secrets.
    fn fill(&self, buffer: &mut [u8]);

    /// A random id (UUID version 4, RFC 9562 section 5.4): unique, and no secret.
    fn id(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// Random bytes as a value.
pub fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// Bytes that are all seven, for tests to which any do.
#[cfg(test)]
pub(crate) struct Sevens;

#[cfg(test)]
impl Entropy for Sevens {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}
