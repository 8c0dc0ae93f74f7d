// Builds src/ into a folder: index.html, and assets/ with names that hold a hash; all compressed beside.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const SMALLEST = 500; // bytes; below this compression saves nothing
const out = process.argv[2];
const assets = join(out, "assets");
mkdirSync(assets, { recursive: true });

const made = await build({
  entryPoints: { console: "src/main.tsx", look: "src/style/index.css", icon: "src/icon.svg" },
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  outdir: assets,
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  metafile: true,
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".svg": "copy" },
  logLevel: "warning",
});

function nameOf(source) {
  const [path] = Object.entries(made.metafile.outputs).find(([, output]) => output.entryPoint === source);
  return basename(path);
}

const page = readFileSync("src/index.html", "utf8")
  .replace("{script}", nameOf("src/main.tsx"))
  .replace("{style}", nameOf("src/style/index.css"))
  .replace(
    "{icon}",
    readdirSync(assets).find((name) => name.startsWith("icon-")),
  );
writeFileSync(join(out, "index.html"), page);

for (const path of [join(out, "index.html"), ...readdirSync(assets).map((name) => join(assets, name))]) {
  const content = readFileSync(path);
  if (content.length < SMALLEST) continue;
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  );
}
