/** Which settings are in force and where each comes from. Secrets are shown as set or not set. */
import type { SettingInForce } from "../../../model/access/setting-in-force.ts";
import { html, type Html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { showHead } from "../parts/page-head.ts";
import { panel, scrollTable } from "../parts/panel.ts";

export const settingsPage: Page = {
  method: "GET",
  path: "/settings",
  render(tools) {
    const { language, settings } = tools;
    const words = WORDS[language];
    return {
      title: words.title,
      area: null,
      main: html`${showHead(tools, { title: words.title, text: words.text })}
${panel({
  id: "settings",
  title: words.title,
  count: settings.length,
  body: scrollTable(
    words.label,
    html`<table class="table"><thead><tr><th scope="col">${words.name}</th><th scope="col">${words.value}</th><th scope="col" class="wide-only">${words.origin}</th></tr></thead><tbody>${settings.map((setting) => showSetting(tools, setting))}</tbody></table>`,
  ),
})}`,
    };
  },
};

function showSetting(
  { language }: PageTools,
  { name, description, value, origin, isSecret }: SettingInForce,
): Html {
  const words = WORDS[language];
  const isSet = origin !== "unset" && origin !== "default";
  const shown = isSecret
    ? html`<span class="muted">${isSet ? words.set : words.unset}</span>`
    : value === null
      ? html`<span class="muted">–</span>`
      : html`<code>${value}</code>`;
  return html`<tr><th scope="row"><code>${name}</code><small>${description}</small></th><td>${shown}</td><td class="wide-only">${words.origins[origin]}</td></tr>`;
}

interface SettingWords {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly origin: string;
  readonly set: string;
  readonly unset: string;
  readonly origins: Readonly<Record<SettingInForce["origin"], string>>;
}

const WORDS: Words<SettingWords> = {
  en: {
    title: "Settings",
    text: "As this process read them when it started. Values of secrets are never shown.",
    label: "Settings; can be scrolled",
    name: "Variable",
    value: "Value",
    origin: "From",
    set: "set",
    unset: "not set",
    origins: {
      environment: "environment",
      ".env": ".env",
      file: "file",
      default: "default",
      unset: "not set",
    },
  },
  pt: {
    title: "Configurações",
    text: "Como este processo as leu ao iniciar. Os valores de segredos nunca são mostrados.",
    label: "Configurações, área rolável",
    name: "Variável",
    value: "Valor",
    origin: "Origem",
    set: "definido",
    unset: "não definido",
    origins: {
      environment: "ambiente",
      ".env": ".env",
      file: "arquivo",
      default: "padrão",
      unset: "não definido",
    },
  },
};
