import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// `npm run dev` serves the sources and asks a running `lianpian serve` for everything else.
const service = process.env.LIANPIAN_SERVICE ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  // No inlined assets: the page's policy lets nothing in from `data:` but pictures.
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1500, modulePreload: { polyfill: false } },
  server: { host: '127.0.0.1', proxy: { '/api': service, '/ogc': service } },
});
