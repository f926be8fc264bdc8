/**
 * A program's output in a form that is safe for a log, a message or the database: no colours, no cursor movement, no
 * secret.
 */
import { stripVTControlCharacters } from "node:util";
import { makeMask } from "../../model/text/mask-secrets.ts";

export type CleanText = (text: string) => string;

/** Tabs are harmless; direction marks can show a line in another order than its characters have. */
const STEERING = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

export function makeCleanText(secrets: readonly string[]): CleanText {
  const mask = makeMask(secrets);
  return (text) =>
    mask(stripVTControlCharacters(text)).replaceAll(
      STEERING,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}
