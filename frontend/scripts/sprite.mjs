// Writes the few Lucide icons that the pages use: for the panel frontend/icons/icons.ts, data
// from which sprite.ts builds one hidden <svg> without innerHTML (Trusted Types forbid it); for
// the configurator, whose pages come whole from the server, the file frontend/public/icons.svg.
//
//   npm run icons            writes the files
//   npm run icons -- --check fails when one is not what would be written
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
  mini: 'picture-in-picture-2',
  note: 'notebook-pen',
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

/** The configurator's, beside those of the panel that it uses as well. */
const configurator = {
  activity: 'activity',
  back: 'undo-2',
  check: 'check',
  chevron: 'chevron-down',
  clock: 'clock',
  copy: 'copy',
  download: 'download',
  edit: 'pencil',
  external: 'external-link',
  eye: 'eye',
  file: 'file-code',
  filter: 'list-filter',
  globe: 'globe',
  headset: 'headset',
  history: 'history',
  info: 'info',
  key: 'key-round',
  layers: 'layers',
  link: 'cable',
  'link-off': 'unplug',
  lock: 'lock',
  mail: 'mail',
  menu: 'menu',
  more: 'ellipsis',
  pause: 'pause',
  phone: 'phone',
  'phone-in': 'phone-incoming',
  'phone-out': 'phone-outgoing',
  play: 'play',
  plus: 'plus',
  program: 'square-terminal',
  queue: 'list-tree',
  reload: 'refresh-cw',
  rocket: 'rocket',
  search: 'search',
  seat: 'armchair',
  settings: 'sliders-horizontal',
  shield: 'shield-user',
  'sign-out': 'log-out',
  theme: 'sun-moon',
  trash: 'trash-2',
  up: 'chevron-up',
  upload: 'upload',
  user: 'user',
  users: 'users',
  waiting: 'hourglass',
  warning: 'triangle-alert',
  window: 'app-window',
  x: 'x',
  asterisk: 'asterisk',
  keyboard: 'keyboard',
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

const symbols = Object.entries(configurator).map(([name, file]) => {
  const inner = shapes(file).map(
    ([element, attributes]) =>
      `<${element} ${Object.entries(attributes)
        .map(([k, v]) => `${k}="${v}"`)
        .join(' ')}/>`,
  );
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${inner.join('')}</symbol>`;
});

const sprite = `<svg xmlns="http://www.w3.org/2000/svg">
<!-- Made by frontend/scripts/sprite.mjs. Icons: Lucide (ISC) and Feather (MIT), see icons-license.txt -->
${symbols.join('\n')}
</svg>
`;

for (const [file, content] of [
  [target, text],
  [new URL('../public/icons.svg', import.meta.url), sprite],
]) {
  if (!process.argv.includes('--check')) writeFileSync(file, content);
  else if (readFileSync(file, 'utf8') !== content) {
    console.error(`${file.pathname} is out of date: run npm run icons`);
    process.exitCode = 1;
  }
}
if (!process.argv.includes('--check')) {
  writeFileSync(licence, readFileSync(new URL('LICENSE', source)));
  console.log(`icons.ts: ${rows.length} icons, icons.svg: ${symbols.length}`);
}
