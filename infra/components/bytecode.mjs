// Compiles every module below a folder with the Python of Lambda's runtime, in WebAssembly: node bytecode.mjs FOLDER VERSION
//
// Bytecode is the same for every machine, but only an interpreter of that very version writes it, and the one at hand
// may be any. This one comes with the package pyodide, pinned, and so the layers' bytes don't depend on who builds them.
import { createRequire } from "node:module";

const [folder, version, packages] = process.argv.slice(2);
const { loadPyodide } = createRequire(`${packages}/`)("pyodide");
const python = await loadPyodide();
python.mountNodeFS("/layer", folder);
python.globals.set("version", version);
const problem = python.runPython(`
import compileall
import py_compile
import sys

found = ".".join(map(str, sys.version_info[:2]))
if found != version:
    problem = f"expected Python {version}, found {found} in pyodide"
else:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    # What a package keeps for other versions of Python can't be compiled, nor is it imported.
    compileall.compile_dir("/layer", quiet=2, force=True, invalidation_mode=mode, stripdir="/layer", prependdir="/opt")
    problem = ""
problem
`);
if (problem) {
  console.error(problem);
  process.exit(1);
}
