#!/usr/bin/env node
// Holds the legibility of the palette: reads the light-dark(oklch, oklch) tokens, works out WCAG
// contrast for day and night, and fails when a pair is under its minimum or a colour cannot be shown
// in sRGB. Usage: node style/contrast.mjs [tokens.css] [-v]
import { readFileSync } from "node:fs";

// ink, minimum ratio, grounds it is set on
const PAIRS = [
  ["fg", 7, "canvas surface raised sunken pressed thumb accent-soft good-soft warn-soft bad-soft"],
  ["fg-muted", 4.5, "canvas surface raised sunken pressed accent-soft good-soft warn-soft bad-soft"],
  ["fg-subtle", 4.5, "canvas surface raised sunken pressed thumb accent-soft"],
  ["accent", 4.5, "canvas surface raised sunken accent-soft"],
  ["accent-on", 4.5, "accent-solid accent-hover"],
  ["good", 4.5, "canvas surface raised sunken good-soft"],
  ["warn", 4.5, "canvas surface raised sunken warn-soft"],
  ["bad", 4.5, "canvas surface raised sunken bad-soft"],
  ["bad-on", 4.5, "bad-solid"],
  // not text: edges, rings, marks
  ["control", 3, "canvas surface raised"],
  ["focus", 3, "canvas surface raised sunken accent-soft"],
  ["accent-solid", 3, "surface pressed"],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => [`tone-${n}`, 3, "surface sunken"]),
];

const args = process.argv.slice(2);
const file = args.find((a) => !a.startsWith("-")) ?? new URL("./tokens.css", import.meta.url);
const verbose = args.includes("-v");

const COLOUR = String.raw`oklch\(\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*\)`;
const TOKEN = new RegExp(String.raw`--([\w-]+):\s*light-dark\(\s*${COLOUR}\s*,\s*${COLOUR}\s*\)\s*;`, "g");

/** OKLCH to linear sRGB, unclamped (matrices of the OKLab definition). */
function linearRgb([lightness, chroma, hue]) {
  const turn = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(turn), chroma * Math.sin(turn)];
  const [l, m, s] = [
    lightness + 0.3963377774 * a + 0.2158037573 * b,
    lightness - 0.1055613458 * a - 0.0638541728 * b,
    lightness - 0.0894841775 * a - 1.291485548 * b,
  ].map((v) => v ** 3);
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}
const luminance = (colour) => {
  const [r, g, b] = linearRgb(colour).map((v) => Math.min(1, Math.max(0, v)));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (one, other) => {
  const [dark, bright] = [luminance(one), luminance(other)].sort((x, y) => x - y);
  return (bright + 0.05) / (dark + 0.05);
};

const tokens = new Map();
for (const [, name, ...parts] of readFileSync(file, "utf8").matchAll(TOKEN)) {
  const n = parts.map(Number);
  tokens.set(name, { light: n.slice(0, 3), dark: n.slice(3) });
}

const problems = [];
const MODES = ["light", "dark"];
for (const [name, token] of tokens) {
  for (const mode of MODES) {
    if (linearRgb(token[mode]).some((v) => v < -0.004 || v > 1.004)) problems.push(`--${name} (${mode}) is outside sRGB`);
  }
}
let checked = 0;
let lowest = Infinity;
for (const [ink, minimum, grounds] of PAIRS) {
  for (const ground of grounds.split(" ")) {
    const missing = [ink, ground].filter((name) => !tokens.has(name));
    if (missing.length) {
      problems.push(`--${missing.join(", --")} is not in the token file`);
      continue;
    }
    for (const mode of MODES) {
      const got = ratio(tokens.get(ink)[mode], tokens.get(ground)[mode]);
      checked += 1;
      if (minimum >= 4.5) lowest = Math.min(lowest, got);
      const line = `${ink} on ${ground} (${mode}): ${got.toFixed(2)}, needs ${minimum}`;
      if (verbose) console.log(line);
      if (got < minimum) problems.push(line);
    }
  }
}
for (const problem of problems) console.error(problem);
console.log(`${checked} ratios of ${tokens.size} colours, lowest for text ${lowest.toFixed(2)}, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
