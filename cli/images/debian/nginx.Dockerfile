ARG DEBIAN
FROM ${DEBIAN} AS debian
ARG IMAGE
COPY collect.sh applets.sh nginx.conf default.conf index.html /tmp/
# The layout of the official image: configuration, page, user id and logs are where its users look for them.
RUN set -eu; \
    sh /tmp/collect.sh nginx busybox; \
    sh /tmp/applets.sh; \
    echo 'nginx:x:101:101:nginx:/var/cache/nginx:/sbin/nologin' >>/out/etc/passwd; \
    echo 'nginx:x:101:' >>/out/etc/group; \
    mkdir -p /out/etc/nginx/conf.d /out/usr/share/nginx/html /out/var/log/nginx /out/var/cache/nginx /out/var/lib/nginx; \
    cp /etc/nginx/mime.types /out/etc/nginx/; \
    cp /tmp/nginx.conf /out/etc/nginx/; \
    sed "s|@IMAGE@|${IMAGE}|" /tmp/default.conf >/out/etc/nginx/conf.d/default.conf; \
    cp /tmp/index.html /out/usr/share/nginx/html/; \
    echo "${IMAGE}" >/out/etc/podlab-image; \
    chown -R 101:101 /out/var/cache/nginx; \
    ln -s /dev/stdout /out/var/log/nginx/access.log; \
    ln -s /dev/stderr /out/var/log/nginx/error.log

FROM scratch
COPY --from=debian /out/ /
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
