//! Connections that speak HTTP/1.1.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, Connection};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::server::listener::answers::Answers;
use crate::server::listener::course::Course;
use crate::server::listener::stream::Stream;

/// The longest headers and query together, in bytes; longer ones are answered 431 without a body. A connection may
/// take this much memory without having asked for anything, so it is little more than the longest query.
const MAX_HEADERS: usize = 24 * 1024;

/// Answers the requests that come on `stream` from `peer`.
pub(super) async fn serve<S>(stream: S, answers: &Answers, peer: SocketAddr, course: &Course)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let stream = TokioIo::new(Stream::new(stream, course.activity.clone()));
    let answer = |request| answer(request, answers, peer, course);
    let http = Builder::new()
        // Hyper would count idle time as well; the course tells them apart.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(stream, service_fn(answer));
    course.follow(http, Connection::graceful_shutdown).await;
}

fn answer(
    request: Request<Incoming>,
    answers: &Answers,
    peer: SocketAddr,
    course: &Course,
) -> impl Future<Output = Result<Response, Infallible>> {
    course.activity.request();
    answers.answer(request, peer).map(|mut response| {
        if course.is_last() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        course.activity.reply();
        Ok(response)
    })
}
