import assert from "node:assert/strict";
import { test } from "node:test";
import { optionsOf, valuesOf } from "../../../functions/console/web/src/pages/dataset/options.ts";
import { Pace } from "../../../functions/console/web/src/pages/datasets/upload/pace.ts";
import { keyOf, reasonOf, reasonsOf } from "../../../functions/console/web/src/pages/log/reasons.ts";

type Line = Parameters<typeof reasonOf>[0];

const line = (message: string, file = "", level: Line["level"] = "ERROR"): Line => {
  return { time: "2026-01-31T12:00:00Z", level, format: "COCO", shard: 0, file, message };
};

test("numbers, quoted names and files are no part of a reason", () => {
  const about = (message: string) => reasonOf(line(message, "z.json"));
  assert.equal(about("object 12: bbox: expected 4 numbers, got 3"), "object #: bbox: expected # numbers, got #");
  assert.equal(about("expected metadata/0-a.json, found none"), "expected …, found none");
  assert.equal(reasonOf(line("a b.png: broken", "a b.png")), "…: broken");
  assert.equal(about("1,500 of 2.5e3 images of 'Toy 7'"), "# of # images of ‘…’");
  assert.equal(about("sensor RGB2 is unknown"), "sensor RGB2 is unknown");
  assert.equal(reasonOf(line("2 of 3 images could not be converted")), "2 of 3 images could not be converted");
});

test("reasons count lines and files, errors first, then those of most files", () => {
  const lines = [
    line("size 1", "a.json", "WARNING"),
    line("size 2", "b.json", "WARNING"),
    line("size 3", "c.json", "WARNING"),
    line("no id 5", "a.json"),
    line("no box 1", "a.json"),
    line("no box 2", "a.json"),
    line("no box 3", "b.json"),
    line("done"),
  ];
  const found = reasonsOf(lines).map(({ level, text, lines: many, files }) => [level, text, many, files]);
  assert.deepEqual(found, [
    ["ERROR", "no box #", 3, 2],
    ["ERROR", "no id #", 1, 1],
    ["ERROR", "done", 1, 0],
    ["WARNING", "size #", 3, 3],
  ]);
  const [first] = reasonsOf(lines);
  assert.equal(lines.filter((one) => keyOf(one) === first?.key).length, 3);
});

const format = (holds: string[]) => ({
  id: "X",
  name: "X",
  task: "",
  holds,
  options: {
    properties: {
      images: { type: "boolean", default: false },
      split: { type: "string", default: "" },
      image_base: { type: "string", default: "" },
      tolerated_errors: { type: "integer", default: 0 },
      later: { type: "object" },
    },
  },
});

test("options come from the format's schema; bases of names are for manifests only", () => {
  assert.deepEqual(optionsOf(format(["coco.json"])).map(({ name }) => name), ["images", "split", "tolerated_errors"]);
  assert.ok(optionsOf(format(["train.manifest"])).some(({ name }) => name === "image_base"));
});

test("only what was changed is sent, in its type; what is no number is left to the service to refuse", () => {
  const options = optionsOf(format(["train.manifest"]));
  assert.deepEqual(valuesOf(options, { images: "false", tolerated_errors: "0" }), {});
  assert.deepEqual(valuesOf(options, { images: "true", split: "train=1", tolerated_errors: "12" }), {
    images: true,
    split: "train=1",
    tolerated_errors: 12,
  });
  assert.deepEqual(valuesOf(options, { tolerated_errors: "some" }), { tolerated_errors: "some" });
});

test("what was there already counts as sent, and not for the pace; a part sent again counts once", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => now);
  let told: [number, number] = [0, 0];
  const pace = new Pace((sent, rate) => (told = [sent, rate]));
  pace.begin();
  now = 1000;
  pace.found(5_000_000);
  assert.deepEqual(told, [5_000_000, 0]);
  now = 2000;
  pace.sent(2, 3_000_000);
  assert.deepEqual(told, [8_000_000, 1_500_000]);
  now = 3000;
  pace.sent(2, 0);
  assert.deepEqual(told, [5_000_000, 0]);
});
