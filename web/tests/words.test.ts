import { expect, test } from "vitest";
import { en } from "../src/words/en";
import { pt } from "../src/words/pt";

/** Every text with its path. */
function texts(words: unknown, path = ""): [string, string][] {
  if (typeof words === "string") return [[path, words]];
  return Object.entries(words as object).flatMap(([key, value]) => texts(value, `${path}.${key}`));
}

const english = new Map(texts(en));
const portuguese = new Map(texts(pt));

test("both languages say the same things", () => {
  expect([...portuguese.keys()].sort()).toEqual([...english.keys()].sort());
});

test("both fill in the same values", () => {
  const values = (line: string) => [...line.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const [path, line] of english) expect(values(portuguese.get(path)!), path).toEqual(values(line));
});

test("nothing is left untranslated or empty", () => {
  const says = (line: string) => /\p{L}/u.test(line.replace(/\{\w+\}/g, ""));
  const same = [...english].filter(([path, line]) => says(line) && portuguese.get(path) === line).map(([path]) => path);
  expect(same).toEqual([]);
  expect([...portuguese.values()].every((line) => line.trim())).toBe(true);
});
