import { expect, test } from "vitest";
import lock from "../package-lock.json";

test("the lock file names no registry", () => {
  expect(JSON.stringify(lock)).not.toContain('"resolved"');
});
