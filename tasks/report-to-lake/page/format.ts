/** How values are written in each language. Not by `Intl`: the same value gives the same bytes with every version of Node. */
import type { Json } from "@duckdb/node-api";
import type { Language } from "../languages.ts";
import type { ColumnFormat } from "../options.ts";
import { WORDS } from "./words.ts";

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** A number that DuckDB gives as a number or, if it may be long, as text; `null` for anything else. */
export function readNumber(value: Json | undefined): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export function readText(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** In full, as in a table. */
export function formatValue(value: Json | undefined, as: ColumnFormat, language: Language): string {
  if (value === null || value === undefined) return "–";
  if (as === "text") return readText(value);
  const number = readNumber(value);
  if (number === null) return readText(value);
  switch (as) {
    case "year":
      return String(number);
    case "count":
      return formatNumber(number, Number.isInteger(number) ? 0 : 1, language);
    case "rating":
      return formatNumber(number, 2, language);
    case "usd":
      return formatUsd(number, formatNumber(Math.abs(number), 0, language), language);
  }
}

/** Short, as next to a bar or on an axis: US$1.5 bn. */
export function formatShort(value: number, as: ColumnFormat, language: Language): string {
  if (as !== "usd") return formatValue(value, as, language);
  const size = Math.abs(value);
  if (size >= 999_500_000) {
    const billions = language === "pt" ? "bi" : "bn";
    return formatUsd(value, `${formatNumber(size / 1e9, 2, language)} ${billions}`, language);
  }
  const [million, thousand] = language === "pt" ? ["mi", "mil"] : ["M", "k"];
  if (size >= 999_500)
    return formatUsd(value, `${trimNumber(size / 1e6, size < 1e7 ? 1 : 0, language)} ${million}`, language);
  if (size >= 1000) return formatUsd(value, `${trimNumber(size / 1e3, 0, language)} ${thousand}`, language);
  return formatUsd(value, trimNumber(size, 0, language), language);
}

/** On an axis: without digits that say nothing. */
export function formatTick(value: number, as: ColumnFormat, language: Language): string {
  return as === "rating" || as === "count"
    ? trimNumber(value, 2, language)
    : formatShort(value, as, language).replace(/[.,]00(?= b)|(?<=[.,]\d)0(?= b)/, "");
}

/** A fact in a sentence: numbers with their thousands, texts as they are. */
export function formatFact(value: Json | undefined, language: Language): string {
  if (value === null || value === undefined) return WORDS[language].unknown;
  const number = readNumber(value);
  if (number === null) return readText(value);
  return trimNumber(number, 2, language);
}

/** `2026-11-20` as a reader writes it. */
export function formatDay(value: Json | undefined, language: Language): string {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(readText(value)) ?? [];
  if (year === undefined) return formatFact(value, language);
  const name = MONTHS[Number(month) - 1] ?? "";
  return language === "pt" ? `${day ?? ""}/${month ?? ""}/${year}` : `${Number(day)} ${name} ${year}`;
}

function formatUsd(value: number, amount: string, language: Language): string {
  return `${value < 0 ? "−" : ""}US$${language === "pt" ? " " : ""}${amount}`;
}

function trimNumber(value: number, digits: number, language: Language): string {
  const factor = 10 ** digits;
  const rounded = Math.round(value * factor) / factor;
  const needed = (String(rounded).split(".")[1] ?? "").length;
  return formatNumber(rounded, needed, language);
}

function formatNumber(value: number, digits: number, language: Language): string {
  const [point, group] = language === "pt" ? [",", "."] : [".", ","];
  const [whole = "0", part] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, group);
  const sign = value < 0 && Number(Math.abs(value).toFixed(digits)) !== 0 ? "−" : "";
  return `${sign}${grouped}${part === undefined ? "" : point + part}`;
}
