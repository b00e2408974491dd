// Checks AsyncAPI documents with AsyncAPI's own parser: node asyncapi.mjs FILE …
import { Parser, fromFile } from '@asyncapi/parser';

let failed = false;
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await fromFile(new Parser(), file).parse();
  for (const { severity, message, path, range } of diagnostics) {
    console.log(`${file}:${range.start.line + 1}: ${message} (${path.join('.')}, severity ${severity})`);
    failed ||= severity <= 1; // errors and warnings
  }
  failed ||= document === undefined;
}
process.exit(failed ? 1 : 0);
