import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Bench, heard } from '../testing.ts';

const bench = new Bench();
afterEach(() => bench.close());

const HOST = '127.0.0.1';
const GET = 'GET / HTTP/1.1\r\nHost: web\r\n';
const CLOSE = `${GET}Connection: close\r\n\r\n`;

/** The request as an endpoint heard it, headers as they were written. */
const echo = (request: IncomingMessage, body = ''): string =>
  JSON.stringify({ method: request.method, url: request.url, headers: request.rawHeaders, body });

async function collect(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

const echoing = () =>
  bench.http((request, response) => {
    void collect(request).then((body) => response.end(echo(request, body)));
  });

const answering = async (answer: string, asked = CLOSE): Promise<string> => {
  const { port } = await bench.carry([await bench.raw(answer)]);
  return bench.exchange(port, asked);
};

const carried = async () => bench.carry([await bench.http((_, response) => response.end('ok'))]);

const line = (path: string) => `GET ${path} HTTP/1.1\r\nHost: web\r\n`;

describe('a request', () => {
  test('keeps its target and its headers as the client wrote them', async () => {
    const { port } = await bench.carry([await echoing()]);
    const text = await bench.exchange(
      port,
      'GET /a/../b//c?x=%20&&y= HTTP/1.1\r\nhOsT: web\r\nX-Twice: 1\r\nX-Twice: 2\r\nConnection: close\r\n\r\n',
    );
    expect(text).toContain('"url":"/a/../b//c?x=%20&&y="');
    expect(text).toContain('"hOsT","web","X-Twice","1","X-Twice","2"');
  });

  test('loses what is about its own connection, and nothing that a client may not have left out', async () => {
    const { port } = await bench.carry([await echoing()]);
    const text = await bench.exchange(
      port,
      'POST / HTTP/1.1\r\nHost: web\r\nConnection: close, X-Mine, Content-Length, Host, X-Forwarded-For\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: nothing\r\nContent-Length: 2\r\n\r\nhi',
    );
    expect(text).not.toMatch(/X-Mine|Keep-Alive"|Proxy-Connection|"TE"|"Upgrade"/);
    expect(text).toContain('"Host","web"');
    expect(text).toContain('"X-Forwarded-For","127.0.0.1"');
    expect(text).toContain('"body":"hi"');
  });

  test('names the client behind those named before, and does not contradict a proxy about the protocol', async () => {
    const { port } = await bench.carry([await echoing()]);
    const text = await bench.exchange(
      port,
      `${GET}X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.org\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toContain('"X-Forwarded-For","192.0.2.1, 127.0.0.1"');
    expect(text).toContain('"X-Forwarded-Proto","https"');
    expect(text).toContain('"X-Forwarded-Host","example.org"');
    const bare = await bench.exchange(port, CLOSE);
    expect(bare).toContain('"X-Forwarded-Proto","http","X-Forwarded-Host","web"');
  });

  test.each(['POST', 'DELETE', 'OPTIONS', 'GET'])(
    'of %s keeps a body in chunks, and its trailers',
    async (method) => {
      const endpoint = await bench.http((request, response) => {
        void collect(request).then((body) => response.end(`${body} ${request.rawTrailers.join()}`));
      });
      const { port } = await bench.carry([endpoint]);
      const text = await bench.exchange(
        port,
        `${method} / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: close\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n`,
      );
      expect(text).toContain('abcde X-Sum,5');
    },
  );

  test('waits for the endpoint to say that it may go on, if it asks', async () => {
    const endpoint = await bench.raw((socket) => {
      socket.once('data', (head) => {
        expect(head.toString()).toContain('Expect: 100-continue');
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        socket.once('data', (body) =>
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${String(body)}`),
        );
      });
    });
    const { port } = await bench.carry([endpoint]);
    const socket = connect({ host: HOST, port });
    bench.later(() => socket.destroy());
    socket.write(
      'POST / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n',
    );
    expect(await heard(socket, '\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('body');
    expect(await heard(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*body$/);
  });

  test('that is refused before its body came ends the connection, whose next bytes could be the body', async () => {
    const { port } = await bench.carry([await bench.raw('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n')]);
    const text = await bench.exchange(
      port,
      'POST / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 400\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 417 No\r\n[^]*Connection: close/);
  });

  test('streams: the endpoint hears the first bytes while the client still writes', async () => {
    const endpoint = await bench.http((request, response) => {
      request.once('data', (chunk: Buffer) => response.write(`heard ${String(chunk)}`));
      request.on('end', () => response.end());
    });
    const { port } = await bench.carry([endpoint]);
    const answered = await new Promise<string>((resolve, reject) => {
      const request = httpRequest({ host: HOST, port, method: 'POST', agent: false }, (response) =>
        response.on('data', (chunk: Buffer) => {
          resolve(String(chunk));
          request.end();
        }),
      );
      request.on('error', reject).write('first');
    });
    expect(answered).toBe('heard first');
  });

  test('of a client that leaves is broken off at the endpoint', async () => {
    let left: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (left = resolve));
    const endpoint = await bench.http((_, response) => {
      response.on('close', () => left?.());
      response.write('begun');
    });
    const { port, records } = await bench.carry([endpoint]);
    const socket = connect({ host: HOST, port });
    socket.write(`${GET}\r\n`);
    await heard(socket, 'begun');
    socket.destroy();
    await gone;
    await expect.poll(records).toMatchObject([{ status: 200, aborted: true, bytesOut: 5 }]);
  });

  test('that cannot be sent twice is not, and one that can be is', async () => {
    const failing = await bench.raw((socket) => socket.once('data', () => socket.destroy()));
    const { port, records } = await bench.carry([
      failing,
      await bench.http((_, response) => response.end('ok')),
    ]);
    const posted = [];
    for (let n = 0; n < 2; n++) posted.push(await bench.exchange(port, CLOSE.replace('GET', 'POST')));
    expect(posted.map((text) => text.slice(9, 12)).toSorted()).toEqual(['200', '502']);
    for (let n = 0; n < 2; n++) expect(await bench.exchange(port, CLOSE)).toMatch(/^HTTP\/1\.1 200/);
    expect(records().map(({ retries }) => retries)).toContain(1);
  });

  test('finds another connection when the one that waited was just closed', async () => {
    let requests = 0;
    const endpoint = await bench.raw((socket) => {
      let here = 0;
      socket.on('data', () => {
        requests++;
        if (++here > 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const { port } = await bench.carry([endpoint]);
    for (let n = 0; n < 3; n++) expect(await bench.exchange(port, CLOSE)).toMatch(/ok$/);
    expect(requests).toBeGreaterThan(3);
  });

  test('pipelined behind others is answered in their order', async () => {
    const endpoint = await bench.http((request, response) => {
      setTimeout(() => response.end(`<${request.url}>`), request.url === '/1' ? 40 : 0);
    });
    const { port } = await bench.carry([endpoint]);
    const text = await bench.exchange(
      port,
      `${line('/1')}\r\n${line('/2')}\r\n${line('/3')}Connection: close\r\n\r\n`,
    );
    expect(text.match(/<[^>]+>/g)).toEqual(['</1>', '</2>', '</3>']);
  });
});

describe('an answer', () => {
  test('keeps its headers, but for those about the connection', async () => {
    const text = await answering(
      'HTTP/1.1 299 Very Well\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nX-Hop: 1\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=9\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 299 Very Well\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    expect(text).not.toMatch(/X-Hop|timeout=9|Upgrade/);
  });

  test('passes trailers on', async () => {
    const text = await answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\nContent-Length: 9\r\n\r\n',
    );
    expect(text).toMatch(/Trailer: X-Sum\r\n/);
    expect(text).toMatch(/3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n$/);
  });

  test('without a length ends with the endpoint’s connection', async () => {
    const endpoint = await bench.raw((socket) =>
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it')),
    );
    const { port, records } = await bench.carry([endpoint]);
    expect(await bench.exchange(port, CLOSE)).toMatch(/all of it\r\n0\r\n\r\n$/);
    await expect.poll(records).toMatchObject([{ status: 200, bytesOut: 9 }]);
    expect(records()[0]).not.toHaveProperty('aborted');
  });

  test('to HTTP/1.0 has no chunks', async () => {
    const text = await answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n',
      'GET / HTTP/1.0\r\n\r\n',
    );
    expect(text).toMatch(/\r\n\r\nabc$/);
  });

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', /Content-Length: 5\r\n[^]*\r\n\r\n$/],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP\/1\.1 204 [^]*\r\n\r\n$/],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', /^HTTP\/1\.1 304 [^]*\r\n\r\n$/],
  ])('to %s %j has no body', async (method, answer, expected) => {
    expect(await answering(answer, CLOSE.replace('GET', method))).toMatch(expected);
  });

  test('may be preceded by hints', async () => {
    const text = await answering(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    expect(text).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
  });

  test('with headers alone reaches the client before its body', async () => {
    const { port } = await bench.carry([
      await bench.raw('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'),
    ]);
    expect(await bench.exchange(port, `${GET}\r\n`, '\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab'],
    ['an unknown transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['a header with a zero byte', 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ])('with %s is refused', async (_, answer) => {
    expect(await answering(answer)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*podlab proxy: /);
  });

  test('that is longer than it says spoils no other', async () => {
    const answer =
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
    const { port } = await bench.carry([await bench.raw(answer)]);
    for (let n = 0; n < 3; n++) expect(await bench.exchange(port, CLOSE)).toMatch(/\r\n\r\nok$/);
  });

  test('is read no faster than its client reads', async () => {
    let written = 0;
    const endpoint = await bench.raw((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n');
        const more = (): void => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) written += 65_536;
          socket.once('drain', more);
        };
        more();
      });
    });
    const { port } = await bench.carry([endpoint]);
    const socket = connect({ host: HOST, port });
    bench.later(() => socket.destroy());
    socket.pause();
    socket.write(`${GET}\r\n`);
    await pause(400);
    const atFirst = written;
    await pause(200);
    expect(written - atFirst).toBeLessThan(2_000_000);
    expect(written).toBeLessThan(40_000_000);
  });
});

