/** English or Portuguese: as the page's cookie says, else as the browser asks. Words of states, errors and events are the program's own in both. */
import type { HttpRequest } from "../../server/exchange.ts";

export const LANGUAGES = ["en", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];

/** For `<html lang>`. */
export const LANGUAGE_TAGS: Readonly<Record<Language, string>> = { en: "en", pt: "pt-BR" };

export const LANGUAGE_COOKIE = "dagmar_language";

/** Texts that differ by language, next to the page that shows them. */
export type Words<Texts> = Readonly<Record<Language, Texts>>;

export function chooseLanguage({ headers }: Pick<HttpRequest, "headers">): Language {
  const chosen = readCookie(headers["cookie"] ?? "", LANGUAGE_COOKIE);
  return findLanguage(chosen) ?? readAccepted(headers["accept-language"] ?? "");
}

export function findLanguage(text: string | undefined): Language | undefined {
  return LANGUAGES.find((language) => language === text);
}

/** The first of the two that the header names with the highest weight, as RFC 9110 12.5.4. */
function readAccepted(header: string): Language {
  const ranges = header.split(",").flatMap((part) => {
    const [range = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    const language = findLanguage(range.split("-")[0]);
    return language === undefined
      ? []
      : [{ language, weight: weight === undefined ? 1 : Number(weight.slice(2)) }];
  });
  const [best] = ranges.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight);
  return best?.language ?? "en";
}

/** `undefined` if the header has none of that name. */
function readCookie(header: string, name: string): string | undefined {
  const found = header
    .split(";")
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
