import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { beatKey, decodeBeat, encodeBeat, type Beat } from './beat.ts';

const key = beatKey('secret', 'podlab');
const moment = fc.record({ life: fc.bigInt(0n, 2n ** 64n - 1n), sequence: fc.nat(2 ** 32 - 1) });
const beats: fc.Arbitrary<Beat> = fc.record({
  from: fc.stringMatching(/^[a-z0-9.-]{1,63}$/),
  to: fc.stringMatching(/^[a-z0-9.-]{1,63}$/),
  at: moment,
  echo: moment,
  carries: fc.boolean(),
  unattended: fc.boolean(),
  hears: fc.array(fc.nat(2 ** 32 - 1), { maxLength: 200 }),
});

test('a beat is read as it was written', () => {
  fc.assert(
    fc.property(beats, (beat) => {
      expect(decodeBeat(encodeBeat(beat, key), key)).toEqual(beat);
    }),
  );
});

test('a beat that somebody has changed, or who has not the key has made, is none', () => {
  fc.assert(
    fc.property(beats, fc.nat(), fc.integer({ min: 1, max: 255 }), (beat, at, change) => {
      const message = encodeBeat(beat, key);
      expect(decodeBeat(message, beatKey('other', 'podlab'))).toBeUndefined();
      expect(decodeBeat(message, beatKey('secret', 'other'))).toBeUndefined();
      expect(decodeBeat(message.subarray(0, at % message.length), key)).toBeUndefined();
      message[at % message.length]! ^= change;
      expect(decodeBeat(message, key)).toBeUndefined();
    }),
  );
});

test('any bytes can be read, also when who made them has the key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeBeat(Buffer.from(bytes), key)),
  );
});
