/** The reading thread's side of streams: each gives a chunk when one is asked for. */
import { describeError } from "../../model/errors.ts";
import type { Chunk, HttpStream } from "../server/exchange.ts";
import type { FromReader } from "./read-request.ts";

interface ServedStream {
  readonly iterator: AsyncIterator<Chunk, undefined>;
  readonly gone: AbortController;
}

export interface ServedStreams {
  add(id: number, stream: HttpStream): void;
  pull(id: number): Promise<void>;
  cancel(id: number): void;
}

export function createServedStreams(post: (message: FromReader) => void): ServedStreams {
  const streams = new Map<number, ServedStream>();
  return {
    add(id, { status, headers, open }) {
      const gone = new AbortController();
      streams.set(id, { iterator: open(gone.signal)[Symbol.asyncIterator](), gone });
      post({ kind: "stream", id, status, headers });
    },
    async pull(id) {
      const stream = streams.get(id);
      if (stream === undefined) return;
      try {
        const { value: chunk } = await stream.iterator.next();
        if (!streams.has(id)) return;
        if (chunk !== undefined) {
          post({ kind: "chunk", id, chunk });
          return;
        }
        post({ kind: "end", id, fault: null });
      } catch (error) {
        const fault = error instanceof Error ? (error.stack ?? error.message) : describeError(error);
        if (!stream.gone.signal.aborted) post({ kind: "end", id, fault });
      }
      streams.delete(id);
    },
    cancel(id) {
      const stream = streams.get(id);
      streams.delete(id);
      stream?.gone.abort();
      // Waits for the chunk under way, if there is one, and closes what the stream has open.
      void stream?.iterator.return?.().catch(() => undefined);
    },
  };
}
