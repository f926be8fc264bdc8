/** A program's words as they may stand in a log, a message or the database: no colours, nothing that moves a cursor, no handed-on secret. */
import { stripVTControlCharacters } from "node:util";

export type CleanText = (text: string) => string;

/** Tabs are harmless; direction marks can show a line in another order than it has. */
const STEERING = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** `secrets` are replaced wherever they stand, the longer ones first. */
export function makeCleanText(secrets: readonly string[]): CleanText {
  return (text) => {
    const masked = secrets.reduce(
      (left, secret) => left.replaceAll(secret, "[redacted]"),
      stripVTControlCharacters(text),
    );
    return masked.replaceAll(
      STEERING,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  };
}
