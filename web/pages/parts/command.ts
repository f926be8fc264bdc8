/** The command that does the same as the page, ready to be copied. */
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Language } from "../frame/language.ts";

const WORDS = {
  en: { copy: "Copy", copied: "Copied", as: "As commands" },
  pt: { copy: "Copiar", copied: "Copiado", as: "Como comandos" },
} as const;

/** `words`: the command's arguments as a shell has to see them, which are quoted here. */
export function showCommand(language: Language, words: readonly string[]): Html {
  const command = ["dagmar", ...words].map(quote).join(" ");
  const { copy, copied } = WORDS[language];
  return html`<div class="command">
    <code>${command}</code
    ><button type="button" class="is-small is-quiet" data-copy="${command}" data-copied="${copied}">
      ${icon("copy")}<span>${copy}</span><span class="unseen"> ${command}</span>
    </button>
  </div>`;
}

/** As POSIX shells read it. */
export function quote(word: string): string {
  return /^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
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
