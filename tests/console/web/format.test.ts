import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, count, duration, number } from "../../../functions/console/web/src/format.ts";

const NOW = Date.parse("2026-03-10T12:00:00Z");

test("sizes have three digits and the unit that fits", () => {
  const sizes = [0, 1, 999, 1000, 1234, 999_999, 17_263_711, 5e10, 3e15];
  assert.deepEqual(sizes.map(bytes), ["0 bytes", "1 byte", "999 bytes", "1 kB", "1.23 kB", "1,000 kB", "17.3 MB", "50 GB", "3,000 TB"]);
});

test("counts agree with their nouns", () => {
  assert.deepEqual([0, 1, 2000].map((value) => count(value, "image")), ["0 images", "1 image", "2,000 images"]);
  assert.equal(count(2, "class", "classes"), "2 classes");
});

test("whole numbers are written whole, others with three digits", () => {
  assert.deepEqual([1_234_567, 0.12345, 1234.5].map(number), ["1,234,567", "0.123", "1,230"]);
});

test("times are told by their distance until a week ago", () => {
  const told = (seconds: number) => ago(new Date(NOW - seconds * 1000).toISOString(), NOW);
  assert.deepEqual([0, 5, 100, 7200, 86_400, 3 * 86_400].map(told), ["now", "5 seconds ago", "2 minutes ago", "2 hours ago", "yesterday", "3 days ago"]);
  assert.match(told(30 * 86_400), /2026/);
  assert.equal(ago("", NOW), "");
});

test("durations have two units at most", () => {
  assert.deepEqual([-1, 0.4, 59, 60, 125, 4800].map(duration), ["0 s", "0 s", "59 s", "1 min 0 s", "2 min 5 s", "1 h 20 min"]);
});
