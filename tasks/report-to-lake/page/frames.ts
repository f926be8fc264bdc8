/** A chart with two axes as SVG: drawn once for each of three widths, of which the style sheet shows the one that fits. */
import { escapeHtml, round } from "./html.ts";
import type { Scale } from "./scale.ts";

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly isWide: boolean;
}

const SIZES = [
  { name: "s", width: 330, height: 300 },
  { name: "m", width: 560, height: 360 },
  { name: "l", width: 1000, height: 440 },
] as const;

/** In pixels at 12 px: an estimate, for margins and labels. */
export function estimateWidth(text: string): number {
  return text.length * 6.4;
}

/** `labels`: of the ticks of the vertical axis, whose longest needs room. */
export function drawFrames(labels: readonly string[], draw: (frame: Frame) => string): string {
  const left = Math.max(28, ...labels.map(estimateWidth)) + 10;
  return SIZES.map(({ name, width, height }) => {
    const frame = { width, height, left, right: 34, top: 26, bottom: 44, isWide: name === "l" };
    return `<svg class="${name}" viewBox="0 0 ${width} ${height}" aria-hidden="true">${draw(frame)}</svg>`;
  }).join("");
}

export function placeX({ left, right, width }: Frame, scale: Scale, value: number): number {
  return left + scale.place(value) * (width - left - right);
}

export function placeY({ top, bottom, height }: Frame, scale: Scale, value: number): number {
  return height - bottom - scale.place(value) * (height - top - bottom);
}

export interface Axis {
  readonly scale: Scale;
  readonly name: string;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** Lines for the vertical axis, ticks for both, and their names. */
export function drawAxes(frame: Frame, x: Axis, y: Axis): string {
  const { left, right, width, height, bottom } = frame;
  const rows = y.ticks.map(({ value, label }) => {
    const at = round(placeY(frame, y.scale, value));
    return `<path class="g" d="M${left} ${at}H${width - right}"/><text class="e" x="${left - 8}" y="${at}" dy="4">${escapeHtml(label)}</text>`;
  });
  const columns = x.ticks.map(({ value, label }) => {
    const at = round(placeX(frame, x.scale, value));
    return `<text class="c" x="${at}" y="${height - bottom + 20}">${escapeHtml(label)}</text>`;
  });
  return (
    `${rows.join("")}${columns.join("")}<text class="n" x="0" y="12">${escapeHtml(y.name)}</text>` +
    `<text class="n e" x="${width - right}" y="${height - 6}">${escapeHtml(x.name)}</text>`
  );
}
