ARG DEBIAN
FROM ${DEBIAN} AS debian
COPY collect.sh applets.sh /tmp/
RUN sh /tmp/collect.sh busybox && sh /tmp/applets.sh

FROM scratch
COPY --from=debian /out/ /
CMD ["sh"]
