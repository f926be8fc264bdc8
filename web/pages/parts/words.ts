/** Texts that many pages share. */
import type { Words } from "../frame/language.ts";

interface CommonWords {
  readonly all: string;
  readonly none: string;
  readonly state: string;
  readonly run: string;
  readonly task: string;
  readonly type: string;
  readonly took: string;
  readonly started: string;
  readonly when: string;
  readonly show: string;
  readonly older: string;
  readonly newer: string;
  readonly next: string;
  readonly last: string;
  readonly search: string;
  readonly reset: string;
  readonly where: string;
  readonly home: string;
  readonly moreThan: (count: string) => string;
  readonly canScroll: string;
}

export const COMMON_WORDS: Words<CommonWords> = {
  en: {
    all: "all",
    none: "none",
    state: "State",
    run: "Run",
    task: "Task",
    type: "Type",
    took: "Took",
    started: "Started",
    when: "When",
    show: "Show",
    older: "Older",
    newer: "Newer",
    next: "Next",
    last: "Last runs",
    search: "Search",
    reset: "Show all",
    where: "Where you are",
    home: "Home",
    moreThan: (count) => `more than ${count}`,
    canScroll: "can be scrolled",
  },
  pt: {
    all: "todos",
    none: "nenhum",
    state: "Estado",
    run: "Execução",
    task: "Tarefa",
    type: "Tipo",
    took: "Duração",
    started: "Início",
    when: "Quando",
    show: "Mostrar",
    older: "Mais antigas",
    newer: "Mais novas",
    next: "Próximo",
    last: "Últimas execuções",
    search: "Buscar",
    reset: "Mostrar tudo",
    where: "Onde você está",
    home: "Início",
    moreThan: (count) => `mais de ${count}`,
    canScroll: "pode ser rolado",
  },
};
