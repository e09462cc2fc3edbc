import { assert, array, constantFrom, integer, property, record, string, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResponseParser } from './response-parser.ts';
import type { ResponseHead } from './response-head.ts';

class Heard {
  readonly heads: ResponseHead[] = [];
  informationals = 0;
  text = '';
  trailers: readonly string[] | undefined;

  informational(): void {
    this.informationals++;
  }
  head(head: ResponseHead): void {
    this.heads.push(head);
  }
  body(bytes: Buffer, start: number, end: number): void {
    this.text += bytes.toString('latin1', start, end);
  }
  end(trailers: readonly string[]): void {
    this.trailers = trailers;
  }
}

/** Cut into pieces of these sizes, in turn. */
function parse(text: string, sizes: readonly number[] = [text.length], method = 'GET') {
  const parser = new ResponseParser();
  const heard = new Heard();
  parser.begin(method, heard);
  const bytes = Buffer.from(text, 'latin1');
  // One buffer for all pieces, as connections have it.
  const arrivals = Buffer.alloc(65_536, 'X');
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    const length = bytes.copy(arrivals, 0, at, at + size);
    parser.execute(arrivals, length);
    at += length;
  }
  return { parser, heard };
}

const sizes = array(integer({ min: 1, max: 40 }), { minLength: 1 });
const word = string({ unit: constantFrom('a', 'b', 'Z', '-', '0', '9'), minLength: 1, maxLength: 12 });
const bodies = array(
  string({ unit: constantFrom('a', '\r', '\n', ':', '0', ' '), minLength: 1, maxLength: 30 }),
  {
    maxLength: 5,
  },
);

describe('an answer in any pieces', () => {
  test('of a length is the same', () => {
    assert(
      property(
        bodies,
        array(record({ name: word, value: word }), { maxLength: 5 }),
        sizes,
        constantFrom('\r\n', '\n'),
        (parts, headers, cut, eol) => {
          const body = parts.join('');
          const lines = headers.map(({ name, value }) => `X-${name}: ${value}${eol}`).join('');
          const { parser, heard } = parse(
            `HTTP/1.1 200 OK${eol}${lines}Content-Length: ${body.length}${eol}${eol}${body}`,
            cut,
          );
          expect(heard.text).toBe(body);
          expect(heard.heads[0]?.headers).toEqual([
            ...headers.flatMap(({ name, value }) => [`X-${name}`, value]),
            'Content-Length',
            `${body.length}`,
          ]);
          expect(parser.idle && parser.keepAlive).toBe(true);
        },
      ),
    );
  });

  test('of chunks is the same, with its trailers', () => {
    assert(
      property(bodies, sizes, (parts, cut) => {
        const chunks = parts.map((part) => `${part.length.toString(16)};x=y\r\n${part}\r\n`).join('');
        const { parser, heard } = parse(
          `HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n${chunks}0\r\nX-T: 1\r\n\r\n`,
          cut,
        );
        expect(heard.text).toBe(parts.join(''));
        expect(heard.trailers).toEqual(['X-T', '1']);
        expect(parser.idle && parser.keepAlive).toBe(true);
      }),
    );
  });

  test('of any bytes throws or not, and never hangs', () => {
    assert(
      property(
        uint8Array({ maxLength: 300 }),
        sizes,
        constantFrom('', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        (bytes, cut, start) => {
          try {
            parse(start + Buffer.from(bytes).toString('latin1'), cut);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
    );
  });
});

test('several answers that come before one are told apart', () => {
  const { heard } = parse(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 None\r\n\r\n',
  );
  expect([heard.informationals, heard.heads[0]?.status]).toEqual([2, 204]);
});

test('an answer with a length and chunks goes by its chunks, and its connection is used no more', () => {
  const { parser, heard } = parse(
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  );
  expect([heard.text, parser.keepAlive, heard.heads[0]?.headers]).toEqual(['ab', false, []]);
});

test('a head that does not end is refused at some length', () => {
  const parser = new ResponseParser();
  parser.begin('GET', new Heard());
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nX: '.padEnd(60_000, 'x'));
  expect(() => {
    for (let n = 0; n < 10; n++) parser.execute(bytes, bytes.length);
  }).toThrow('too long headers');
});

test.each([
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n;a\r\n'],
  ['a chunk of a negative size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n'],
  ['a chunk that is longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnothing\r\n\r\n'],
])('%s is refused', (_, text) => {
  expect(() => parse(text)).toThrow(/answer/);
});