describe('hostile input', () => {
  test.each([
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', 400],
    [
      'chunks that are not the last coding',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a space before a colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2: 3\r\nno colon\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['no method', 'GET / HTTP/9.9\r\n\r\n', 400],
    ['more headers than fit', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`, 431],
  ])('%s is refused', async (_, text, status) => {
    const { port } = await carried();
    expect(await bench.exchange(port, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(await bench.exchange(port, CLOSE)).toMatch(/ok$/);
  });

  test('many headers are all carried', async () => {
    const server = createServer({ maxHeaderSize: 100_000 }, (request, response) =>
      response.end(String(request.rawHeaders.filter((name) => name.startsWith('X-Many')).length)),
    );
    server.maxHeadersCount = 0;
    const { port } = await bench.carry([await bench.endpoint(server)]);
    const many = Array.from({ length: 3000 }, (_, n) => `X-Many-${n}: ${n}\r\n`).join('');
    expect(await bench.exchange(port, `${GET}${many}Connection: close\r\n\r\n`)).toMatch(/\r\n\r\n3000$/);
  });

  test('a client that is gone before the answer costs nothing', async () => {
    const { port } = await carried();
    for (let n = 0; n < 20; n++) {
      const socket = connect({ host: HOST, port });
      socket.write(`${GET}\r\n${GET}\r\n`, () => socket.resetAndDestroy());
      socket.on('error', () => {});
    }
    await pause(50);
    expect(await bench.exchange(port, CLOSE)).toMatch(/ok$/);
  });
});

describe('a connection that becomes another protocol’s', () => {
  test.each([
    [
      'h2c',
      'GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    ],
    ['SPDY', 'POST /exec HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n'],
    ['CONNECT', 'CONNECT db:5432 HTTP/1.1\r\nHost: db\r\n\r\n'],
  ])('by %s is carried as it comes', async (_, asked) => {
    const endpoint = await bench.raw((socket) => {
      socket.once('data', (head) => {
        socket.write(`HTTP/1.1 101 Fine\r\nX-Asked: ${head.toString().split('\r\n')[0]}\r\n\r\n`);
        socket.on('data', (chunk) => socket.write(`<${String(chunk)}>`));
      });
    });
    const { port } = await bench.carry([await bench.dead(), endpoint]);
    const socket = connect({ host: HOST, port });
    bench.later(() => socket.destroy());
    socket.write(asked);
    expect(await heard(socket, '\r\n\r\n')).toBe(
      `HTTP/1.1 101 Fine\r\nX-Asked: ${asked.split('\r\n')[0]}\r\n\r\n`,
    );
    socket.write('bytes');
    expect(await heard(socket, '>')).toBe('<bytes>');
  });
});

test('each request leaves a record', async () => {
  const endpoint = { ...(await bench.http((_, response) => response.end('four'))), pod: 'default/web-1' };
  const { port, records } = await bench.carry([endpoint]);
  await bench.exchange(
    port,
    'POST /p?q=1 HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc',
  );
  await expect.poll(records).toMatchObject([
    {
      kind: 'http',
      client: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      service: 'default/web:80',
      endpoint: `${HOST}:${endpoint.port}`,
      pod: 'default/web-1',
      method: 'POST',
      path: '/p?q=1',
      status: 200,
      bytesIn: 3,
      bytesOut: 4,
      retries: 0,
    },
  ]);
});

test.each(['http://[', 'http://web:99999/', 'http://'])(
  'a WebSocket for %s, which is no URL, is refused',
  async (target) => {
    const { port, records } = await bench.carry([await echoing()]);
    const head = `GET ${target} HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await bench.exchange(port, head)).toMatch(/^HTTP\/1\.1 400 /);
    await expect.poll(records).toMatchObject([{ kind: 'http', status: 400 }]);
  },
);
