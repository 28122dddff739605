// Empties dist/ but for the file that git keeps.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';

const folder = new URL('../dist/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) {
  if (name !== '.gitignore') {
    rmSync(new URL(name, folder), { recursive: true });
  }
}
