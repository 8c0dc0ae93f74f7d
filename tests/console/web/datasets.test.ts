import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenOf, optionsOf, said, valuesOf } from "../../../functions/console/web/src/pages/dataset/options.ts";
import { Pace } from "../../../functions/console/web/src/pages/datasets/upload/pace.ts";
import { keyOf, reasonOf, reasonsOf } from "../../../functions/console/web/src/pages/log/reasons.ts";

type Line = Parameters<typeof reasonOf>[0];

const line = (message: string, file = "", level: Line["level"] = "ERROR"): Line => {
  return { time: "2026-01-31T12:00:00Z", level, format: "COCO", shard: 0, file, message, code: "", count: 1, examples: [] };
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
  const found = reasonsOf(lines).map(({ level, text, times: many, files }) => [level, text, many, files]);
  assert.deepEqual(found, [
    ["ERROR", "no box #", 3, 2],
    ["ERROR", "no id #", 1, 1],
    ["ERROR", "done", 1, 0],
    ["WARNING", "size #", 3, 3],
  ]);
  const [first] = reasonsOf(lines);
  assert.equal(lines.filter((one) => keyOf(one) === first?.key).length, 3);
});

test("a finding stands for as many as it counts, and names its first files", () => {
  const shape = "3 fields of 'another' shape";
  const found = (count: number, examples: string[]) =>
    ({ ...line(shape, "annotations/a.json", "WARNING"), code: "field-shape", count, examples });
  const [all] = reasonsOf([found(2, ["annotations/a.json: x: y", "annotations/b.json"])]);
  assert.deepEqual([all?.text, all?.times, all?.files, all?.more, all?.example], [shape, 2, 2, false, "annotations/a.json: x: y"]);
  const [many] = reasonsOf([found(1200, ["a: b.png", "c.png"])]);
  assert.deepEqual([many?.times, many?.files, many?.more], [1200, 2, true]);
  const [none] = reasonsOf([{ ...found(1, ["test: 10 % asked for"]), file: "" }]);
  assert.deepEqual([none?.files, none?.more], [0, false]);
});

const format = {
  id: "X",
  name: "X",
  task: "",
  holds: ["x.json"],
  options: {
    properties: {
      images: { type: "boolean", default: false, title: "Images", description: "Beside." },
      split: { type: "string", default: "" },
      split_by: {
        type: "string",
        default: "run",
        anyOf: [
          { const: "run", title: "Run", description: "Together." },
          { type: "string", title: "Expression", description: "Any.", examples: ["metadata['a']"] },
        ],
      },
      simplify: { type: "number", default: 0 },
      tolerated_errors: { type: "integer", default: 0 },
      later: { type: "object" },
    },
    dependentRequired: { split_by: ["split"] },
  },
};

test("options come from the format's schema, with what people are told of them", () => {
  const options = optionsOf(format);
  assert.deepEqual(
    options.map(({ name }) => name),
    ["images", "split", "split_by", "simplify", "tolerated_errors"],
  );
  assert.deepEqual([options[0]?.title, options[0]?.text, options[1]?.title], ["Images", "Beside.", "split"]);
  assert.deepEqual(options[2]?.choices, [
    { value: "run", title: "Run", text: "Together.", free: false },
    { value: "metadata['a']", title: "Expression", text: "Any.", free: true },
  ]);
});

test("only what was changed and does something is sent, in its type; the service refuses what is no number", () => {
  const options = optionsOf(format);
  assert.deepEqual(valuesOf(options, { images: "false", tolerated_errors: "0", split_by: "image", split: " " }), {
    split: " ",
  });
  assert.deepEqual(valuesOf(options, { images: "true", split: "train=1", split_by: "image", simplify: "1.5" }), {
    images: true,
    split: "train=1",
    split_by: "image",
    simplify: 1.5,
  });
  assert.deepEqual(valuesOf(options, { tolerated_errors: "some" }), { tolerated_errors: "some" });
  assert.deepEqual(chosenOf({ images: true, simplify: 1.5 }), { images: "true", simplify: "1.5" });
  assert.equal(said({ images: true, split_by: "image" }), "images, split by image");
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
