/** The faults that a test can script, and which request each of them meets. `play-fault.ts` plays them. */
import type { Question, Route } from "./question.ts";

/** All that is given must hold; an empty one meets every request. */
interface FaultMatcher {
  readonly route?: Route;
  /** IMDb id; also meets the requests by the same title's number. */
  readonly id?: string;
  /** The id as it stands in the path, so that `/movie/tt…` and `/movie/123` can be distinguished. */
  readonly givenId?: string;
  /** The connection has served a request before. */
  readonly isReused?: boolean;
}

export type FaultAction =
  /** No answer ever. */
  | { readonly kind: "hang" }
  /** The right answer, `chunkBytes` (default 16) at a time, with a pause of `pauseMs` (default 50) after each. */
  | { readonly kind: "drip"; readonly chunkBytes?: number; readonly pauseMs?: number }
  /** The right answer after a while. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** The connection ends in mid-body; the length was announced (`length`) or the body is chunked. */
  | { readonly kind: "truncate"; readonly by: "length" | "chunked" }
  /** 200 with a page of HTML. */
  | { readonly kind: "html" }
  /** 200 with JSON that breaks off, though all announced bytes are there. */
  | { readonly kind: "badJson" }
  /** 200 with the right record inside an array. */
  | { readonly kind: "array" }
  /** The record of another title (default: the id's next neighbour). */
  | { readonly kind: "wrongTitle"; readonly imdbId?: string }
  /** 200, gzip, a JSON object that inflates to `inflatedBytes` (default 100 MB). */
  | { readonly kind: "gzipBomb"; readonly inflatedBytes?: number }
  /** TMDB's error body for the status. `retryAfter` is the header as it goes out. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  /** 429 with `Retry-After` as an HTTP date so many seconds ahead. */
  | { readonly kind: "retryAfterDate"; readonly seconds: number }
  /** The connection is reset without an answer. */
  | { readonly kind: "reset" }
  /** What `/find` gives for the title; `movie` is found as a film, `both` as film and series. */
  | { readonly kind: "find"; readonly found: "nothing" | "movie" | "tv" | "both" }
  /** Top-level names taken away or added. */
  | {
      readonly kind: "reshape";
      readonly omit?: readonly string[];
      readonly add?: Readonly<Record<string, unknown>>;
    }
  /** The right record, grown to `sizeBytes` (default 10,500,000). */
  | { readonly kind: "oversized"; readonly sizeBytes?: number };

interface Fault {
  readonly when: FaultMatcher;
  /** How many requests it meets; default all. */
  readonly times?: number;
  readonly play: FaultAction;
}

export interface FaultScript {
  /** The first fault that meets a request and is not used up plays. */
  push(...faults: readonly Fault[]): void;
  /** How many requests met a fault so far. */
  readonly played: number;
  clear(): void;
  /** Counts the fault it returns as played. */
  take(question: Question, isReused: boolean): FaultAction | undefined;
}

export function createFaultScript(): FaultScript {
  let entries: { readonly fault: Fault; left: number }[] = [];
  let played = 0;
  return {
    push(...faults) {
      entries.push(...faults.map((fault) => ({ fault, left: fault.times ?? Infinity })));
    },
    get played() {
      return played;
    },
    clear() {
      entries = [];
    },
    take(question, isReused) {
      const entry = entries.find(({ fault, left }) => left > 0 && meets(fault.when, question, isReused));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      played += 1;
      return entry.fault.play;
    },
  };
}

function meets(when: FaultMatcher, question: Question, isReused: boolean): boolean {
  return (
    (when.route === undefined || when.route === question.route) &&
    (when.id === undefined || when.id === question.imdbId) &&
    (when.givenId === undefined || when.givenId === question.givenId) &&
    (when.isReused === undefined || when.isReused === isReused)
  );
}
