# The build steps are the Makefile's own targets, so the tests exercise them.
FROM node:20-bookworm-slim AS pages
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY package.json package-lock.json .npmrc vite.config.ts tsconfig.json Makefile ./
COPY frontend frontend
RUN make frontend/dist/.vite/manifest.json

FROM golang:1.26-bookworm AS binary
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=pages /src/frontend/dist frontend/dist
ARG VERSION=dev
RUN make bin/astcti VERSION=$VERSION && mkdir -p /empty

FROM scratch
COPY --from=binary /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=binary /src/bin/astcti /astcti
COPY --from=binary --chown=65532:65532 /empty /data
COPY --from=binary --chown=65532:65532 /empty /tmp
USER 65532:65532
VOLUME /data
ENV ASTCTI_DATA_DIR=/data ASTCTI_HTTP_LISTEN=:8080 ASTCTI_LOG_FORMAT=json
EXPOSE 8080 5090 5091
HEALTHCHECK --interval=15s --timeout=6s --start-period=20s CMD ["/astcti", "health"]
ENTRYPOINT ["/astcti"]
CMD ["serve"]
