import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HtmlLinks, rewriteLink } from './rewrite.ts';

const REWRITE = { prepend: '/p/proxy', hosts: ['10.0.0.1:80', 'lab:8001'] };

async function rewritten(chunks: readonly string[]): Promise<string> {
  const links = new HtmlLinks(REWRITE);
  for (const chunk of chunks) links.write(Buffer.from(chunk, 'latin1'));
  links.end();
  let out = '';
  for await (const data of links) out += (data as Buffer).toString('latin1');
  return out;
}

test.each([
  ['/a', '/p/proxy/a'],
  ['/', '/p/proxy/'],
  ['/a/?x=/y#z', '/p/proxy/a/?x=/y#z'],
  ['http://10.0.0.1:80/a', '/p/proxy/a'],
  ['//lab:8001/a', '/p/proxy/a'],
  ['/p/proxy/a', '/p/proxy/a'],
  ['http://elsewhere/a', 'http://elsewhere/a'],
  ['a/b', 'a/b'],
  ['#part', '#part'],
  ['mailto:me', 'mailto:me'],
])('%s becomes %s', (link, expected) => {
  expect(rewriteLink(link, REWRITE)).toBe(expected);
});

test('what comes in pieces is rewritten as what comes at once', async () => {
  const page = `<html><a title="1 > 2" href='/a'>/x</a><title><a href="/t"></title><LINK HREF=/l><!--<a href="/c">--><a href="/b"/> a < b`;
  const whole = await rewritten([page]);
  expect(whole).toBe(
    `<html><a title="1 > 2" href='/p/proxy/a'>/x</a><title><a href="/t"></title><LINK HREF=/p/proxy/l><!--<a href="/c">--><a href="/p/proxy/b"/> a < b`,
  );
  expect(await rewritten(page.split(''))).toBe(whole);
});

test('what holds no links goes through byte for byte, however it is cut', async () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '<!--',
    '-->',
    '<p class="',
    '"',
    "'",
    'é',
    '<script>',
    '</script',
    '</',
    ' ',
    'x',
    '<b>',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      expect(await rewritten(pieces)).toBe(pieces.join(''));
    }),
    { numRuns: 200 },
  );
});
