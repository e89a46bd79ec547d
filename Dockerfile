# The service in a small image, as a user without privileges.
#
#   docker build -t wharfinger .
#   docker run --stop-timeout 40 -p 5001:5001 -p 127.0.0.1:5002:5002 -v wharfinger:/var/lib/wharfinger wharfinger
#
# The volume keeps the database and the keys. The stop may take longer than shutdown.grace (30 s), after which Docker must not kill.
#
# The stage `release` alone packs a program that was built elsewhere (BINARY, a path in the context):
#
#   docker build --target release --build-arg BINARY=target/release/wharfinger -t wharfinger .

# What both final images have: a user, and a folder that is theirs.
FROM debian:bookworm-slim AS base
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/wharfinger wharfinger \
 && install -d -o wharfinger -g wharfinger -m 0755 /var/lib/wharfinger /var/lib/wharfinger/data \
 && install -d -o wharfinger -g wharfinger -m 0755 /var/lib/wharfinger/keys /var/lib/wharfinger/keys/public
WORKDIR /var/lib/wharfinger
USER 10001:10001
# New volumes take over the owner of these folders. None is declared here: Docker would put nameless ones for the folders below
# over a volume for all of /var/lib/wharfinger, and lose them with the container.
# All listeners are reached from outside of the container only where it publishes them. A mounted wharfinger.toml does not
# overrule these variables; take them out with others.
ENV WHARFINGER_TOKEN__LISTEN=0.0.0.0:5001 \
    WHARFINGER_ADMIN__LISTEN=0.0.0.0:5002
EXPOSE 5001 5002
# Healthy while pulls go on without the database: Swarm replaces a container that is not, and its copies are gone then. The ops
# listener is asked, which is at the loopback of the container. A start that brings a large database up to date takes minutes, and
# whoever ended it would have it begin again; the first success ends that time.
HEALTHCHECK --interval=5s --timeout=10s --start-period=30m --retries=3 CMD ["wharfinger", "health", "--pulls"]
ENTRYPOINT ["wharfinger"]
CMD ["serve"]

FROM base AS release
ARG BINARY=target/release/wharfinger
COPY ${BINARY} /usr/local/bin/wharfinger

FROM rust:1.95.0-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --bin wharfinger

FROM base
COPY --from=build /source/target/release/wharfinger /usr/local/bin/wharfinger
