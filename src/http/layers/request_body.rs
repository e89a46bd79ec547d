//! The body of a request, in memory of its own length.

use axum::body::{Body, Bytes};
use futures_util::StreamExt;

/// A body that is cut off or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is cut off or too long")]
pub struct UnreadableBody;

/// Reads a body of `most` bytes at most.
///
/// Its parts are copied: each is a piece of what was read from the network, and would keep all of that, however small it is.
pub async fn read_body(body: Body, most: usize) -> Result<Bytes, UnreadableBody> {
    let (mut parts, mut whole) = (body.into_data_stream(), Vec::new());
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| UnreadableBody)?;
        if whole.len() + part.len() > most {
            return Err(UnreadableBody);
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn body(read: &Bytes, parts: usize) -> Body {
        let part = |at| Ok::<_, std::io::Error>(read.slice(at..=at));
        Body::from_stream(stream::iter((0..parts).map(part).collect::<Vec<_>>()))
    }

    /// One byte of a connection's buffer kept all of it.
    #[tokio::test]
    async fn a_body_keeps_nothing_of_what_it_was_read_from() {
        let read = Bytes::from(vec![b'x'; 16_000]);
        let whole = read_body(body(&read, 3), 3).await.unwrap();
        assert_eq!(&*whole, b"xxx");
        assert!(read.try_into_mut().is_ok(), "nobody else has it");
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_none() {
        let read = Bytes::from(vec![b'x'; 16_000]);
        assert_eq!(read_body(body(&read, 4), 3).await, Err(UnreadableBody));
    }
}
