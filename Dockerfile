# The image is the program, the Node that runs it and the libraries Node is linked with: no shell, no package manager, no
# development dependency. All of it comes from the base of the build stage, a Debian (or another glibc) with Node and npm.
ARG NODE_IMAGE=docker.io/library/node:26-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# The only install script of consequence fetches a Node, and here is one already.
RUN npm ci --ignore-scripts
COPY src src
RUN npm run build
RUN set -eu; \
    mkdir -p /image/app /image/etc /image/usr/local/bin; \
    cp dist/* /image/app/; \
    # Otherwise Node takes the program for CommonJS first, and keeps 5 MiB of that attempt.
    echo '{"type":"module"}' > /image/app/package.json; \
    node="$(readlink -f "$(command -v node)")"; \
    cp "$node" /image/usr/local/bin/node; \
    ldd "$node" | grep -o '/[^ ]*' | sort -u | xargs cp -L --parents -t /image; \
    echo 'wasmgate:x:65532:65532::/:/nologin' > /image/etc/passwd

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 8443 8080
# Of what the container may have, the heap gets half. By itself Node 24 lets it grow to all of 256Mi, and the kernel ends the
# process before a thorough collection of garbage is tried; the other half is code, buffers and TLS. What an admission leaves
# behind is garbage at once: 2 MiB to collect it in, where Node takes 16, are 3 MiB less at rest and 16 less after a storm, for
# a fiftieth of the time (npm run bench).
ENTRYPOINT ["/usr/local/bin/node", "--max-old-space-size-percentage=50", "--max-semi-space-size=2", "/app/main.js"]
CMD ["serve"]
