import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Where `npm run dev` finds a node; its API has to be open there.
const node = process.env.DUNLIN_API ?? 'http://127.0.0.1:18083';

export default defineConfig({
  // Relative, so that the dashboard also works below a path of a proxy.
  base: './',
  plugins: [react()],
  build: {
    target: 'es2022',
    // The folder has a file that git keeps; build/clean.mjs empties it.
    emptyOutDir: false,
    // Nothing may stand in a page as data or as a script: the policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What everybody needs and nobody changes is a file of its own.
        codeSplitting: { groups: [{ name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// }] },
      },
    },
  },
  server: { proxy: { '/api/v5': node, '/api-docs': node, '/api-spec.json': node } },
});
