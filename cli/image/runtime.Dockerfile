ARG BASE
FROM ${BASE}
COPY tools.sh /tmp/
RUN sh /tmp/tools.sh
COPY node /usr/local/bin/node
