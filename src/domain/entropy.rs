//! The source of randomness.

/// A source of unpredictable bytes, passed in so that tests are deterministic.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `buffer` with random bytes fit for secrets.
    fn fill(&self, buffer: &mut [u8]);
}

/// Random bytes as a value.
pub fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
