// Writes frontend/icons/icons.ts: the few Lucide icons the pages use, as data from which
// sprite.ts builds one hidden <svg> without innerHTML (Trusted Types forbid it).
//
//   npm run icons            writes the file
//   npm run icons -- --check fails when the file is not what would be written
//
// Left: the name in our pages. Right: Lucide's name.
import { readFileSync, writeFileSync } from 'node:fs';

const names = {
  asterisk: 'asterisk',
  bell: 'bell',
  check: 'check',
  chevron: 'chevron-down',
  clock: 'clock',
  copy: 'copy',
  demo: 'flask-conical',
  elsewhere: 'users-round',
  external: 'external-link',
  globe: 'globe',
  headset: 'headset',
  history: 'history',
  info: 'info',
  keyboard: 'keyboard',
  link: 'cable',
  'link-off': 'unplug',
  lock: 'lock',
  pause: 'pause',
  phone: 'phone',
  'phone-in': 'phone-incoming',
  'phone-missed': 'phone-missed',
  'phone-off': 'phone-off',
  'phone-out': 'phone-outgoing',
  play: 'play',
  program: 'square-terminal',
  queue: 'list-tree',
  reload: 'refresh-cw',
  seat: 'armchair',
  'sign-out': 'log-out',
  sound: 'volume-2',
  'sound-off': 'volume-x',
  tabs: 'layers',
  theme: 'sun-moon',
  transfer: 'corner-up-right',
  user: 'user',
  waiting: 'hourglass',
  warning: 'triangle-alert',
  'wifi-off': 'wifi-off',
  window: 'app-window',
  x: 'x',
};

const source = new URL('../../node_modules/lucide-static/', import.meta.url);
const target = new URL('../icons/icons.ts', import.meta.url);
const licence = new URL('../public/icons-license.txt', import.meta.url); // both licences ask to travel along

/** The shapes of one icon: [element, attributes] pairs in drawing order. */
function shapes(file) {
  const svg = readFileSync(new URL(`icons/${file}.svg`, source), 'utf8');
  const inner = svg.replace(/<!--[\s\S]*?-->/g, '').replace(/^[\s\S]*?<svg[^>]*>/, '');
  return [...inner.matchAll(/<(\w+)\s([^>]*?)\/?>/g)].map(([, element, text]) => [
    element,
    Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  ]);
}

const quote = (text) => `'${text}'`;
const key = (text) => (/^[a-z]\w*$/i.test(text) ? text : quote(text));

const rows = Object.entries(names).map(([name, file]) => {
  const list = shapes(file).map(([element, attributes]) => {
    const pairs = Object.entries(attributes).map(([k, v]) => `${key(k)}: ${quote(v)}`);
    return `[${quote(element)}, { ${pairs.join(', ')} }]`;
  });
  return `  ${key(name)}: [${list.join(', ')}],`;
});

const text = `// Made by frontend/scripts/sprite.mjs (npm run icons). Do not edit.
/*! Icons: Lucide (ISC) and Feather (MIT), see /assets/icons-license.txt */

/** One shape of an icon: an SVG element and its attributes, on a 24 × 24 grid. */
export type Shape = readonly [element: string, attributes: Readonly<Record<string, string>>];

export const icons = {
${rows.join('\n')}
} as const satisfies Record<string, readonly Shape[]>;

/** The name of an icon in the sprite. */
export type IconName = keyof typeof icons;
`;

if (process.argv.includes('--check')) {
  const have = readFileSync(target, 'utf8');
  if (have !== text) {
    console.error('frontend/icons/icons.ts is out of date: run npm run icons');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
  writeFileSync(licence, readFileSync(new URL('LICENSE', source)));
  console.log(`icons.ts: ${rows.length} icons, ${text.length} bytes`);
}
