/** Cuts a stream of chunks into blocks of whole lines, in constant memory. Does not interpret the lines. */

const LF = 0x0a;
/** Room for the CR and the LF of a line that is just as long as allowed. */
const BREAK_BYTES = 2;
const FIRST_CARRY_BYTES = 64 * 1024;

export interface LineBlockHandler {
  /**
   * `bytes[from, to)` is one or more whole lines, each ended by LF. Valid during the call only. A line within one chunk
   * is passed on however long it is: it is in memory already.
   */
  onBlock(bytes: Uint8Array, from: number, to: number): void;
  /**
   * A line that spans chunks and is longer than the limit was dropped; `head` is its beginning, valid during the call
   * only.
   */
  onTooLong(head: Uint8Array): void;
}

export interface LineBlocks {
  /** Takes the stream's next bytes and keeps no reference to them. */
  push(chunk: Uint8Array): void;
  /** Passes on the last line if no LF ended it. */
  end(): void;
}

/** At most `maxLineBytes` (without line break) of a line that spans chunks are kept. */
export function createLineBlocks(maxLineBytes: number, handler: LineBlockHandler): LineBlocks {
  const limit = maxLineBytes + BREAK_BYTES;
  let carry = new Uint8Array(Math.min(limit + 1, FIRST_CARRY_BYTES));
  let carried = 0;
  let isTooLong = false;

  function keep(chunk: Uint8Array, from: number, to: number): void {
    if (isTooLong) return;
    const taken = Math.min(to - from, limit - carried);
    isTooLong = taken < to - from;
    reserve(carried + taken);
    carry.set(chunk.subarray(from, from + taken), carried);
    carried += taken;
  }

  function reserve(length: number): void {
    if (length <= carry.length) return;
    const larger = new Uint8Array(Math.min(limit + 1, Math.max(length, carry.length * 2)));
    larger.set(carry.subarray(0, carried));
    carry = larger;
  }

  function release(): void {
    const length = carried;
    const wasTooLong = isTooLong;
    carried = 0;
    isTooLong = false;
    if (wasTooLong) handler.onTooLong(carry.subarray(0, length));
    else handler.onBlock(carry, 0, length);
  }

  return {
    push: (chunk) => {
      let from = 0;
      if (carried > 0) {
        const lineEnd = chunk.indexOf(LF);
        if (lineEnd === -1) return keep(chunk, 0, chunk.length);
        from = lineEnd + 1;
        keep(chunk, 0, from);
        release();
      }
      const to = chunk.lastIndexOf(LF) + 1;
      if (to > from) handler.onBlock(chunk, from, to);
      keep(chunk, Math.max(from, to), chunk.length);
    },
    end: () => {
      if (carried === 0) return;
      if (!isTooLong) {
        reserve(carried + 1);
        carry[carried++] = LF;
      }
      release();
    },
  };
}
