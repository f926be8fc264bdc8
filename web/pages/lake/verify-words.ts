/** The texts of the lake's verification. */
import type { Words } from "../frame/language.ts";

interface VerifyWords {
  readonly title: string;
  readonly none: string;
  readonly what: string;
  readonly verify: string;
  readonly deep: string;
  readonly by: (name: string) => string;
  readonly waits: string;
  readonly counting: string;
  readonly progress: (checked: string, objects: string) => string;
  readonly compared: (checked: string, foreign: string) => string;
  readonly allThere: string;
  readonly tableLabel: string;
  readonly key: string;
  readonly verdict: string;
  readonly detail: string;
  readonly more: (shown: string, all: string) => string;
}

export const VERIFY_WORDS: Words<VerifyWords> = {
  en: {
    title: "Verification",
    none: "Not verified yet",
    what: "A verification compares the objects in the store with those that the database has recorded.",
    verify: "Verify",
    deep: "Read every object (--deep)",
    by: (name) => `requested by ${name}`,
    waits: "It waits for a scheduler.",
    counting: "The objects are being listed.",
    progress: (checked, objects) => `${checked} of ${objects} objects are compared.`,
    compared: (checked, foreign) =>
      foreign === "0"
        ? `${checked} objects were compared.`
        : `${checked} objects were compared; ${foreign} foreign ones were skipped.`,
    allThere: "Every object is there and matches its record.",
    tableLabel: "Deviations; can be scrolled",
    key: "Key",
    verdict: "Verdict",
    detail: "Detail",
    more: (shown, all) => `${shown} of ${all} are shown; the command lists all.`,
  },
  pt: {
    title: "Verificação",
    none: "Ainda não verificado",
    what: "A verificação compara os objetos do armazenamento com os registrados no banco de dados.",
    verify: "Verificar",
    deep: "Ler cada objeto (--deep)",
    by: (name) => `pedida por ${name}`,
    waits: "Aguarda um scheduler.",
    counting: "Os objetos estão sendo listados.",
    progress: (checked, objects) => `${checked} de ${objects} objetos comparados.`,
    compared: (checked, foreign) =>
      foreign === "0"
        ? `${checked} objetos comparados.`
        : `${checked} objetos comparados; ${foreign} alheios foram ignorados.`,
    allThere: "Todos os objetos estão lá e conferem com o registro.",
    tableLabel: "Desvios; pode ser rolado",
    key: "Chave",
    verdict: "Resultado",
    detail: "Detalhe",
    more: (shown, all) => `${shown} de ${all} são mostrados; o comando lista todos.`,
  },
};
