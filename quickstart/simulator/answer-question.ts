/** The valid answer to a question under TMDB's rules. Knows nothing of tokens, rates, faults or sockets. */
import { answerError, answerRecord, type Answer } from "./answer.ts";
import { buildFindRecord } from "./find-record.ts";
import type { InstantBodies } from "./instant-bodies.ts";
import type { Question } from "./question.ts";
import type { Entity } from "./records.ts";
import type { World } from "./world.ts";

/** TMDB's limit for `append_to_response`. */
const MOST_APPENDS = 20;

/** `call`: how often this title was asked for, this time included. */
export function answerQuestion(
  world: World,
  question: Question,
  call: number,
  instantBodies: InstantBodies | undefined,
): Answer {
  if (question.append.length > MOST_APPENDS) return answerError("tooManyAppends");
  if (question.route === "find") return answerFind(world, question, call);
  const { imdbId, route } = question;
  if (imdbId === undefined) return answerError(/^\d+$/.test(question.givenId) ? "notFound" : "invalidId");
  const isNumber = imdbId !== question.givenId;
  // TMDB takes an IMDb id for a film and not for a series.
  if (route === "tv" && !isNumber) return answerError("notFound");
  const kind = world.kindOf(imdbId);
  if (kind !== "either" && kind !== route) return answerError("notFound");
  const facts = world.describeFacts(imdbId, call);
  if (instantBodies !== undefined) return { status: 200, body: instantBodies.body(route, facts, question) };
  return answerRecord(world.describe(route, facts, question));
}

function answerFind(world: World, question: Question, call: number): Answer {
  if (question.externalSource !== "imdb_id") return answerError("invalidParameters");
  if (question.imdbId === undefined || question.imdbId !== question.givenId) return answerError("notFound");
  const kind = world.kindOf(question.imdbId);
  const found: readonly Entity[] = kind === "unknown" ? [] : [kind === "movie" ? "movie" : "tv"];
  return answerRecord(buildFindRecord(world.describeFacts(question.imdbId, call), found));
}
