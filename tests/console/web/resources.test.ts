import assert from "node:assert/strict";
import { test } from "node:test";
import { daysOf, untilIn } from "../../../functions/console/web/src/pages/tokens/days.ts";
import { fitting, moved, nextFocus, same, stepIn } from "../../../functions/console/web/src/pages/workspaces/moves.ts";
import { fileNameOf } from "../../../functions/console/web/src/save.ts";
import { nameTwice, pairsOf, tagsOf, written } from "../../../functions/console/web/src/ui/pairs.ts";

test("a map goes to the other column once, and the others keep their order", () => {
  assert.deepEqual(moved(["b", "a"], ["c"], "included"), ["b", "a", "c"]);
  assert.deepEqual(moved(["b", "a"], ["b"], "included"), ["a", "b"]);
  assert.deepEqual(moved(["b", "a", "c"], ["a", "x"], "available"), ["b", "c"]);
});

test("the focus goes to what takes the place of the one that left, at the end to the last", () => {
  assert.equal(nextFocus(["a", "b", "c"], "b"), "c");
  assert.equal(nextFocus(["a", "b", "c"], "c"), "b");
  assert.equal(nextFocus(["a"], "a"), undefined);
});

test("arrow keys stop at the ends, other keys lead nowhere", () => {
  const column = ["a", "b", "c"];
  assert.deepEqual([stepIn(column, 0, "ArrowUp"), stepIn(column, 2, "ArrowDown")], ["a", "c"]);
  assert.deepEqual([stepIn(column, 2, "Home"), stepIn(column, 0, "End"), stepIn(column, 0, "ArrowDown")], ["a", "c", "b"]);
  assert.equal(stepIn(column, 1, "x"), undefined);
  assert.equal(stepIn([], 0, "End"), undefined);
});

test("a filter finds parts of names in any case", () => {
  assert.deepEqual(fitting(["Toys", "road", "my TOY"], " toy "), ["Toys", "my TOY"]);
  assert.deepEqual(fitting(["a", "b"], "  "), ["a", "b"]);
});

test("lists are the same whatever their order, and not when one holds more", () => {
  assert.ok(same(["a", "b"], ["b", "a"]));
  assert.ok(!same(["a", "b"], ["a"]));
  assert.ok(!same(["a", "b"], ["a", "c"]));
  assert.ok(!same(["*"], []));
});

test("tags come back as they were typed; what has no name is none", () => {
  assert.deepEqual(tagsOf([[" team ", " road "], ["", "lost"], ["empty", ""]]), { team: "road", empty: "" });
  assert.deepEqual(tagsOf(pairsOf({ a: "1", b: "2" })), { a: "1", b: "2" });
  assert.deepEqual(Object.keys(tagsOf([["__proto__", "x"]])), ["__proto__"]);
});

test("a tag that stands there twice is found, also with a space behind it", () => {
  assert.equal(nameTwice([["a", "1"], ["b", "2"], ["a ", "3"]]), "a");
  assert.equal(nameTwice([["", "1"], ["", "2"]]), "");
});

test("the order of tags is no change", () => {
  assert.equal(written({ a: "1", b: "2" }), written({ b: "2", a: "1" }));
  assert.notEqual(written({ a: "1" }), written({ a: "2" }));
});

test("a token is good for 1 to 3650 whole days", () => {
  assert.deepEqual([" 30 ", "1", "3650"].map(daysOf), [30, 1, 3650]);
  assert.deepEqual(["", "0", "3651", "1.5", "x", "-3"].map(daysOf), [null, null, null, null, null, null]);
  assert.equal(untilIn(2, Date.parse("2026-02-27T12:00:00Z")), "2026-03-01T12:00:00.000Z");
});

test("a download has the name that the service says, whatever is in it", () => {
  const named = (header: string) => fileNameOf(new Response("", { headers: { "Content-Disposition": header } }), "map.yaml");
  assert.equal(named("attachment; filename=\"r_d.yaml\"; filename*=UTF-8''r%C3%B6d%3B%20a.yaml"), "röd; a.yaml");
  assert.equal(named("attachment"), "map.yaml");
  assert.equal(named("attachment; filename*=UTF-8''%E0%A4%A"), "map.yaml");
});
