# The image of control plane and nodes, for machines that reach Docker Hub. Elsewhere `npm start` builds it from Debian's
# packages. No BuildKit-only features: engines of Debian and docker-compose 1.29 build it too.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund
COPY . .
RUN node cli/bundle.ts /opt/podlab

FROM ${BASE}
COPY cli/image/tools.sh /tmp/
RUN sh /tmp/tools.sh
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /opt/podlab /opt/podlab
WORKDIR /opt/podlab
