/** Texts that many pages share. */
import type { Words } from "../frame/language.ts";

interface CommonWords {
  readonly all: string;
  readonly state: string;
  readonly run: string;
  readonly task: string;
  readonly type: string;
  readonly took: string;
  readonly started: string;
  readonly show: string;
  readonly older: string;
  readonly newer: string;
  readonly next: string;
  readonly last: string;
  readonly where: string;
  readonly home: string;
  readonly moreThan: (count: string) => string;
}

export const COMMON_WORDS: Words<CommonWords> = {
  en: {
    all: "all",
    state: "State",
    run: "Run",
    task: "Task",
    type: "Type",
    took: "Took",
    started: "Started",
    show: "Show",
    older: "Older",
    newer: "Newer",
    next: "Next",
    last: "Last runs",
    where: "Where you are",
    home: "Home",
    moreThan: (count) => `more than ${count}`,
  },
  pt: {
    all: "todos",
    state: "Estado",
    run: "Execução",
    task: "Tarefa",
    type: "Tipo",
    took: "Duração",
    started: "Início",
    show: "Mostrar",
    older: "Anteriores",
    newer: "Mais recentes",
    next: "Próximo",
    last: "Últimas execuções",
    where: "Onde você está",
    home: "Início",
    moreThan: (count) => `mais de ${count}`,
  },
};
