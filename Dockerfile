# The image holds two static binaries, tieout and the one that it brings reports to buckets with, and what they read: certificates to trust the providers by, and the zones of finance.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t tieout .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/data" -w /data tieout run

FROM golang:1.26.8-bookworm AS build
WORKDIR /src
# Alone in its layer: the modules are fetched again only when they change.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
RUN mkdir /root-of-image && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /root-of-image/ ./cmd/tieout ./cmd/tieout-bucket
# /tmp is there because the workbook is spooled through temporary files.
RUN mkdir -p /root-of-image/etc/ssl/certs /root-of-image/usr/share \
 && cp /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ \
 && cp /usr/local/go/lib/time/zoneinfo.zip /root-of-image/usr/share/zoneinfo.zip \
 && mkdir -m 1777 /root-of-image/tmp \
 && mkdir /empty

FROM scratch
COPY --from=build /root-of-image /
# The working directory: where a relative path of the configuration leads, when nothing is mounted over it.
COPY --from=build --chown=65532:65532 /empty /var/lib/tieout
# Go reads the zones from this archive. It comes with the compiler, so it is no older than the binary.
ENV ZONEINFO=/usr/share/zoneinfo.zip
WORKDIR /var/lib/tieout
# By number: Kubernetes can tell only a number from root.
USER 65532:65532
ENTRYPOINT ["/tieout"]
