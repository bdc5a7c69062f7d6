// Every formula of the files named on the command line, strictly through KaTeX.
import { readFileSync } from "node:fs";
import katex from "katex";

let formulas = 0;
let failures = 0;
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  const pattern = file.endsWith(".md")
    ? /\$\$([\s\S]*?)\$\$|(?<!\\)\$([^$]*?)\$/g
    : /\\\[([\s\S]*?)\\\]|(\\begin\{alignat\*\}[\s\S]*?\\end\{alignat\*\})|\\\(([\s\S]*?)\\\)/g;
  // A row's extra space, `\\[2pt]`, is not the start of a formula.
  const guarded = text.replace(/\\\\\[/g, "\\\\ [");
  for (const match of guarded.matchAll(pattern)) {
    formulas += 1;
    try {
      const display = match[1] ?? (match[2]?.startsWith("\\begin") ? match[2] : undefined);
      katex.renderToString(display ?? match[2] ?? match[3], {
        displayMode: display !== undefined,
        throwOnError: true,
        strict: "error",
      });
    } catch (error) {
      failures += 1;
      console.error(`${file}: ${error.message}\n  ${match[0].slice(0, 200)}`);
    }
  }
}
if (formulas === 0) {
  console.error("no formula was found");
  process.exit(1);
}
console.log(`${formulas} formulas in ${process.argv.length - 2} files, ${failures} refused`);
process.exit(failures === 0 ? 0 : 1);
