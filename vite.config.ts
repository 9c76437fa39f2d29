import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Where `astcti demo` or `astcti serve` listens while the panel is developed with `npm run dev`. */
const backend = process.env.ASTCTI_DEV_BACKEND ?? 'http://127.0.0.1:8080';

/**
 * Serves the panel's shell during development; in production the Go server renders it
 * and finds the hashed names in the manifest.
 */
function developmentShell(): Plugin {
  return {
    name: 'asteriskcti-development-shell',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (request.url?.split('?')[0] !== '/agent') return next();
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(readFileSync(new URL('frontend/agent/dev.html', import.meta.url)));
      });
    },
  };
}

/** Keeps the file by which an empty frontend/dist is in the repository (Go embeds the folder). */
function keepFolder(): Plugin {
  return {
    name: 'asteriskcti-keep-dist',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '.gitkeep', source: '' });
    },
  };
}

/** What is imported later here has no style sheets of its own: Vite's loader of those, 1.3 kB packed,
 *  would have nothing to do. */
function plainImports(): Plugin {
  return {
    name: 'asteriskcti-plain-imports',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith('vite/preload-helper.js')) return undefined;
      return 'export const __vitePreload = (load) => load();';
    },
  };
}

/** The server compares Origin with its own host, so the proxy speaks in the backend's name. */
const proxied = { target: backend, headers: { origin: backend } };

export default defineConfig({
  base: '/assets/',
  publicDir: 'frontend/public',
  plugins: [developmentShell(), keepFolder(), plainImports()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'frontend/dist',
    emptyOutDir: true,
    assetsDir: '',
    manifest: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    target: 'es2022',
    // The first browsers with light-dark(), nesting and popover: none of it is translated down.
    cssTarget: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
    rolldownOptions: {
      input: {
        agent: 'frontend/agent/main.tsx',
        admin: 'frontend/admin/main.ts',
        customer: 'frontend/styles/customer.css',
      },
    },
  },
  server: {
    proxy: { '/api': proxied, '/demo': proxied, '/ws': { ...proxied, ws: true } },
  },
  test: {
    environment: 'happy-dom',
    // The embedded customer screen is not loaded in a test, and that is no fault.
    environmentOptions: { happyDOM: { settings: { handleDisabledFileLoadingAsSuccess: true } } },
    include: ['frontend/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    // No test waits for anything; a busy machine may take its time to load the page.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
