/**
 * Whether a text is a language in TMDB's form: ISO 639-1, alone or with an ISO 3166-1 country (its page "Languages").
 */

const FORM = /^([a-z]{2})(?:-([A-Z]{2}))?$/;
/** TMDB's own codes: Cantonese, and no language. */
const OWN = new Set(["cn", "xx"]);
const EXAMPLE = "must be a language such as pt-BR or en-US";

/** What is wrong with the text, as a sentence; `undefined` if it is a language. */
export function findLanguageFault(text: string): string | undefined {
  const canonical = canonicalise(text);
  if (canonical !== undefined && canonical !== text && isLanguage(canonical)) {
    return `${EXAMPLE}; did you mean ${canonical}?`;
  }
  return isLanguage(text) ? undefined : `${EXAMPLE}, not ${JSON.stringify(text)}`;
}

function isLanguage(text: string): boolean {
  const [, language = "", country] = FORM.exec(text) ?? [];
  if (language === "") return false;
  const isKnown = OWN.has(language) || nameOf("language", language) !== undefined;
  return isKnown && (country === undefined || nameOf("region", country) !== undefined);
}

function nameOf(type: "language" | "region", code: string): string | undefined {
  return new Intl.DisplayNames(["en"], { type, fallback: "none" }).of(code);
}

/** `pt_br` and `pt-br` are `pt-BR`, `en-UK` is `en-GB`. */
function canonicalise(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text.replace("_", "-"))[0];
  } catch {
    return undefined;
  }
}
