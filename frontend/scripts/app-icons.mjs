// Draws the icons of the installed panel, frontend/public/icon-*.png, from favicon.svg in
// Chromium. Run once whenever the mark changes: node frontend/scripts/app-icons.mjs
//
// The maskable one fills its square, since each system cuts its own shape out of it, and keeps
// the mark within the inner four fifths that every shape leaves whole.
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const folder = new URL('../public/', import.meta.url);
const svg = readFileSync(new URL('favicon.svg', folder), 'utf8');
const filled = svg
  .replace(' rx="9"', '')
  .replace('<path ', '<path transform="translate(3.2 3.2) scale(.8)" ');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
for (const [name, size, picture] of [
  ['icon-192.png', 192, svg],
  ['icon-512.png', 512, svg],
  ['icon-maskable-512.png', 512, filled],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${picture}`);
  writeFileSync(new URL(name, folder), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
