/** The command that does the same as the page, ready to be copied. */
import { quoteWord } from "../../../app/quote-word.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Language } from "../frame/language.ts";

const WORDS = {
  en: { copy: "Copy", copied: "Copied", as: "As commands" },
  pt: { copy: "Copiar", copied: "Copiado", as: "Como comandos" },
} as const;

/** `words`: the command's arguments, which are quoted here as a shell has to see them. */
export function showCommand(language: Language, words: readonly string[]): Html {
  return showCommandText(language, ["dagmar", ...words].map(quoteWord).join(" "));
}

/** `command`: as a shell reads it. */
export function showCommandText(language: Language, command: string): Html {
  const { copy, copied } = WORDS[language];
  return html`<div class="command"><code>${command}</code><button type="button" class="is-small is-quiet" data-copy="${command}" data-copied="${copied}">${icon("copy")}<span>${copy}</span><span class="unseen"> ${command}</span></button></div>`;
}

/** Commands behind a summary, in a page's head. */
export function listCommands(
  language: Language,
  commands: readonly (readonly [what: string, words: readonly string[]])[],
): Html {
  return html`<details class="as-command">
    <summary>${icon("prompt")}${WORDS[language].as}</summary>
    <div>
      ${commands.map(([what, words]) => html`<div><h3>${what}</h3>${showCommand(language, words)}</div>`)}
    </div>
  </details>`;
}
