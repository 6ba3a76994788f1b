FROM rust:1-slim-bookworm AS build
WORKDIR /src
# The allocator is written in C.
RUN apt-get update && apt-get install --yes --no-install-recommends musl-tools
RUN rustup target add "$(uname -m)-unknown-linux-musl"
COPY . .
RUN cargo build --locked --release --target "$(uname -m)-unknown-linux-musl"
# An import puts what it sorts into /tmp.
RUN mkdir /out && mkdir -m 1777 /out/tmp && cp target/*-musl/release/nhi-policy /out/

# No shell, no libraries: one static file.
FROM scratch
COPY --from=build /out /
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/nhi-policy"]
