/** Bytes of a status line and headers. */
const LONGEST = 256 * 1024;
/** What most heads are shorter than. */
const USUAL = 4096;

/** Collects a message's head until its empty line, at a cost in proportion to its length however small the pieces are. */
export class HeadBuffer {
  #bytes: Buffer | undefined;
  #length = 0;

  /**
   * Takes the chunk's bytes from `position` to `length`. Returns the head without its empty line, and where in the chunk the body begins; undefined
   * while it is not complete. Throws when it is too long.
   */
  add(chunk: Buffer, position: number, length: number): { text: string; end: number } | undefined {
    if (this.#bytes === undefined) {
      const text = chunk.toString('latin1', position, Math.min(length, position + USUAL));
      const end = endOfHead(text);
      if (end !== -1) return { text: text.slice(0, end), end: position + end };
    }
    return this.#append(chunk, position, length);
  }

  #append(chunk: Buffer, position: number, length: number): { text: string; end: number } | undefined {
    const before = this.#length;
    const bytes = this.#room(before + length - position);
    chunk.copy(bytes, before, position, length);
    this.#length += length - position;
    const searched = Math.max(before - 3, 0);
    const found = endOfHead(bytes.toString('latin1', searched, this.#length));
    const end = found === -1 ? -1 : searched + found;
    if (end === -1) {
      if (this.#length > LONGEST) throw new Error('the answer has too long headers');
      return undefined;
    }
    this.#bytes = undefined;
    this.#length = 0;
    return { text: bytes.toString('latin1', 0, end), end: position + end - before };
  }

  #room(needed: number): Buffer {
    const present = this.#bytes;
    if (present !== undefined && present.length >= needed) return present;
    const bytes = Buffer.allocUnsafe(Math.max(needed * 2, USUAL));
    present?.copy(bytes, 0, 0, this.#length);
    return (this.#bytes = bytes);
  }
}

/** Behind the first empty line; -1: there is none. Lines may end with LF alone (RFC 9112, 2.2). */
function endOfHead(text: string): number {
  const usual = text.indexOf('\n\r\n');
  const bare = text.indexOf('\n\n');
  if (bare !== -1 && (usual === -1 || bare < usual)) return bare + 2;
  return usual === -1 ? -1 : usual + 3;
}
