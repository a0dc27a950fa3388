/** The language that the page speaks, and how it says numbers. */

import { remembered } from "../store";
import { en } from "./en";
import { pt } from "./pt";

type Said<T> = T extends string
  ? string
  : T extends [string, string]
    ? [string, string]
    : { [Key in keyof T]: Said<T[Key]> };

export type Words = Said<typeof en>;
export type Language = "en" | "pt";
type Counted = { one: string; other: string };
type Values = Record<string, string | number>;

export const WORDS: Record<Language, Words> = { en, pt };

const preferred = navigator.languages.find((one) => /^(en|pt)/.test(one)) ?? "en";
export const language = remembered<Language>("language", ["en", "pt"], preferred.startsWith("pt") ? "pt" : "en");

/** All texts, inside a component that follows the language. */
export function useWords(): Words {
  return WORDS[language.use()];
}

export function words(): Words {
  return WORDS[language.value];
}

export function fill(line: string, values: Values): string {
  return line.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** "1 sign", "3 signs": the form that the language has for a number. */
export function counted(lines: Counted, count: number): string {
  const one = new Intl.PluralRules(language.value).select(count) === "one";
  return fill(one ? lines.one : lines.other, { count: number(count) });
}

/** What is wrong and what to do about it, for a code of the API or of this page. */
export function wrong(code: string, values: Values = {}): [string, string] {
  const known = words().wrong;
  const [what, next] = known[code] ?? known.internal!;
  return [fill(what, values), fill(next, values)];
}

export function signedLanguage(code: string): string {
  return words().languages[code] ?? code;
}

export function number(value: number, digits = 0): string {
  return value.toLocaleString(language.value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function percent(value: number): string {
  if (value > 0.99 && value < 1) return ">\u00a099\u00a0%";
  return value > 0 && value < 0.01 ? "<\u00a01\u00a0%" : `${Math.round(100 * value)}\u00a0%`;
}
