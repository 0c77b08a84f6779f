# syntax=docker/dockerfile:1
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /parley ./app

# Nothing but the binary and the certificates of the world's mail servers and single sign-on.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /parley /parley
USER nonroot
ENV PORT=8080 ADMIN_ADDR=:9090 LOG=json
EXPOSE 8080 9090
# Lives, not is ready: a container is not to be replaced because the database is away.
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 CMD ["/parley", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/parley"]
CMD ["serve"]
