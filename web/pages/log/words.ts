/** The texts of the page of a log. */
import type { Words } from "../frame/language.ts";
import { countNoun } from "../parts/figures.ts";

interface LogWords {
  readonly title: (task: string, number: number) => string;
  readonly took: string;
  readonly error: string;
  readonly process: string;
  readonly attempts: string;
  readonly raw: string;
  readonly log: string;
  readonly label: string;
  readonly find: string;
  readonly level: string;
  readonly hits: (asked: string) => string;
  readonly noHits: string;
  readonly beginning: string;
  readonly older: string;
  readonly start: string;
  readonly newer: string;
  readonly end: string;
  readonly ends: string;
  readonly follows: string;
  readonly paused: string;
  readonly empty: string;
  readonly gaps: Readonly<Record<"removed" | "changed", string>>;
  readonly rewritten: (count: number) => string;
  readonly cut: (size: string) => string;
}

export const LOG_WORDS: Words<LogWords> = {
  en: {
    title: (task, number) => `${task}, attempt ${number}`,
    took: "Took",
    error: "Error",
    process: "Process",
    attempts: "Attempts",
    raw: "Download",
    log: "Log",
    label: "Lines of the log; can be scrolled",
    find: "Search the whole log",
    level: "Level",
    hits: (asked) => `Lines with “${asked}”`,
    noHits: "No line has it.",
    beginning: "The log begins here.",
    older: "Earlier lines",
    start: "The beginning",
    newer: "Later lines",
    end: "The end",
    ends: "The log ends here.",
    follows: "The attempt is running: new lines appear here.",
    paused: "Following is paused: scroll down to continue.",
    empty: "There is no such line.",
    gaps: {
      removed: "The lines before these are gone.",
      changed: "The log was replaced: these lines do not continue the former ones.",
    },
    rewritten: (count) => `written over ${countNoun(count, "time", "times")}`,
    cut: (size) => `and ${size} more`,
  },
  pt: {
    title: (task, number) => `${task}, tentativa ${number}`,
    took: "Duração",
    error: "Erro",
    process: "Processo",
    attempts: "Tentativas",
    raw: "Baixar",
    log: "Log",
    label: "Linhas do log, área rolável",
    find: "Buscar em todo o log",
    level: "Nível",
    hits: (asked) => `Linhas com “${asked}”`,
    noHits: "Nenhuma linha contém isso.",
    beginning: "O log começa aqui.",
    older: "Linhas anteriores",
    start: "O começo",
    newer: "Linhas seguintes",
    end: "O fim",
    ends: "O log termina aqui.",
    follows: "A tentativa está em execução: novas linhas aparecem aqui.",
    paused: "Acompanhamento pausado: role até o fim para continuar.",
    empty: "Não há linha assim.",
    gaps: {
      removed: "As linhas antes destas não existem mais.",
      changed: "O log foi substituído: estas linhas não continuam as anteriores.",
    },
    rewritten: (count) => `reescrita ${countNoun(count, "vez", "vezes")}`,
    cut: (size) => `e mais ${size}`,
  },
};
