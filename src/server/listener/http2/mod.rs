//! Connections that speak HTTP/2 (RFC 9113).

mod body;
mod multiplexed;
mod under_way;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2::{Builder, Connection};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::server::listener::activity::Activity;
use crate::server::listener::answers::Answers;
use crate::server::listener::course::Course;
use crate::server::listener::stream::Stream;

use body::ReplyBody;
use multiplexed::{Multiplexed, NewStreams};
use under_way::UnderWay;

/// The most requests of a connection at the same time; Go's clients make another connection for more.
const MAX_STREAMS: u32 = 16;
/// The longest headers and query together, in bytes, as over HTTP/1.1; longer ones are answered 431 without a body.
const MAX_HEADER_LIST: u32 = 24 * 1024;
/// The most of requests' bodies that waits until it is read, in bytes: of one, and of all of a connection. The protocol has no
/// smaller one for all.
const WINDOW: u32 = 65_535;
/// The most of a reply that waits until the client makes room, in bytes.
const SEND_BUFFER: usize = 16 * 1024;
/// The most requests that the client may give up before they are looked at (CVE-2023-44487).
const MOST_RESETS: usize = 20;
/// The most requests of a connection that break the protocol (RUSTSEC-2024-0003).
const MOST_ERRORS: usize = 100;

/// Answers the requests that come on `stream` from `peer`.
pub(super) async fn serve<S>(stream: S, answers: &Answers, peer: SocketAddr, course: &Course)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    course.activity.multiplex();
    let stream = TokioIo::new(Stream::new(stream, course.activity.clone()));
    let (new, requests) = (
        NewStreams::default(),
        Arc::new((answers.clone(), course.activity.clone())),
    );
    let answer = move |request: Request<Incoming>| {
        let requests = Arc::clone(&requests);
        async move { Ok::<_, Infallible>(answer(request, &requests.0, &requests.1, peer).await) }
    };
    let http = Builder::new(new.clone())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MOST_RESETS)
        .max_local_error_reset_streams(MOST_ERRORS)
        .serve_connection(stream, service_fn(answer));
    let connection = Multiplexed::new(http, new, Connection::graceful_shutdown, course);
    course.follow(connection, Multiplexed::end).await;
}

async fn answer(
    request: Request<Incoming>,
    answers: &Answers,
    activity: &Activity,
    peer: SocketAddr,
) -> Response<ReplyBody> {
    let mut under_way = UnderWay::begin(activity);
    let response = answers.answer(request, peer).await;
    under_way.reply();
    response.map(|body| ReplyBody::new(body, under_way))
}
