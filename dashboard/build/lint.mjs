// Runs Biome, of which only the binaries for Linux are asked for: not every registry has those for all systems.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(
  new URL(`../node_modules/@biomejs/cli-${process.platform}-${process.arch}/biome`, import.meta.url),
);
if (!existsSync(binary)) {
  process.stderr.write(`Biome is not there for ${process.platform} on ${process.arch}\n`);
  process.exit(1);
}
process.exit(spawnSync(binary, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1);
