/** A document without the frame: it shows nothing of the service and reads nothing from the database. */
import type { Assets } from "./assets.ts";
import { html, type Html } from "./html.ts";
import { defineIcons } from "./icons.ts";
import { LANGUAGE_TAGS, type Language } from "./language.ts";
import { createLinker } from "./links.ts";

export interface Site {
  readonly assets: Assets;
  /** Where the program is mounted: empty, or such as `/x/y`. */
  readonly base: string;
}

export function renderBarePage(
  { assets, base }: Site,
  language: Language,
  { title, main }: { readonly title: string; readonly main: Html },
): Html {
  const href = createLinker(base);
  return html`<!doctype html>
<html lang="${LANGUAGE_TAGS[language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Dagmar</title>
<link rel="stylesheet" href="${href(assets.path("dagmar.css"))}">
<link rel="icon" href="${href(assets.path("mark.svg"))}">
</head>
<body>
${defineIcons(main)}
${main}
</body>
</html>
`;
}
