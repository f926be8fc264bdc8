/**
 * Which requests a title needs at TMDB, and which outcome their answers give. The client sends them and handles
 * refusals.
 */
import type { Clock } from "../../model/ports/clock.ts";
import { MAX_RECORD_BYTES } from "../../model/records/record-batch.ts";
import { describeCause } from "../http/attempt-failure.ts";
import type { HttpAnswer, HttpRequest } from "../http/exchange.ts";
import { hashStructure, isJsonObject } from "../http/json-body.ts";
import type { AbsentTitle, FailedTitle, TitleAnswer } from "./title-answer.ts";
import { isTitle, readFind, readImdbId, readProviderId, type AbsenceReason } from "./title-check.ts";
import { buildQuery, findRequest, movieRequest, type TitleRequest } from "./title-requests.ts";

export type TmdbAnswer = Exclude<HttpAnswer, { kind: "refused" }> | { readonly kind: "not_found" };

export interface TitleFetcherTools {
  /** In a form that may be shown. */
  readonly host: string;
  readonly clock: Clock;
  /** Raises if an answer says nothing about a title. */
  readonly get: (request: HttpRequest, signal: AbortSignal) => Promise<TmdbAnswer>;
}

export type TitleFetcher = (title: TitleRequest, signal: AbortSignal) => Promise<TitleAnswer>;

const IMDB_ID = /^tt\d{7,10}$/;

export function createTitleFetcher({ host, clock, get }: TitleFetcherTools): TitleFetcher {
  function fail(reason: string, detail: string, isPermanent: boolean): FailedTitle {
    return { outcome: "failed", reason, detail, isPermanent, fetchedAt: clock.now().toISOString() };
  }

  function absent(reason: AbsenceReason): AbsentTitle {
    return { outcome: "not_found", reason, fetchedAt: clock.now().toISOString() };
  }

  /** The failure if an answer is neither JSON nor TMDB's 404. */
  function failFrom(answer: Extract<HttpAnswer, { kind: "failed" }>): FailedTitle {
    const { failure, detail } = answer;
    const failed = fail(failure.reason, detail, failure.reason === "too_large");
    return { ...failed, cause: describeCause(failure) };
  }

  async function find(
    title: TitleRequest,
    signal: AbortSignal,
  ): Promise<readonly number[] | AbsentTitle | FailedTitle> {
    const request = findRequest(title);
    const { template } = request;
    const answer = await get(request, signal);
    if (answer.kind === "not_found") return absent("unknown");
    if (answer.kind === "failed") return failFrom(answer);
    const verdict = readFind(answer.value, title.entity);
    if (verdict.kind === "found") return verdict.ids;
    if (verdict.kind === "absent") return absent(verdict.reason);
    return fail("bad_find_answer", `GET ${template} from ${host}: not a valid answer of /find`, false);
  }

  /** `providerId` is the id that `/find` gave; without it the title was asked for by its IMDb id. */
  async function judge(
    answer: Extract<HttpAnswer, { kind: "json" }>,
    title: TitleRequest,
    endpoint: string,
    providerId: number | undefined,
    signal: AbortSignal,
  ): Promise<TitleAnswer> {
    const fetchedAt = clock.now().toISOString();
    const source = `GET ${endpoint} from ${host}`;
    const { value, bytes } = answer;
    const id = isTitle(value, title.entity) ? readProviderId(value) : undefined;
    if (!isJsonObject(value) || id === undefined) {
      return fail("not_a_title", `${source}: JSON that is not a title`, false);
    }
    if (providerId !== undefined && id !== providerId) {
      return fail("wrong_title", `${source}: asked for ${providerId}, got ${id}`, true);
    }
    const imdbId = readImdbId(value, title.entity);
    if (imdbId !== undefined && imdbId !== title.imdbId) {
      return fail("wrong_title", `${source}: asked for ${title.imdbId}, got another IMDb id`, true);
    }
    if (imdbId === undefined && providerId === undefined) {
      const ids = await find(title, signal);
      if ("outcome" in ids && ids.outcome === "failed") return ids;
      if ("outcome" in ids || !ids.includes(id)) {
        return fail(
          "wrong_title",
          `${source}: ${id} names no IMDb id, and /find does not know it as ${title.imdbId}`,
          true,
        );
      }
    }
    if (bytes.length > MAX_RECORD_BYTES) {
      const detail = `${source}: ${bytes.length} bytes, more than an object may hold`;
      return { ...fail("too_large", detail, true), isProven: true };
    }
    return {
      outcome: "found",
      body: bytes,
      structure: hashStructure(value),
      endpoint,
      fetchedAt,
      providerId: id,
    };
  }

  /** Asks for each title that `/find` names until one exists: TMDB keeps names of titles that are gone. */
  async function fetchFound(title: TitleRequest, signal: AbortSignal): Promise<TitleAnswer> {
    const query = buildQuery(title);
    const ids = await find(title, signal);
    if ("outcome" in ids) return ids;
    const isFair = title.hasFailed !== true;
    const folder = title.entity === "movie" ? "movie" : "tv";
    const endpoint = `/${folder}/{id}`;
    let wrong: FailedTitle | undefined;
    for (const id of new Set(ids)) {
      const answer = await get({ path: `/${folder}/${id}?${query}`, template: endpoint, isFair }, signal);
      if (answer.kind === "not_found") continue;
      if (answer.kind === "failed") return failFrom(answer);
      const verdict = await judge(answer, title, endpoint, id, signal);
      if (verdict.outcome !== "failed" || verdict.reason !== "wrong_title") return verdict;
      wrong ??= verdict;
    }
    return wrong ?? absent("gone");
  }

  async function fetchMovie(title: TitleRequest, signal: AbortSignal): Promise<TitleAnswer> {
    const request = movieRequest(title);
    const answer = await get(request, signal);
    if (answer.kind === "not_found") return fetchFound(title, signal);
    if (answer.kind === "failed") return failFrom(answer);
    return judge(answer, title, request.template, undefined, signal);
  }

  return async (title, signal) => {
    signal.throwIfAborted();
    if (!IMDB_ID.test(title.imdbId)) return fail("bad_id", "not tt and 7 to 10 digits", true);
    return title.entity === "movie" ? fetchMovie(title, signal) : fetchFound(title, signal);
  };
}
