import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf, scopeOf } from "../../../functions/console/web/src/pages/look/colours.ts";
import { fitting, within } from "../../../functions/console/web/src/pages/look/frame.ts";

const WINDOW = { width: 824, height: 424 };

test("a class keeps its colour, and classes beside each other have different ones", () => {
  const names = Array.from({ length: 40 }, (_, index) => `class ${index}`);
  const colours = names.map((name) => colourOf("map a", name));
  assert.equal(new Set(colours).size, 40);
  assert.deepEqual(names.toReversed().map((name) => colourOf("map a", name)), colours.toReversed());
  assert.equal(colourOf("map b", "class 7"), colours[0]);
  assert.notEqual(scopeOf("ds-1", ""), scopeOf("ds-2", ""));
  assert.equal(scopeOf("ds-1", "a"), scopeOf("ds-2", "a"));
});

test("an image fits into its window, in its middle", () => {
  assert.deepEqual(fitting(1600, 400, WINDOW), { scale: 0.5, x: 12, y: 112 });
  assert.equal(fitting(4, 4, WINDOW).scale, 6);
  assert.equal(fitting(0, 0, WINDOW).scale, 1);
});

test("an image can't be moved out of sight, and fits again when it is small enough", () => {
  const fit = fitting(1600, 400, WINDOW);
  assert.equal(within({ scale: 0.4, x: 0, y: 0 }, fit, 1600, 400, WINDOW), null);
  assert.deepEqual(within({ scale: 1, x: -1e6, y: 1e6 }, fit, 1600, 400, WINDOW), { scale: 1, x: 412 - 1600, y: 212 });
  assert.deepEqual(within({ scale: 1, x: -100, y: -50 }, fit, 1600, 400, WINDOW), { scale: 1, x: -100, y: -50 });
});
