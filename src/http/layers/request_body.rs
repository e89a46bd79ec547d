//! The body of a request, in memory of its own length.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt;

use crate::http::layers::time_limit::within;

/// The time that a body has to come, once the head of its request is there.
const LONGEST: Duration = Duration::from_secs(15);

/// The reason why a body is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableBody {
    /// The client went away before its end, or it is longer than is read.
    #[error("the body is cut off or longer than 64 KiB")]
    CutOffOrTooLong,
    /// It drips: the client's doing, which is no failure of the service.
    #[error("the body did not come within 15 s; send it at once")]
    TooSlow,
}

/// Reads a body of `most` bytes at most.
///
/// Its parts are copied: each is a piece of what was read from the network, and would keep all of that, however small it is.
pub async fn read_body(body: Body, most: usize) -> Result<Bytes, UnreadableBody> {
    read_within(LONGEST, body, most).await
}

async fn read_within(limit: Duration, body: Body, most: usize) -> Result<Bytes, UnreadableBody> {
    let whole = within(limit, pin!(read_all(body, most))).await;
    whole.unwrap_or(Err(UnreadableBody::TooSlow))
}

async fn read_all(body: Body, most: usize) -> Result<Bytes, UnreadableBody> {
    let (mut parts, mut whole) = (body.into_data_stream(), Vec::new());
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| UnreadableBody::CutOffOrTooLong)?;
        if whole.len() + part.len() > most {
            return Err(UnreadableBody::CutOffOrTooLong);
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
        let too_long = Err(UnreadableBody::CutOffOrTooLong);
        assert_eq!(read_body(body(&read, 4), 3).await, too_long);
    }

    /// The service is not to blame, and neither its operator nor the client is told so.
    #[tokio::test]
    async fn a_body_that_drips_is_given_up() {
        let drops = stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
        });
        let body = Body::from_stream(Box::pin(drops));
        let read = read_within(Duration::from_millis(100), body, 64).await;
        assert_eq!(read, Err(UnreadableBody::TooSlow));
    }
}
