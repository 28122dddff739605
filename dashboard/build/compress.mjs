// Puts a packed file beside each file of dist/ that gets smaller by it, and says how large the first load is.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const folder = fileURLToPath(new URL('../dist/', import.meta.url));
const SMALL_BYTES = 512;

let total = 0;
for (const name of readdirSync(folder, { recursive: true })) {
  const path = join(folder, name);
  if (!statSync(path).isFile() || name.endsWith('.gz') || name === '.gitignore') {
    continue;
  }
  const bytes = readFileSync(path);
  const packed = gzipSync(bytes, { level: 9 });
  total += Math.min(packed.length, bytes.length);
  if (bytes.length > SMALL_BYTES && packed.length < bytes.length) {
    writeFileSync(`${path}.gz`, packed);
  }
}
process.stdout.write(`dashboard: ${(total / 1024).toFixed(0)} KB packed, all pages together\n`);
